// SPDX-License-Identifier: EUPL-1.2
#include "node/exchange/exchange_host.h"

#include <algorithm>

#include "keys/rotation.h"
#include "node/desk/answering.h"
#include "node/desk/charters.h"
#include "node/desk/facts.h"
#include "protocol/community/charter.h"

namespace bakhita::exchange {
namespace {

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

std::optional<FeedId> feed_named(const std::string& community, const std::string& origin,
                                 std::uint32_t generation) {
  const auto c = to_array<16>(as_bytes(community));
  const auto o = to_array<32>(as_bytes(origin));
  if (!c || !o) return std::nullopt;
  return FeedId{{*c}, {*o}, generation};
}

v1::Want make_want(const FeedId& feed, std::uint64_t from, std::uint64_t to) {
  v1::Want out;
  out.set_community(text(feed.community.bytes));
  out.set_origin(text(feed.origin.bytes));
  out.set_generation(feed.generation);
  out.set_from(from);
  out.set_to(to);
  return out;
}

Result<store::Range> to_range(const v1::Data& data) {
  store::Range out;
  out.from = data.from();
  out.headers = to_bytes(as_bytes(data.headers()));
  out.bodies = to_bytes(as_bytes(data.bodies()));
  out.erased = to_bytes(as_bytes(data.erased()));
  out.note = data.note();
  for (const std::string& hash : data.proof()) {
    const auto bytes = to_array<32>(as_bytes(hash));
    if (!bytes) return Error::malformed;
    out.proof.push_back(*bytes);
  }
  return out;
}

PublicKey log_key_of(const v1::NodeCard& card) {
  return to_array<32>(as_bytes(card.log_key())).value_or(PublicKey{});
}

peers::KnownPeer known(const store::Peer& peer) {
  return {.node = peer.node,
          .country = peer.card.country(),
          .log_key = log_key_of(peer.card),
          .tls_pin = to_array<32>(as_bytes(peer.card.tls_pin())).value_or(Hash{}),
          .card_serial = peer.card.serial(),
          .addresses = {peer.card.addresses().begin(), peer.card.addresses().end()}};
}

}  // namespace

ExchangeHost::ExchangeHost(desk::Desk& desk, desk::Lookups& lookups, desk::Post& post,
                           std::uint64_t card_serial, Listeners listeners)
    : desk_(desk),
      lookups_(lookups),
      post_(post),
      card_serial_(card_serial),
      listeners_(std::move(listeners)),
      log_seed_(desk.keystore.get(keys::name::log)) {}

std::optional<peers::KnownPeer> ExchangeHost::peer_by_pin(const Hash& pin) const {
  const auto peer = desk_.members.peer_by_pin(pin);
  if (!peer || (!may_connect(*peer) && !may_learn_why(*peer))) return std::nullopt;
  return known(*peer);
}

std::vector<peers::KnownPeer> ExchangeHost::peers_to_dial() const {
  std::vector<peers::KnownPeer> out;
  for (const store::Peer& peer : desk_.members.peers())
    if (may_connect(peer)) out.push_back(known(peer));
  return out;
}

/// Of each community that both are in: our last yes, and our notice of leaving.
std::vector<v1::Acceptance> ExchangeHost::acceptances(const NodeId& peer) const {
  std::vector<v1::Acceptance> out;
  for (const store::Community& community : desk_.members.communities()) {
    if (!names_member(community.newest, peer)) continue;
    for (const bool leaves : {false, true}) {
      const auto last = std::find_if(
          community.acceptances.rbegin(), community.acceptances.rend(), [&](const auto& statement) {
            return statement.node() == text(desk_.self.bytes) && statement.leaves() == leaves;
          });
      if (last != community.acceptances.rend()) out.push_back(*last);
    }
  }
  return out;
}

void ExchangeHost::learn_acceptances(const NodeId& peer, std::vector<v1::Acceptance> acceptances) {
  const store::AuditEntry entry =
      desk_.entry("node", "community.accepted", to_hex(peer.bytes).substr(0, 16));
  const std::lock_guard governing(desk_.governing);
  bool learned = false;
  for (const v1::Acceptance& acceptance : acceptances)
    if (acceptance.node() == text(peer.bytes) && is_valid(acceptance))
      learned = desk_.members.add(acceptance, entry) || learned;
  if (learned) listeners_.work_arrived();
}

std::vector<session::CharterNews> ExchangeHost::charters_for(const NodeId& peer) const {
  std::map<CommunityId, std::uint32_t> theirs;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = epochs_.find(peer); known != epochs_.end()) theirs = known->second;
  }
  return desk::packages_for(desk_, peer, theirs);
}

void ExchangeHost::learn_charter(const NodeId& peer, ByteView package) {
  const desk::Learning learning =
      desk::learn_charter(desk_, package, to_hex(peer.bytes).substr(0, 16));
  if (learning.seen) {
    const auto& [community, epoch] = *learning.seen;
    const std::lock_guard lock(mutex_);
    std::uint32_t& known = epochs_[peer][community];
    known = std::max(known, epoch);
  }
  listeners_.charter_learned(peer, learning);
}

