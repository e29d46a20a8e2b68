// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <stdexcept>

#include "node/peers/address.h"
#include "node/peers/network.h"

namespace bakhita::peers {
namespace {

/// After a failed accept, most likely for want of file descriptors.
constexpr std::chrono::seconds accept_pause{1};

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

/// The oldest stranger goes where there are too many: of this address, or of all.
void Network::make_room_for(const asio::ip::address& address) {
  const auto is_here = [&](const Stranger& one) { return one.address == address; };
  const auto here = static_cast<std::size_t>(std::ranges::count_if(strangers_, is_here));
  auto oldest = strangers_.end();
  if (here >= options_.strangers_of_address_max)
    oldest = std::ranges::find_if(strangers_, is_here);
  else if (strangers_.size() >= options_.strangers_max || links_.size() >= options_.connections_max)
    oldest = strangers_.begin();
  if (oldest == strangers_.end()) return;
  Link* const link = oldest->link;
  strangers_.erase(oldest);
  link->close(session::Ending::replaced);
}

/// When all connections are with peers, callers wait in the kernel's queue.
asio::awaitable<void> Network::accept(Tcp::acceptor& acceptor) {
  while (!stopping_) {
    std::erase_if(strangers_, [](const Stranger& one) { return one.link->peer().has_value(); });
    if (links_.size() >= options_.connections_max && strangers_.empty()) {
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
    const auto address = socket.remote_endpoint(error).address();
    if (error) continue;  // it is gone again
    make_room_for(address);
    const auto link = std::make_shared<Link>(around_, std::move(socket), listener_, std::nullopt);
    links_.emplace(link.get(), link);
    strangers_.push_back({link.get(), address});
    tasks_.spawn(link->run());
  }
}

}  // namespace bakhita::peers
