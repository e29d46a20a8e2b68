// SPDX-License-Identifier: EUPL-1.2
#include <stdexcept>

#include "node/peers/address.h"
#include "node/peers/network.h"

namespace bakhita::peers {
namespace {

/// After a failed accept, most likely for want of file descriptors.
constexpr std::chrono::seconds accept_pause{1};

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const bool v6 = endpoint.address().is_v6();
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

}  // namespace

void Network::listen() {
  for (const std::string& address : options_.listen) {
    const auto parsed = parse_host_port(address);
    if (!parsed) throw std::runtime_error("cannot listen on " + address + ": not host:port");
    try {
      Tcp::resolver resolver(context_);
      const auto found =
          resolver.resolve(parsed->host, parsed->port, Tcp::resolver::passive).begin();
      Tcp::acceptor acceptor(context_, found->endpoint());
      listening_.push_back(text_of(acceptor.local_endpoint()));
      acceptors_.push_back(std::move(acceptor));
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error("cannot listen on " + address + ": " + error.code().message());
    }
  }
}

/// At the limit nothing is accepted: callers wait in the kernel's queue, existing sessions live on.
asio::awaitable<void> Network::accept(Tcp::acceptor& acceptor) {
  while (!stopping_) {
    if (links_.size() >= options_.connections_max) {
      co_await changed_.wait();
      continue;
    }
    boost::system::error_code error;
    auto done = asio::redirect_error(asio::use_awaitable, error);
    Tcp::socket socket = co_await acceptor.async_accept(done);
    if (stopping_) break;
    if (error) {
      co_await pause(accept_pause);
      continue;
    }
    const auto link = std::make_shared<Link>(around_, std::move(socket), listener_, std::nullopt);
    links_.emplace(link.get(), link);
    tasks_.spawn(link->run());
  }
}

}  // namespace bakhita::peers
