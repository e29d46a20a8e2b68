// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "bakhita/admin/v1/admin.pb.h"
#include "node/service/error.h"
#include "node/service/socket.h"

/// The daemon's side of the admin socket.
namespace bakhita::service {

using admin::v1::Request;
using admin::v1::Response;

/// One client, as its handler sees it. Used by one thread at a time.
class Connection {
 public:
  Connection(Descriptor socket, Credentials credentials)
      : socket_(std::move(socket)), credentials_(credentials) {}
  const Credentials& credentials() const { return credentials_; }
  /// Blocks for the next request; nothing when the client closed or the server stops. Throws
  /// ServiceError for bytes that are no request.
  std::optional<Request> receive();
  /// Throws ServiceError when the client is gone.
  void send(const Response& response);
  /// Makes receive() and send() of the handler end. From any thread.
  void interrupt();
  /// Nothing more is received; what is being answered may still be sent. From any thread.
  void stop_receiving();

 private:
  Descriptor socket_;
  Credentials credentials_;
};

/// Answers the first request of a conversation: sends responses, the last with `done`, and may
/// receive further requests that belong to it (an import's rows). Called from many threads at once.
/// RequestError becomes Failure as it is, any other exception Failure with code 1; both end the
/// connection, so that no half conversation is taken for the next.
using Handler = std::function<void(const Request&, Connection&)>;

struct ServerOptions {
  /// A thread each: bounds what local clients can make the daemon hold. More are told to try again.
  std::size_t connections_max = 16;
  /// Who may ask; by default root and the daemon's own user.
  std::function<bool(const Credentials&)> admits;
};

/// Listens from construction until stop(). Throws ServiceError when the socket cannot be made.
class Server {
 public:
  Server(const std::filesystem::path& path, Handler handler, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Takes no more connections and requests, lets answers leave for a second, then cuts what is
  /// open, and returns when all handlers have.
  void stop();

 private:
  struct Client {
    explicit Client(Connection open) : connection(std::move(open)) {}
    Connection connection;
    std::thread thread;
    bool finished = false;
  };
  void accept_loop();
  void let_answers_leave();
  void admit(Descriptor socket);
  void serve(Connection& connection);
  void join_finished();

  std::filesystem::path path_;
  Handler handler_;
  ServerOptions options_;
  Descriptor listener_;
  Descriptor wake_;
  std::mutex mutex_;
  bool stopping_ = false;      ///< under mutex_
  std::list<Client> clients_;  ///< under mutex_; joined by the accepting thread or stop()
  std::thread accepting_;
};

}  // namespace bakhita::service
