// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/oracles.h"

#include <algorithm>
#include <cmath>

#include "bakhita/v1/feed.pb.h"
#include "node/desk/facts.h"
#include "node/desk/matches.h"
#include "node/desk/replaying.h"
#include "node/store/feed_rows.h"
#include "protocol/limits.h"
#include "protocol/session/error_code.h"
#include "tests/simulation/attachments.h"
#include "tests/simulation/points.h"
#include "tests/simulation/seams/crypto.h"
#include "tests/simulation/world.h"

namespace bakhita::simulation {
namespace {

bool holds_canary(ByteView bytes) { return as_text(bytes).find(canary) != std::string_view::npos; }

/// Until it has the peer's new card, it takes the peer for somebody else.
bool holds_old_card(const Node& at, const Node& of) {
  if (!at.up()) return false;
  const auto peer = at.desk->members.peer(of.id);
  return peer && peer->signed_card != of.card;
}

/// A handshake that began while the old one was known is judged by it, though the new one is there.
bool held_old_card_then(const Node& at, const Node& of, Micros now) {
  const auto taken = at.cards_taken.find(of.id);
  const auto handshake = std::chrono::microseconds(limits::handshake_time_max).count();
  return taken != at.cards_taken.end() && now - taken->second <= 2 * handshake;
}

/// What it saw once, it may have lost since.
bool has_still(const Node& at, const Checkpoint& seen) {
  if (!at.rolled_back) return true;
  if (!at.up()) return false;
  const auto state = at.stores->feeds.find(seen.feed);
  return state && state->note_size == seen.size && state->note_root == seen.root;
}

/// By any of the origin's keys, newest first.
std::optional<Checkpoint> open_note(const std::string& note, const FeedId& feed,
                                    const Node& origin) {
  std::vector<PublicKey> keys = origin.former_log_keys;
  keys.insert(keys.begin(), origin.log_key);
  for (const PublicKey& key : keys)
    if (const auto opened = open_checkpoint(note, feed, key)) return *opened;
  return std::nullopt;
}

/// Its newest note may still be the former key's.
std::string problem_of(const Node& node, const FeedId& feed, const Node& origin) {
  std::string problem = node.stores->feeds.verify(feed, origin.log_key);
  for (const PublicKey& key : origin.former_log_keys)
    if (!problem.empty()) problem = node.stores->feeds.verify(feed, key);
  return problem;
}

std::optional<FeedId> feed_in(const v1::FeedHead& head) {
  const auto community = to_array<16>(as_bytes(head.community()));
  const auto origin = to_array<32>(as_bytes(head.origin()));
  if (!community || !origin) return std::nullopt;
  return FeedId{{*community}, {*origin}, head.generation()};
}

}  // namespace

void Oracles::mix(std::uint64_t value) { history = (history ^ value) * 0x0000'0100'0000'01b3; }

void Oracles::begin() {
  for (auto& node : world_.nodes) {
    by_log_key_[node->log_key] = node.get();
    node->disk.on_write = [](ByteView written) {
      always(!holds_canary(written), "a private field is written to the disk in plain");
    };
  }
  crypto().on_signature = [this](ByteView key, ByteView message) { signature_made(key, message); };
}

bool Oracles::is_suspect(const Node& node) const {
  return node.hostile || node.rolled_back || node.liar.lied;
}

void Oracles::frame_bytes(const Node& from, const Node& to, ByteView bytes) {
  mix(world_.events.now());
  mix(from.index << 32 | to.index);
  std::uint64_t sum = bytes.size();
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    sum = (sum ^ word) * 0x9e37'79b9'7f4a'7c15;
  }
  for (; i < bytes.size(); ++i) sum = (sum ^ bytes[i]) * 0x9e37'79b9'7f4a'7c15;
  mix(sum);
  always(!holds_canary(bytes), "a private field leaves the node in a frame");
}

/// No two roots of one size by a node that keeps to the protocol; and nothing is signed that the
/// disk and the anchor do not hold.
void Oracles::signature_made(ByteView public_key, ByteView message) {
  const std::string_view text = as_text(message);
  if (!text.starts_with("bakhita.v1/")) return;
  const auto node = by_log_key_.find(to_array<32>(public_key).value());
  if (node == by_log_key_.end()) return;
  Node& signer = *node->second;
  const std::size_t first = text.find('\n'), second_line = text.find('\n', first + 1);
  const std::uint64_t size =
      std::stoull(std::string(text.substr(first + 1, second_line - first - 1)));
  const auto root_bytes = from_base64(text.substr(second_line + 1, text.size() - second_line - 2));
  const Hash root = to_array<32>(*root_bytes).value();
  FeedId feed;
  feed.origin = signer.id;
  feed.community.bytes = to_array<16>(*from_hex(text.substr(11, 32))).value();
  feed.generation =
      static_cast<std::uint32_t>(std::stoul(std::string(text.substr(text.rfind('/', first) + 1))));
  auto& roots = (signer.liar.signing_fork ? world_.truth.lying_roots
                                          : world_.truth.honest_roots)[{feed, size}];
  const bool again = !roots.insert(root).second;
  if (signer.liar.signing_fork) return;
  SOMETIMES(again && !signer.former_log_keys.empty(), "a checkpoint is signed again by a new key");
  SOMETIMES(true, "a checkpoint is signed");
  always(
      roots.size() == 1 || !could_know(signer, {feed, size, root}),
      "node " + std::to_string(signer.index) + " signed two roots of size " + std::to_string(size));
  always(signer.disk.all_synced(), "a checkpoint was signed before its records were durable");
  const Bytes* anchor = signer.disk.file("data.anchor");
  always(anchor != nullptr && as_text(*anchor).find(as_text(root)) != std::string_view::npos,
         "a checkpoint was signed before it was anchored");
}

void Oracles::note_seen(const Node& at, const Checkpoint& seen) {
  if (world_.scenario.faults.contains(Fault::lost_machine) && seen.feed.origin != at.id)
    seen_[{seen.feed, seen.size}][seen.root].insert(at.index);
}

/// Who lost everything knows again what its peers saw, and nothing else can contradict it. Who was
/// taken off the charter is no peer any more.
bool Oracles::could_know(const Node& signer, const Checkpoint& signed_now) const {
  if (!signer.lost_all) return true;
  const auto seen = seen_.find({signed_now.feed, signed_now.size});
  if (seen == seen_.end()) return false;
  const auto group = std::ranges::find(world_.truth.groups, signed_now.feed.community, &Group::id);
  for (const auto& [root, nodes] : seen->second)
    if (root != signed_now.root &&
        world_.truth.honest_roots.at({signed_now.feed, signed_now.size}).contains(root))
      for (std::size_t i : nodes)
        if (group->members.contains(i) &&
            has_still(*world_.nodes[i], {signed_now.feed, signed_now.size, root}))
          return true;
  return false;
}

void Oracles::range_taken(Node& at, const v1::Data& data) {
  const auto community = to_array<16>(as_bytes(data.community()));
  const auto id = to_array<32>(as_bytes(data.origin()));
  const Node* origin = id ? world_.network.find({*id}) : nullptr;
  if (!community || origin == nullptr) return;
  if (const auto seen = open_note(data.note(), {{*community}, {*id}, data.generation()}, *origin))
    note_seen(at, *seen);
}

/// What came before is synced with it; one that was there already writes nothing.
void Oracles::letter_taken(const Node& at, std::size_t unsynced) {
  always(at.disk.all_synced() || at.disk.unsynced() == unsynced,
         "a letter or a piece of a file was taken before it was durable");
}

void Oracles::check_member(const Node& from, const Node& to, const std::string& community,
                           const char* what) {
  const auto id = to_array<16>(as_bytes(community));
  if (!id) return;
  const auto held = from.desk->members.community({*id});
  always(held && world_.truth.charters.at(held->charter_hash).contains(to.index),
         std::string("a node that the charter does not name was given ") + what);
  always(!held->has_left(to.id), std::string("a node that has left was given ") + what);
}

void Oracles::heads_told(Node& from, const Node& to, const std::vector<v1::FeedHead>& heads) {
  for (const v1::FeedHead& head : heads) {
    const auto feed = feed_in(head);
    always(feed.has_value(), "a head without a feed");
    check_member(from, to, head.community(), "a head");
    SOMETIMES(!from.recovery_reason.empty(), "a node in recovery mode gives a feed back");
    always(from.recovery_reason.empty() || feed->origin == to.id,
           "a node in recovery mode tells more than the peer's own feed");
    if (feed->origin != from.id || from.liar.lies()) continue;
    const auto state = from.stores->feeds.find(*feed);
    const auto row = from.disk.durable(store::Table::feeds, store::feed_row_key(state->number));
    always(row && as_text(*row).find(head.note()) != std::string_view::npos,
           "a head was told before it was durable");
    const Bytes* anchor = from.disk.file("data.anchor");
    always(as_text(*anchor).find(head.root()) != std::string_view::npos || from.rolled_back,
           "a head was told that the anchor does not name");
  }
}

void Oracles::clock_compared(Node& at, const Node& from, const v1::Clock& clock,
                             const Result<std::vector<v1::Want>>& wants) {
  for (const v1::FeedHead& head : clock.heads()) {
    const auto feed = feed_in(head);
    if (feed)
      note_seen(at, {*feed, head.size(), to_array<32>(as_bytes(head.root())).value_or(Hash{})});
    if (!feed || feed->origin != from.id || !wants) continue;
    const auto state = at.stores->feeds.find(*feed);
    if (!state || state->note_size != head.size() || as_text(state->note_root) == head.root())
      continue;
    const Hash root = to_array<32>(as_bytes(head.root())).value_or(Hash{});
    const auto& lies = world_.truth.lying_roots;
    const auto lie = lies.find({*feed, head.size()});
    if (lie == lies.end() ||
        !(lie->second.contains(root) || lie->second.contains(state->note_root)))
      continue;
    SOMETIMES(true, "two histories of one size meet in one node");
    always(state->frozen, "an origin that signed two feeds is not frozen");
    always(!at.stores->feeds.evidence(*feed).empty(), "a split view left no evidence");
  }
}

void Oracles::range_told(Node& from, const Node& to, const v1::Want&, const v1::Data& data) {
  check_member(from, to, data.community(), "records");
  always(from.recovery_reason.empty() || data.origin() == as_text(to.id.bytes),
         "a node in recovery mode hands out more than the peer's own feed");
}

void Oracles::lookup_answered(Node& from, const Node& to, const v1::Evaluate& request,
                              const peers::Host::Answer& answer) {
  const auto* evaluated = std::get_if<v1::Evaluated>(&answer);
  SOMETIMES(std::holds_alternative<v1::Busy>(answer), "a lookup is put off");
  const auto* refused = std::get_if<v1::ProtocolError>(&answer);
  const auto says = [&](Error error) {
    return refused != nullptr && refused->code() == session::code_of(error);
  };
  SOMETIMES(says(Error::not_a_member), "a lookup is refused: not a member");
  SOMETIMES(says(Error::malformed), "a lookup is refused: malformed");
  SOMETIMES(says(Error::bad_point), "a lookup is refused: not a point");
  SOMETIMES(says(Error::duplicate_element), "a lookup is refused: an element twice");
  SOMETIMES(says(Error::wrong_key), "a lookup is refused: another key");
  SOMETIMES(says(Error::replayed), "a lookup is refused: the request id was used for others");
  SOMETIMES(says(Error::refused), "a lookup is refused: its purpose");
  if (evaluated == nullptr) return;
  SOMETIMES(true, "a lookup is answered");
  check_member(from, to, request.community(), "an evaluation");
  always(from.recovery_reason.empty(), "a node in recovery mode answers a lookup");
  Asked& asked = asked_[{from.id, to.id, request.community(), request.group()}];
  const std::uint64_t now = from.unix_now();
  if (asked.requests.empty()) asked.first = asked.last = now;
  asked.first = std::min(asked.first, now);
  asked.last = std::max(asked.last, now);
  const auto [known, fresh] = asked.requests.emplace(request.request_id(), request.elements());
  SOMETIMES(!fresh, "a repeated request is answered again");
  always(fresh || known->second == request.elements() || from.rolled_back,
         "a request id was taken for other elements");
  const auto community =
      from.desk->members.community({*to_array<16>(as_bytes(request.community()))});
  const v1::Charter& charter = community->charter;
  const bool overlaps =
      request.epoch() + 1 == charter.key_epoch() && now / 86'400 <= charter.former_keys_until_day();
  SOMETIMES(overlaps, "a lookup is answered under the former keys, while they overlap");
  always(request.epoch() == charter.key_epoch() || overlaps,
         "a lookup of another epoch was answered");
  always(request.purpose() == "investigation",
         "a lookup for no purpose of the charter was answered");
  const std::size_t count = request.elements().size() / 32;
  always(count == 16 || count == 64 || count == 256, "a batch of a telling size was answered");
  check_elements(from, request);
  if (!fresh) return;
  always(from.disk.all_synced(), "a lookup was answered before its charge was durable");
  const auto trail =
      from.disk.durable(store::Table::audit, ByteWriter().u64(from.desk->audit.size() - 1).take());
  always(trail.has_value(), "a lookup was answered before the audit trail had it");
  always(from.desk->audit.read(from.desk->audit.size() - 1, from.desk->audit.size()).at(0).action ==
             "lookup.answer",
         "a lookup was answered that the audit trail does not know");
  asked.elements += request.elements().size() / 32;
  const QuotaLimits& limits = request.group() == 1 ? from.desk->g1 : from.desk->g2;
  const double days = static_cast<double>(asked.last - asked.first) / 86'400 + 0.01;
  const double may = static_cast<double>(limits.burst) + static_cast<double>(limits.per_day) * days;
  always(static_cast<double>(asked.elements) <= may || from.rolled_back,
         "a peer got more evaluations than its quota");
}

/// Each element is asked once, and under a key that the feed names.
void Oracles::check_elements(const Node& from, const v1::Evaluate& request) {
  const auto keys = oprf_keys_.find(from.id);
  if (keys != oprf_keys_.end() && !from.rolled_back)
    always(keys->second.contains(request.public_key()),
           "a lookup was answered under a key that the feed does not name");
  if (world_.nodes.size() > 30) return;
  std::set<std::string> batch;
  auto& seen = elements_[from.id];
  for (std::size_t at = 0; at + 32 <= request.elements().size(); at += 32) {
    const std::string element = request.elements().substr(at, 32);
    always(batch.insert(element).second, "a batch that repeats an element was answered");
    const auto [known, fresh] = seen.emplace(element, request.request_id());
    always(fresh || known->second == request.request_id() || from.hostile,
           "one identifier was blinded twice to the same element: the origin can tell");
  }
}

void Oracles::session_ended(Node& at, const Node& peer, const session::Closed& closed) {
  using session::Ending;
  mix(static_cast<std::uint64_t>(closed.ending));
  SOMETIMES(closed.ending == Ending::lost, "a session ends: lost");
  SOMETIMES(closed.ending == Ending::stopped, "a session ends: stopped");
  SOMETIMES(closed.ending == Ending::replaced, "a session ends: replaced");
  SOMETIMES(closed.ending == Ending::parted, "a session ends: a member was taken off the charter");
  SOMETIMES(closed.ending == Ending::silent, "a session ends: silent");
  SOMETIMES(closed.ending == Ending::misbehaved, "a session ends: the peer broke the protocol");
  SOMETIMES(closed.ending == Ending::refused_by_peer, "a session ends: refused by the peer");
  always(closed.ending != Ending::failed || at.hostile, "a session ends: our own host failed");
  const auto& faults = world_.scenario.faults;
  const bool quiet = std::ranges::none_of(faults, [](Fault fault) {
    return fault == Fault::partition || fault == Fault::one_way || fault == Fault::trickle ||
           fault == Fault::delay || fault == Fault::slow_host || fault == Fault::flood ||
           fault == Fault::garbage;
  });
  always(closed.ending != Ending::silent || !quiet || world_.scenario.tiny_limits,
         "a session ended for silence, though the network is sound");
  if (closed.ending != Ending::misbehaved) return;
  SOMETIMES(peer.liar.left_out && closed.error == Error::malformed,
            "an answer with too few evaluations ends a session");
  const bool old_card =
      holds_old_card(at, peer) || held_old_card_then(at, peer, world_.events.now());
  SOMETIMES(old_card, "a session fails as a new log key is not known yet");
  always(is_suspect(at) || is_suspect(peer) || old_card,
         "node " + std::to_string(at.index) + " accuses node " + std::to_string(peer.index) +
             ", which keeps to the protocol: " +
             (closed.error ? std::string(describe(*closed.error)) : ""));
}

void Oracles::peer_event(const Node&, const NodeId&, const peers::PeerEvent& event) {
  always(!holds_canary(as_bytes(event.text)), "a private field stands in a log line");
  SOMETIMES(event.kind == peers::PeerEvent::Kind::split_view, "a split view is reported");
}

/// What policy says of each identifier, compared with the locks that stand.
void Oracles::policy_kept(Node& node) {
  const auto communities = node.desk->members.communities();
  const bool in_all = std::ranges::all_of(communities, [&](const store::Community& each) {
    return each.has_member(node.id) && each.accepted_by(node.id);
  });
  // What a former member published is beyond its reach.
  if (node.rolled_back || communities.empty() || !in_all) return;
  const auto releasable = world_.truth.releasable(node.index);
  for (const KnownReport& report : world_.truth.reports[node.index]) {
    if (!report.certain) continue;
    const auto hash = node.desk->identifiers.hash(IdentifierType::email, report.identifier);
    const auto state = node.desk->identifiers.load(hash);
    const int locks = state ? state->locks_size() : 0;
    if (releasable.contains(report.identifier)) {
      always(locks >= 1, "an identifier that may be published has no lock");
      continue;
    }
    const auto& all = world_.truth.reports[node.index];
    const bool uncertain = std::ranges::any_of(all, [&](const KnownReport& other) {
      return !other.certain && other.identifier == report.identifier;
    });
    if (!uncertain) always(locks == 0, "an identifier that must not be published has a lock");
  }
}

void Oracles::published(Node& node) {
  if (node.rolled_back) return;
  for (const store::Community& community : node.desk->members.communities()) {
    const FeedId feed = node.feed(community.id);
    std::uint64_t& seen = salts_seen_[feed];
    if (const auto state = node.stores->feeds.find(feed)) seen = std::max(seen, state->first);
    // Several publications may have been made since the oracle looked last.
    const bool several = published_life_[feed] != node.starts;
    bool in_order = true;
    std::size_t locks = 0;
    std::string last_token;
    for (const Record& record : node.stores->feeds.read_held(feed, seen, 100'000)) {
      ++seen;
      v1::Lock lock;
      v1::OprfKey key;
      if (record.header.kind == RecordKind::oprf_key &&
          key.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())))
        oprf_keys_[node.id].insert(key.public_key());
      locks += record.header.kind == RecordKind::lock;
      SOMETIMES(record.header.kind == RecordKind::withdraw, "a lock is withdrawn");
      if (record.header.kind != RecordKind::lock || record.body.empty() ||
          !lock.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())))
        continue;
      always(salts_[feed].insert(to_bytes(as_bytes(lock.salt()))).second, "two locks share a salt");
      const std::string token = lock.token();
      in_order = in_order && (last_token.empty() || last_token < token);
      last_token = token;
    }
    published_life_[feed] = node.starts;
    always(locks % 32 == 0, "the number of locks of a publication tells how many are real");
    always(in_order || several, "the order of locks tells something");
  }
}