bool ExchangeHost::shares_community(const NodeId& peer) const {
  for (const store::Community& community : desk_.members.communities())
    if (names_member(community.newest, peer) && names_member(community.newest, desk_.self))
      return true;
  return false;
}

std::vector<v1::FeedHead> ExchangeHost::heads_for(const NodeId& peer) const {
  std::vector<v1::FeedHead> out;
  if (!listeners_.is_serving()) return out;
  for (const store::Community& community : desk_.members.shared_with(desk_.self, peer)) {
    for (const NodeId& origin : {desk_.self, peer}) {
      if (origin == desk_.self && !community.may_flow(desk_.self, peer)) continue;
      const FeedId feed = desk::feed_of(community, origin);
      const auto state = desk_.feeds.find(feed);
      // Only what is signed and held whole is told; the peer's own feed is told back, so that it
      // learns of a loss of its own.
      if (!state || state->note.empty() || !state->caught_up()) continue;
      v1::FeedHead& head = out.emplace_back();
      head.set_community(text(feed.community.bytes));
      head.set_origin(text(feed.origin.bytes));
      head.set_generation(feed.generation);
      head.set_size(state->note_size);
      head.set_root(text(state->note_root));
      head.set_note(state->note);
    }
  }
  return out;
}

Result<std::vector<v1::Want>> ExchangeHost::wanted(const NodeId& peer, const v1::Clock& clock) {
  const auto sender = desk_.members.peer(peer);
  std::vector<v1::Want> out;
  for (const v1::FeedHead& head : clock.heads()) {
    const auto feed = feed_named(head.community(), head.origin(), head.generation());
    if (!feed) return Error::malformed;
    if (head.size() == 0 || !sender) continue;
    if (feed->origin == desk_.self && may_flow(feed->community, desk_.self, peer)) {
      check_own_head(*feed, head);
      continue;
    }
    if (feed->origin != peer || !may_flow(feed->community, peer, desk_.self))
      continue;  // version 1 fetches each feed from its origin
    const PublicKey key = log_key_of(sender->card);
    const store::FeedState state = desk_.feeds.open(*feed);
    const auto same = desk_.feeds.compare(*feed, head.note(), key);
    if (!same) {
      if (same.error() != Error::split_view) return same.error();
      report(peer, {peers::PeerEvent::Kind::split_view, "two signed feeds", Error::split_view});
      continue;
    }
    note_announced(peer, *feed, head.size());
    // A head behind the newest note cannot prove its records against it.
    if (!state.frozen && head.size() > state.size && head.size() >= state.note_size)
      out.push_back(make_want(*feed, state.size, head.size()));
  }
  return out;
}

Result<v1::Data> ExchangeHost::read(const NodeId& peer, const v1::Want& want) {
  const auto feed = feed_named(want.community(), want.origin(), want.generation());
  if (!feed) return Error::malformed;
  if (feed->origin != desk_.self || !may_flow(feed->community, desk_.self, peer))
    return Error::not_a_member;
  if (want.to() <= want.from()) return Error::malformed;
  auto range = desk_.feeds.read(*feed, want.from(), want.to() - want.from());
  if (!range) return range.error();
  v1::Data out;
  out.set_community(want.community());
  out.set_origin(want.origin());
  out.set_generation(want.generation());
  out.set_from(range->from);
  out.set_headers(text(range->headers));
  out.set_bodies(text(range->bodies));
  out.set_erased(text(range->erased));
  out.set_note(range->note);
  for (const Hash& hash : range->proof) out.add_proof(text(hash));
  return out;
}

