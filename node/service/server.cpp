// SPDX-License-Identifier: EUPL-1.2
#include "node/service/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "node/service/frame.h"

namespace bakhita::service {
namespace {

constexpr std::uint32_t code_failed = 1;
constexpr std::uint32_t code_not_authorised = 6;
constexpr std::uint32_t code_try_again = 75;

bool is_root_or_self(const Credentials& credentials) {
  return credentials.uid == 0 || credentials.uid == ::geteuid();
}

Response failure(std::uint32_t code, const std::string& message, const std::string& help) {
  Response response;
  response.set_done(true);
  response.mutable_failure()->set_code(code);
  response.mutable_failure()->set_message(message);
  response.mutable_failure()->set_help(help);
  return response;
}

/// The client may be gone already: then there is nobody to tell.
void try_to_send(Connection& connection, const Response& response) {
  try {
    connection.send(response);
  } catch (const ServiceError&) {
    connection.interrupt();
  }
}

}  // namespace

std::optional<Request> Connection::receive() {
  const std::optional<std::string> frame = read_frame(socket_.get());
  if (!frame) return std::nullopt;
  Request request;
  if (!request.ParseFromString(*frame)) throw ServiceError("admin socket: not a request");
  return request;
}

void Connection::send(const Response& response) {
  write_all(socket_.get(), make_frame(response.SerializeAsString()));
}

void Connection::interrupt() { ::shutdown(socket_.get(), SHUT_RDWR); }

void Connection::stop_receiving() { ::shutdown(socket_.get(), SHUT_RD); }

Server::Server(const std::filesystem::path& path, Handler handler, ServerOptions options)
    : path_(path), handler_(std::move(handler)), options_(std::move(options)) {
  if (!options_.admits) options_.admits = is_root_or_self;
  wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC));
  if (!wake_) throw ServiceError("no event descriptor");
  listener_ = listen_at(path_);
  accepting_ = std::thread([this] { accept_loop(); });
}

Server::~Server() { stop(); }

void Server::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    for (Client& client : clients_) client.connection.stop_receiving();
  }
  let_answers_leave();
  const std::uint64_t one = 1;
  while (::write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  accepting_.join();
  ::unlink(path_.c_str());
  // The accepting thread is gone and `stopping_` is set: nobody else touches the list.
  for (Client& client : clients_) client.thread.join();
  clients_.clear();
}

/// Requests in work may still be answered; who does not read the answer is cut off.
void Server::let_answers_leave() {
  constexpr int rounds = 50;
  constexpr std::chrono::milliseconds pause{20};
  for (int round = 0; round < rounds; ++round) {
    {
      const std::lock_guard lock(mutex_);
      if (std::ranges::all_of(clients_, [](const Client& client) { return client.finished; }))
        return;
    }
    std::this_thread::sleep_for(pause);
  }
  const std::lock_guard lock(mutex_);
  for (Client& client : clients_) client.connection.interrupt();
}

void Server::accept_loop() {
  while (true) {
    pollfd ready[] = {{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0 && errno != EINTR) return;
    if (ready[1].revents != 0) return;
    if (ready[0].revents == 0) continue;
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    join_finished();
    if (socket) {
      admit(std::move(socket));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The connection stays in the queue; without a pause this loop would spin until one is free.
      pollfd pause{wake_.get(), POLLIN, 0};
      ::poll(&pause, 1, 100);
    }
  }
}

void Server::admit(Descriptor socket) {
  const Credentials credentials = credentials_of(socket.get());
  Connection connection(std::move(socket), credentials);
  if (!options_.admits(credentials)) {
    try_to_send(connection, failure(code_not_authorised, "only root and the daemon's user may ask",
                                    "run the command as that user"));
    return;
  }
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (clients_.size() >= options_.connections_max) {
    try_to_send(connection, failure(code_try_again, "the daemon serves too many commands already",
                                    "try again when one has ended"));
    return;
  }
  Client& client = clients_.emplace_back(std::move(connection));
  client.thread = std::thread([this, &client] {
    serve(client.connection);
    client.connection.interrupt();
    const std::lock_guard ended(mutex_);
    client.finished = true;
  });
}

void Server::serve(Connection& connection) {
  try {
    while (const std::optional<Request> request = connection.receive())
      handler_(*request, connection);
  } catch (const RequestError& error) {
    try_to_send(connection, failure(error.code(), error.what(), error.help()));
  } catch (const std::exception& error) {
    try_to_send(connection, failure(code_failed, error.what(), ""));
  }
}

void Server::join_finished() {
  const std::lock_guard lock(mutex_);
  clients_.remove_if([](Client& client) {
    if (client.finished) client.thread.join();
    return client.finished;
  });
}

}  // namespace bakhita::service