/// Each replica is a prefix of what its origin signed, and nobody honest is frozen.
void Oracles::check_replicas(Node& node) {
  for (const store::FeedState& feed : node.stores->feeds.all()) {
    if (feed.note.empty()) continue;
    SOMETIMES(feed.first > 0, "a feed is held from a floor on");
    const auto known = world_.truth.honest_roots.find({feed.id, feed.note_size});
    const auto lie = world_.truth.lying_roots.find({feed.id, feed.note_size});
    const bool honest =
        known != world_.truth.honest_roots.end() && known->second.contains(feed.note_root);
    const bool lied = lie != world_.truth.lying_roots.end() && lie->second.contains(feed.note_root);
    always(honest || lied, "a replica holds a checkpoint that its origin did not sign");
    SOMETIMES(lied, "a node believes a lie that it cannot see yet");
    if (feed.caught_up() && !feed.frozen)
      always(feed.root == feed.note_root, "a replica's records are not those that were signed");
    const Node* origin = world_.network.find(feed.id.origin);
    SOMETIMES(feed.frozen, "a feed is frozen");
    always(!feed.frozen || (origin != nullptr && origin->liar.lied),
           "the feed of an origin that signed one history is frozen");
  }
}

void Oracles::look_around() {
  for (auto& node : world_.nodes) {
    SOMETIMES(node->up() && !node->recovery_reason.empty(), "a node is in recovery mode");
    if (!node->up()) continue;
    node->run([&] {
      check_replicas(*node);
      if (!node->recovery_reason.empty()) return;
      const store::AnchorState anchor = node->stores->anchor.state();
      always(anchor.audit_size <= node->desk->audit.size(),
             "a node is up whose audit trail ends before its anchor");
      for (const store::FeedState& feed : node->stores->feeds.all())
        always(feed.id.origin != node->id || feed.frozen || feed.note_size == feed.size,
               "records of a node's own stay unsigned");
      for (const auto& [feed, checkpoint] : anchor.feeds) {
        const auto own = node->stores->feeds.find(feed);
        always(own && own->size >= checkpoint.size,
               "a node is up whose feed ends before its anchor");
      }
    });
  }
  watch_files(world_);
  SOMETIMES(world_.network.open_links() > 10, "more than ten connections are open at once");
}