Result<std::optional<v1::Want>> ExchangeHost::accept(const NodeId& peer,
                                                     std::vector<v1::Data> frames) {
  const auto sender = desk_.members.peer(peer);
  if (!sender) return Error::not_a_member;
  std::optional<v1::Want> next;
  for (const v1::Data& data : frames) {
    const auto feed = feed_named(data.community(), data.origin(), data.generation());
    if (!feed || feed->origin != peer || !may_flow(feed->community, peer, desk_.self))
      return Error::wrong_peer;
    const auto range = to_range(data);
    if (!range) return range.error();
    const auto state = desk_.feeds.accept(*feed, *range, log_key_of(sender->card),
                                          static_cast<std::uint32_t>(desk_.now() / 86'400));
    if (!state) return state.error();
    records_received_ += range->count();
    next = state->caught_up() ? std::nullopt
                              : std::optional(make_want(*feed, state->size, state->note_size));
  }
  if (!next) listeners_.work_arrived();
  return next;
}

peers::Host::Answer ExchangeHost::answer(const NodeId& peer, const v1::Evaluate& request) {
  if (!listeners_.is_serving()) {
    v1::Busy busy;
    busy.set_request_id(request.request_id());
    busy.set_retry_after(600);
    return busy;
  }
  Answer out = desk::answer_lookup(desk_, peer, request);
  if (std::holds_alternative<v1::Busy>(out)) listeners_.quota_exhausted(peer);
  return out;
}

std::optional<v1::Evaluate> ExchangeHost::next_lookup(const NodeId& peer) {
  return lookups_.next(peer);
}

void ExchangeHost::finish_lookup(const NodeId& peer, const v1::Evaluated& answer) {
  const auto done = lookups_.finish(peer, answer);
  if (done) return;
  lookups_.fail(peer, 0);
  listeners_.lookup_failed(peer, done.error());
}

void ExchangeHost::fail_lookup(const NodeId& peer, ByteView, std::uint32_t retry_after,
                               std::optional<Error> why) {
  lookups_.fail(peer, why ? retry_after : 1);
}

std::optional<Bytes> ExchangeHost::next_letter(const NodeId& peer) {
  return listeners_.is_serving() ? post_.next(peer) : std::nullopt;
}

void ExchangeHost::letter_delivered(const NodeId& peer, ByteView receipt) {
  post_.delivered(peer, receipt);
}

void ExchangeHost::letter_refused(const NodeId& peer, ByteView receipt, std::uint32_t retry_after,
                                  Error why) {
  post_.refused(peer, receipt, retry_after, why);
}

/// In recovery mode a letter waits at its sender: what this node knows of correspondences is old.
Result<void> ExchangeHost::take_letter(const NodeId& peer, ByteView sealed) {
  if (!listeners_.is_serving()) return Error::quota_exhausted;
  const auto taken = post_.take(peer, sealed);
  if (taken) listeners_.letter_arrived(peer);
  return taken;
}

void ExchangeHost::report(const NodeId& peer, peers::PeerEvent event) {
  using Kind = peers::PeerEvent::Kind;
  const bool good = event.kind == Kind::connected || event.kind == Kind::closed;
  listeners_.peer_event(peer, event);
  std::string why = std::move(event.text);
  if (event.error) why += (why.empty() ? "" : ": ") + std::string(describe(*event.error));
  const std::lock_guard lock(mutex_);
  PeerContact& contact = contacts_[peer];
  if (event.kind == Kind::connected)
    contact = {desk_.now(), "", contact.announced};
  else if (!good)
    contact.last_error = why;
}

/// Trusted, with a card that has not ended, and in a community of ours; what flows is another
/// question. Its own yes, or the notice that we leave, may still be on the way.
bool ExchangeHost::may_connect(const store::Peer& peer) const {
  if (peer.state != store::PeerState::trusted || peer.has_expired(desk_.now())) return false;
  for (const store::Community& community : desk_.members.communities())
    if (names_member(community.newest, peer.node) && names_member(community.newest, desk_.self) &&
        (community.accepted_by(desk_.self) || community.has_left(desk_.self)))
      return true;
  return false;
}

/// A trusted peer that a charter removed gets that charter, and nothing more.
bool ExchangeHost::may_learn_why(const store::Peer& peer) const {
  if (peer.state != store::PeerState::trusted || peer.has_expired(desk_.now())) return false;
  for (const store::Community& community : desk_.members.communities())
    if (community.had_member(peer.node) && community.accepted_by(desk_.self)) return true;
  return false;
}

/// Both are members, accepted, and have a legal basis in this direction; the peer among them is
/// trusted.
bool ExchangeHost::may_flow(const CommunityId& community, const NodeId& from,
                            const NodeId& to) const {
  const NodeId& peer = from == desk_.self ? to : from;
  for (const store::Community& shared : desk_.members.shared_with(desk_.self, peer))
    if (shared.id == community) return shared.may_flow(from, to);
  return false;
}

/// A peer that holds more of our feed than we do, signed by us, has seen a future that we lost.
void ExchangeHost::check_own_head(const FeedId& feed, const v1::FeedHead& head) {
  const auto own = desk_.feeds.find(feed);
  auto signed_head = open_checkpoint(head.note(), feed, keys::ed25519_public(log_seed_));
  for (const keys::FormerLogKey& former : keys::former_log_keys(desk_.keystore))
    if (!signed_head) signed_head = open_checkpoint(head.note(), feed, former.key);
  if (signed_head && signed_head->size > (own ? own->note_size : 0))
    listeners_.recovery_needed("a peer holds " + std::to_string(signed_head->size) +
                               " records of our feed, signed by us; we have " +
                               std::to_string(own ? own->note_size : 0));
}

void ExchangeHost::note_announced(const NodeId& peer, const FeedId& feed, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  PeerContact& contact = contacts_[peer];
  contact.last_contact = desk_.now();
  contact.announced[feed] = size;
}

std::map<NodeId, PeerContact> ExchangeHost::contacts() const {
  const std::lock_guard lock(mutex_);
  return contacts_;
}

}  // namespace bakhita::exchange
