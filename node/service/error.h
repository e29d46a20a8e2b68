// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace bakhita::service {

/// The socket cannot be made or used, or the other side broke the conversation.
class ServiceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Nobody listens at the socket.
class NotRunning : public ServiceError {
 public:
  using ServiceError::ServiceError;
};

/// No answer within the client's limit; the request may still be carried out.
class TimedOut : public ServiceError {
 public:
  using ServiceError::ServiceError;
};

/// A request that the daemon refuses or cannot do. Thrown by handlers, carried as Failure, thrown
/// again by Client. `code` is an exit code of the command line; no text holds an identifier or a
/// secret.
class RequestError : public std::runtime_error {
 public:
  RequestError(std::uint32_t code, const std::string& message, std::string help = {})
      : std::runtime_error(message), code_(code), help_(std::move(help)) {}
  std::uint32_t code() const { return code_; }
  const std::string& help() const { return help_; }

 private:
  std::uint32_t code_;
  std::string help_;
};

}  // namespace bakhita::service