std::string Oracles::missing_feed(Node& node, Node& origin, const Group& group) {
  if (origin.liar.lied) return {};
  const FeedId feed = origin.feed(group.id);
  const auto theirs = origin.stores->feeds.find(feed);
  const auto ours = node.stores->feeds.find(feed);
  const std::uint64_t size = theirs ? theirs->note_size : 0;
  if (ours && ours->missing > 0 && !origin.rolled_back)
    return "node " + std::to_string(node.index) + " lacks " + std::to_string(ours->missing) +
           " bodies, which nobody took back, of node " + std::to_string(origin.index);
  if ((ours ? ours->size : 0) >= size) return {};
  return "node " + std::to_string(node.index) + " holds " + std::to_string(ours ? ours->size : 0) +
         " of " + std::to_string(size) + " records of node " + std::to_string(origin.index);
}

std::string Oracles::missing_match(Node& node, Node& origin, const Group& group) {
  if (origin.liar.lied || node.rolled_back || origin.rolled_back) return {};
  std::set<std::string> found;
  std::map<std::string, std::string> by_report;
  for (const KnownReport& report : world_.truth.reports[node.index])
    by_report[report.id] = report.identifier;
  admin::v1::MatchList request;
  request.set_limit(10'000);
  const admin::v1::Matches listed = desk::list_matches(*node.desk, request);
  for (const auto& match : listed.matches()) {
    if (match.node() != to_hex(origin.id.bytes) || match.community() != to_hex(group.id.bytes))
      continue;
    for (const std::string& id : match.report_ids()) {
      always(by_report.contains(id), "a match names a report that is not this node's");
      found.insert(by_report[id]);
    }
  }
  const auto askable = world_.truth.askable(node.index);
  const auto released = world_.truth.releasable(origin.index);
  for (const std::string& identifier : askable)
    if (released.contains(identifier) && !found.contains(identifier))
      return "node " + std::to_string(node.index) + " does not know that node " +
             std::to_string(origin.index) + " has " + identifier;
  for (const std::string& identifier : found) {
    if (released.contains(identifier)) continue;
    const auto& all = world_.truth.reports[origin.index];
    const bool uncertain = std::ranges::any_of(all, [&](const KnownReport& report) {
      return !report.certain && report.identifier == identifier;
    });
    if (!uncertain)
      return "node " + std::to_string(node.index) + " still shows a match that node " +
             std::to_string(origin.index) + " took back";
  }
  SOMETIMES(!found.empty(), "a pair of nodes has matches, and all of them");
  return {};
}

std::string Oracles::what_is_missing() {
  for (auto& node : world_.nodes)
    if (!node->serving() && !node->liar.lied)
      return "node " + std::to_string(node->index) + " is not up" + ": " +
             (node->up() ? node->recovery_reason : node->start_problem);
  for (const Group& group : world_.truth.groups)
    for (std::size_t i : group.members)
      for (std::size_t j : group.members) {
        Node &node = *world_.nodes[i], &origin = *world_.nodes[j];
        if (i == j || !node.serving() || !origin.serving() || node.liar.lied || origin.liar.lied)
          continue;
        if (!world_.network.connected(node.id, origin.id))
          return "nodes " + std::to_string(i) + " and " + std::to_string(j) + " are not connected";
        std::string missing;
        node.run([&] {
          missing = missing_feed(node, origin, group);
          if (missing.empty()) missing = missing_match(node, origin, group);
        });
        if (!missing.empty()) return missing;
      }
  return {};
}

/// What its origin took back is gone from every disk that has read so far.
void Oracles::check_withdrawn(Node& node) {
  for (const store::FeedState& feed : node.stores->feeds.all()) {
    const bool own = feed.id.origin == node.id;
    const std::uint64_t read = own ? feed.size : node.stores->feeds.matched_size(feed.id);
    const auto records = node.stores->feeds.read_held(feed.id, feed.first, read - feed.first);
    for (const Record& record : records) {
      v1::Withdraw withdraw;
      if (record.header.kind != RecordKind::withdraw ||
          !withdraw.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())))
        continue;
      FeedId named = feed.id;
      if (withdraw.generation() > 0) named.generation = withdraw.generation();
      const auto taken_back = node.stores->feeds.read_held(named, withdraw.index(), 1);
      SOMETIMES(!own, "a withdrawal reached a replica");
      SOMETIMES(named != feed.id, "a record of an earlier generation is taken back");
      always(taken_back.empty() || taken_back[0].body.empty() || (own && node.starts > 1),
             "a body that was taken back is still on a disk");
    }
  }
}

