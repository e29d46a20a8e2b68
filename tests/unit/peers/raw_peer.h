// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "protocol/bytes.h"

namespace bakhita::peers {

/// A caller without manners: any TLS settings, any bytes, blocking.
class RawPeer {
 public:
  /// Connects to 127.0.0.1:port, from another address of loopback if one is given.
  explicit RawPeer(const std::string& host_port, const char* from = "127.0.0.1")
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &own.sin_addr);
    connected_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto port = std::strtoul(host_port.substr(host_port.rfind(':') + 1).c_str(), nullptr, 10);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const timeval limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  ~RawPeer() {
    connection_.reset();
    ::close(socket_);
  }

  bool connected() const { return connected_; }
  void write_plain(const std::string& bytes) {
    (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  /// True when the other side closed; false after 20 s of nothing.
  bool plain_closed() {
    char buffer[4096];
    while (true) {
      const auto size = ::recv(socket_, buffer, sizeof buffer, 0);
      if (size == 0 || (size < 0 && errno == ECONNRESET)) return true;
      if (size < 0) return false;
    }
  }

  bool handshake(SSL_CTX* context) {
    connection_.reset(SSL_new(context));
    SSL_set_fd(connection_.get(), socket_);
    const bool done = SSL_connect(connection_.get()) == 1;
    ERR_clear_error();
    return done;
  }
  SSL* native() { return connection_.get(); }
  bool write(ByteView bytes) {
    const int done = SSL_write(connection_.get(), bytes.data(), static_cast<int>(bytes.size()));
    ERR_clear_error();
    return done > 0;
  }
  /// Everything until the other side closes.
  Bytes read_all() {
    Bytes all;
    std::uint8_t buffer[4096];
    while (true) {
      const int size = SSL_read(connection_.get(), buffer, sizeof buffer);
      ERR_clear_error();
      if (size <= 0) return all;
      all.insert(all.end(), buffer, buffer + size);
    }
  }

 private:
  int socket_;
  bool connected_ = false;
  std::unique_ptr<SSL, decltype(&SSL_free)> connection_{nullptr, SSL_free};
};

}  // namespace bakhita::peers
