// SPDX-License-Identifier: EUPL-1.2
#include "node/exchange/exchange_host.h"

#include <algorithm>

#include "keys/rotation.h"
#include "node/desk/answering.h"
#include "node/desk/charters.h"
#include "node/desk/deciding.h"
#include "node/desk/facts.h"
#include "node/desk/freshness.h"
#include "node/desk/names.h"
#include "node/desk/recalls.h"
#include "node/store/feed_rows.h"
#include "protocol/community/charter.h"
#include "protocol/limits.h"

namespace bakhita::exchange {
namespace {

using desk::text;

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

/// Of a feed that waits for records: the longest note that its origin signed and that came here.
/// All were verified when they came; only the one that is told is verified again, as its origin
/// may keep many.
void put_longest_seen(const desk::Desk& desk, store::FeedState& state) {
  const auto row = desk.database.get(store::Table::feeds, store::feed_row_key(state.number));
  const auto origin = desk.members.known(state.id.origin);
  if (!row || !origin) return;
  const store::FeedRow kept = store::decode_feed_row(state.number, *row);
  const auto unverified = [](ByteView, const Signature&, const PublicKey&) { return true; };
  std::multimap<std::uint64_t, std::pair<std::string_view, PublicKey>, std::greater<>> longer;
  for (const std::string& note : kept.claims)
    for (const PublicKey& key : origin->log_keys())
      if (const auto seen = open_checkpoint(note, state.id, key, unverified);
          seen && seen->size > state.note_size)
        longer.emplace(seen->size, std::pair(std::string_view(note), key));
  for (const auto& [size, note] : longer)
    if (const auto seen = open_checkpoint(note.first, state.id, note.second)) {
      state.note = std::string(note.first);
      state.note_size = seen->size;
      state.note_root = seen->root;
      return;
    }
}

/// What a Clock takes of the feeds to be told: the first `always` in each, if there is room for
/// others beside them, and of the others those whose turn it is.
void keep_what_fits(std::vector<store::FeedState>& told, std::size_t always,
                    std::atomic<std::size_t>& turn) {
  if (told.size() <= limits::clock_heads_max) return;
  if (always >= limits::clock_heads_max) always = 0;
  const std::size_t others = told.size() - always, room = limits::clock_heads_max - always;
  const auto begin = told.begin() + static_cast<std::ptrdiff_t>(always);
  std::rotate(begin, begin + static_cast<std::ptrdiff_t>(turn.fetch_add(room) % others),
              told.end());
  told.resize(limits::clock_heads_max);
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
  for (const store::Peer& peer : desk_.members.vouched())
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

/// Everything that the peer may know of and that we hold whole: its own feeds first, so that it
/// learns of a loss of its own; of these also what we only heard of, and even in recovery mode, as
/// both may have lost something. When there are more than a Clock takes, the next calls go on.
std::vector<v1::FeedHead> ExchangeHost::heads_for(const NodeId& peer) const {
  const bool serving = listeners_.is_serving();
  std::vector<store::FeedState> told;
  std::size_t own = 0;
  for (store::FeedState& state : desk_.feeds.all()) {
    // Only what is signed is told; a frozen feed's proof goes in its place.
    if (state.frozen) continue;
    if (state.id.origin == peer) put_longest_seen(desk_, state);
    if (state.note.empty()) continue;
    if (state.id.origin != peer && (!serving || !state.caught_up())) continue;
    if (!origin_for(peer, state.id, peer)) continue;
    const bool first = state.id.origin == peer || state.id.origin == desk_.self;
    told.push_back(std::move(state));
    if (first) std::swap(told[own++], told.back());
  }
  keep_what_fits(told, own, heads_window_);
  std::vector<v1::FeedHead> out;
  for (const store::FeedState& state : told) {
    v1::FeedHead& head = out.emplace_back();
    head.set_community(text(state.id.community.bytes));
    head.set_origin(text(state.id.origin.bytes));
    head.set_generation(state.id.generation);
    head.set_size(state.note_size);
    head.set_root(text(state.note_root));
    head.set_note(state.note);
    head.set_cosignature(desk::cosignature_of(desk_, state));
    head.set_first(state.first);
  }
  return out;
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
  if (!listeners_.is_serving()) return std::nullopt;
  return lookups_.next(peer);
}

void ExchangeHost::finish_lookup(const NodeId& peer, const v1::Evaluated& answer) {
  const auto done = lookups_.finish(peer, answer);
  if (done) return;
  lookups_.fail(peer, 0);
  {
    const std::lock_guard lock(mutex_);
    contacts_[peer].last_error = "a lookup's answer: " + std::string(describe(done.error()));
  }
  listeners_.lookup_failed(peer, done.error());
}

void ExchangeHost::fail_lookup(const NodeId& peer, ByteView, std::uint32_t retry_after,
                               std::optional<Error> why) {
  if (!why) {
    lookups_.abandon(peer);
    listeners_.work_arrived();  // another session with the peer may be open, and waits for its turn
  } else if (retry_after > 0) {
    lookups_.hold(peer, retry_after);
  } else {
    lookups_.fail(peer, 0);
  }
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
/// So it does while the disk is nearly full.
Result<void> ExchangeHost::take_letter(const NodeId& peer, ByteView sealed) {
  if (!listeners_.is_serving() || !listeners_.has_room()) return Error::quota_exhausted;
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
  {
    const std::lock_guard lock(mutex_);
    PeerContact& contact = contacts_[peer];
    if (event.kind == Kind::connected)
      contact = {desk_.now(), "", contact.announced};
    else if (!good)
      contact.last_error = why;
    if (event.kind != Kind::closed && event.kind != Kind::misbehaved) return;
    contact.announced.clear();  // it has nothing for us while it is away
    upstreams_.lost(peer);
  }
  listeners_.work_arrived();
}

/// Trusted or pinned, with a card that has not ended, and in a community of ours; what flows is
/// another question. Its own yes, or the notice that we leave, may still be on the way.
bool ExchangeHost::may_connect(const store::Peer& peer) const {
  if (!desk_.members.is_pinned(peer) || peer.has_expired(desk_.now())) return false;
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

/// Both are members, accepted, and have a legal basis in one direction or the other.
bool ExchangeHost::shares(const NodeId& peer, const CommunityId& community) const {
  const auto shared = desk_.members.shared_with(desk_.self, peer);
  return std::any_of(shared.begin(), shared.end(),
                     [&](const store::Community& one) { return one.id == community; });
}

/// The present log key first.
std::vector<PublicKey> ExchangeHost::own_keys() const {
  std::vector<PublicKey> out{keys::ed25519_public(log_seed_)};
  for (const keys::FormerLogKey& former : keys::former_log_keys(desk_.keystore))
    out.push_back(former.key);
  return out;
}

std::optional<ExchangeHost::Origin> ExchangeHost::origin_of(const FeedId& feed) const {
  if (feed.origin == desk_.self) return Origin{own_keys(), true};
  const auto origin = desk_.members.known(feed.origin);
  if (!origin || origin->state == store::PeerState::suspended) return std::nullopt;
  return Origin{origin->log_keys(), false};
}

std::optional<ExchangeHost::Origin> ExchangeHost::origin_between(const NodeId& peer,
                                                                 const FeedId& feed) const {
  const auto community = desk_.members.community(feed.community);
  if (!community || !community->has_member(feed.origin) || !shares(peer, feed.community))
    return std::nullopt;
  return origin_of(feed);
}

/// As the policy decides on relays: `reader` is the peer, whom we would hand the feed to, or we.
std::optional<ExchangeHost::Origin> ExchangeHost::origin_for(const NodeId& peer, const FeedId& feed,
                                                             const NodeId& reader) const {
  const auto community = desk_.members.community(feed.community);
  if (!community) return std::nullopt;
  const NodeId& via = reader == peer ? desk_.self : peer;
  if (desk::decide(desk::relay_question(desk_, *community, feed.origin, via, reader), *community) !=
      policy::RuleId::allowed)
    return std::nullopt;
  return origin_of(feed);
}

void ExchangeHost::split_view_found(const NodeId& peer, const FeedId& feed) {
  report(peer, {peers::PeerEvent::Kind::split_view,
                "two signed feeds of origin " + to_hex(feed.origin.bytes).substr(0, 16),
                Error::split_view});
  if (feed.origin == desk_.self)
    listeners_.recovery_needed(
        "this node signed two different feeds: see `bakhita evidence list`; only a new generation "
        "leads on");
  listeners_.work_arrived();
}

OwnHeads ExchangeHost::own_heads() const {
  const std::lock_guard lock(mutex_);
  return own_heads_;
}

void ExchangeHost::forget_own_heads() {
  const std::lock_guard lock(mutex_);
  own_heads_ = {};
  retaken_.clear();
  begun_at_floor_.clear();
}

void ExchangeHost::note_announced(const NodeId& peer, const FeedId& feed,
                                  const v1::FeedHead& head) {
  const std::lock_guard lock(mutex_);
  PeerContact& contact = contacts_[peer];
  contact.last_contact = desk_.now();
  contact.announced[feed] = {head.size(), head.first()};
}

std::map<NodeId, PeerContact> ExchangeHost::contacts() const {
  const std::lock_guard lock(mutex_);
  return contacts_;
}

}  // namespace bakhita::exchange