/// One bucket key a bucket: erased reports have none. And what only victims use was never asked.
void Oracles::check_keys(Node& node) {
  std::set<std::string> buckets;
  for (const std::string& name : node.keystore->names())
    if (name.starts_with("bucket/"))
      always(buckets.insert(name.substr(0, name.rfind('/'))).second,
             "the key of an erased report still exists");
  std::map<std::string, bool> only_shielding;
  for (const KnownReport& report : world_.truth.reports[node.index]) {
    const auto [known, fresh] = only_shielding.emplace(report.identifier, report.shielding);
    if (!fresh) known->second = known->second && report.shielding;
  }
  for (const auto& [identifier, shielding] : only_shielding) {
    if (!shielding) continue;
    const auto hash = node.desk->identifiers.hash(IdentifierType::email, identifier);
    for (const store::FeedState& feed : node.stores->feeds.all())
      always(!node.lookups->is_evaluated(hash, feed.id), "what a victim uses was asked for");
  }
}

void Oracles::look_back() {
  const std::size_t step = world_.nodes.size() > 30 ? 20 : 1;
  for (std::size_t i = 0; i < world_.nodes.size(); i += step) {
    Node& node = *world_.nodes[i];
    if (!node.up()) continue;
    node.run([&] {
      for (const store::FeedState& feed : node.stores->feeds.all()) {
        const Node* origin = world_.network.find(feed.id.origin);
        const std::string problem = problem_of(node, feed.id, *origin);
        always(problem.empty() || feed.frozen, "a feed on disk is not sound: " + problem);
        for (const v1::SplitView& proof : node.stores->feeds.evidence(feed.id)) {
          const auto a = open_note(proof.smaller(), feed.id, *origin);
          const auto b = open_note(proof.larger(), feed.id, *origin);
          always(a && b && !(*a == *b), "evidence that proves nothing");
        }
      }
      check_withdrawn(node);
      check_keys(node);
      const std::string problem = node.desk->audit.verify();
      // In recovery mode the trail of an old copy grows beside the one that the anchor still names.
      const bool beside = !node.serving() && problem.ends_with("that the head anchor names");
      always(problem.empty() || beside, "the audit trail is not sound: " + problem);
      const auto replayed = desk::replay(*node.desk, {});
      always(replayed.differing() == 0, "a recorded decision would be another today");
      SOMETIMES(replayed.decisions() > 0, "a recorded decision is made again");
      for (const store::AuditEntry& entry : node.desk->audit.read(0, node.desk->audit.size()))
        for (const std::string* field :
             {&entry.actor, &entry.object, &entry.purpose, &entry.outcome})
          always(field->find(std::string(canary) + "i") == std::string::npos &&
                     field->find(std::string(canary) + "x") == std::string::npos,
                 "a private field stands in the audit trail");
      for (const KnownReport& report : world_.truth.reports[node.index]) {
        if (!report.certain || node.rolled_back) continue;
        const auto head = node.desk->reports.find(report.id);
        always(head.has_value() != report.erased, report.erased ? "an erased report is still there"
                                                                : "an acknowledged report is lost");
        if (head)
          always(node.desk->reports.load(head->number, head->version).has_value(),
                 "an acknowledged report cannot be opened");
      }
    });
  }
}

}  // namespace bakhita::simulation
