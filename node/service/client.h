// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "bakhita/admin/v1/admin.pb.h"
#include "node/service/error.h"
#include "node/service/socket.h"

/// The command line's side of the admin socket. One thread.
namespace bakhita::service {

using admin::v1::Request;
using admin::v1::Response;

class Client {
 public:
  /// `timeout` is the longest silence that is waited for. Throws NotRunning or ServiceError.
  Client(const std::filesystem::path& path, std::chrono::milliseconds timeout);

  /// send() and receive().
  Response call(const Request& request);
  /// Reads responses that arrive meanwhile, so that the two sides never wait for each other. Throws
  /// RequestError when the daemon ended the conversation with a Failure.
  void send(const Request& request);
  /// The next response. Throws RequestError for a Failure, TimedOut, ServiceError at the end.
  Response receive();
  /// A response that is here already.
  std::optional<Response> receive_if_any();

 private:
  void write_some();
  void read_some();
  bool wait(short events, std::chrono::milliseconds limit);
  std::optional<Response> take();
  std::optional<Response> take_early();

  Descriptor socket_;
  std::chrono::milliseconds timeout_;
  std::string outgoing_;
  std::size_t sent_ = 0;        ///< of outgoing_
  std::string incoming_;        ///< responses not yet taken, and the beginning of one
  std::deque<Response> early_;  ///< came before the end of a conversation that broke off
  bool ended_ = false;          ///< the daemon closed
};

}  // namespace bakhita::service
