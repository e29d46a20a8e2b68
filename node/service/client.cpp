// SPDX-License-Identifier: EUPL-1.2
#include "node/service/client.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "node/service/frame.h"
#include "protocol/bytes.h"

namespace bakhita::service {
namespace {

constexpr std::size_t length_size = 4;
constexpr std::size_t read_size = 64 * 1024;

ServiceError broken(int error) {
  return ServiceError("the daemon broke the conversation: " +
                      std::generic_category().message(error));
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Client::Client(const std::filesystem::path& path, std::chrono::milliseconds timeout)
    : socket_(connect_to(path)), timeout_(timeout) {}

Response Client::call(const Request& request) {
  send(request);
  return receive();
}

void Client::send(const Request& request) {
  outgoing_ = make_frame(request.SerializeAsString());
  sent_ = 0;
  while (sent_ < outgoing_.size()) {
    if (!wait(POLLIN | POLLOUT, timeout_)) throw TimedOut("the daemon does not take the request");
    if (!ended_) read_some();
    if (!ended_) write_some();
    if (ended_) {
      // Whoever ends a conversation early has said why; what came before is kept for the caller.
      while (auto response = take()) early_.push_back(std::move(*response));
      throw ServiceError("the daemon ended the conversation early");
    }
  }
}

Response Client::receive() {
  while (true) {
    if (auto response = take_early()) return std::move(*response);
    if (std::optional<Response> response = take()) return std::move(*response);
    if (ended_) throw ServiceError("the daemon ended without an answer");
    if (!wait(POLLIN, timeout_)) throw TimedOut("no answer from the daemon within the time limit");
    read_some();
  }
}

std::optional<Response> Client::receive_if_any() {
  if (auto response = take_early()) return response;
  if (!ended_ && wait(POLLIN, std::chrono::milliseconds(0))) read_some();
  return take();
}

std::optional<Response> Client::take_early() {
  if (early_.empty()) return std::nullopt;
  Response response = std::move(early_.front());
  early_.pop_front();
  return response;
}

bool Client::wait(short events, std::chrono::milliseconds limit) {
  pollfd ready{socket_.get(), events, 0};
  const int count = ::poll(&ready, 1, static_cast<int>(limit.count()));
  if (count < 0 && errno != EINTR) throw broken(errno);
  return count != 0;
}

void Client::write_some() {
  const ssize_t count = ::send(socket_.get(), outgoing_.data() + sent_, outgoing_.size() - sent_,
                               MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) {
    sent_ += static_cast<std::size_t>(count);
  } else if (errno == EPIPE || errno == ECONNRESET) {
    read_some();
    ended_ = true;
  } else if (!would_block(errno)) {
    throw broken(errno);
  }
}

void Client::read_some() {
  const std::size_t before = incoming_.size();
  incoming_.resize(before + read_size);
  const ssize_t count = ::recv(socket_.get(), incoming_.data() + before, read_size, MSG_DONTWAIT);
  const int error = count < 0 ? errno : 0;
  incoming_.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
  if (count == 0 || error == ECONNRESET) ended_ = true;
  if (error != 0 && error != ECONNRESET && !would_block(error)) throw broken(error);
}

std::optional<Response> Client::take() {
  if (incoming_.size() < length_size) return std::nullopt;
  const std::size_t size = ByteReader(as_bytes(incoming_)).u32();
  if (size > frame_size_max) throw ServiceError("the daemon's answer is over the limit of 16 MiB");
  if (incoming_.size() < length_size + size) return std::nullopt;
  Response response;
  if (!response.ParseFromArray(incoming_.data() + length_size, static_cast<int>(size)))
    throw ServiceError("the daemon's answer cannot be read");
  incoming_.erase(0, length_size + size);
  if (response.has_failure())
    throw RequestError(response.failure().code(), response.failure().message(),
                       response.failure().help());
  return response;
}

}  // namespace bakhita::service
