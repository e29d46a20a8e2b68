// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/lookups.h"

#include <algorithm>

#include "node/desk/facts.h"
#include "node/desk/parallel.h"
#include "node/store/sealing.h"
#include "protocol/community/terms.h"
#include "protocol/limits.h"
#include "protocol/voprf/composite.h"

namespace bakhita::desk {
namespace {

using store::Batch;
using store::Table;

/// Records read at once while matching.
constexpr std::uint64_t match_step = 2'048;
/// Months back for which locks are matched: a record lives no longer, and each month of each origin
/// costs a pass over all evaluations, so that an origin must not invent them.
constexpr std::uint32_t periods_back_max = 36;
/// Expected tokens that are written at once.
constexpr std::size_t period_step_bytes = 4 << 20;
/// Elements that one thread takes at a time.
constexpr std::size_t slice_size = 16;

// Table::lookups: u32 feed ‖ u8 group ‖ u8 priority ‖ identifier[16]. Priority 0 is interactive.
Bytes queue_key(std::uint32_t feed, std::uint8_t group, std::uint8_t priority,
                const store::IdentifierHash& identifier) {
  return ByteWriter().u32(feed).u8(group).u8(priority).raw(identifier).take();
}
// Table::prks: u32 feed ‖ u32 epoch ‖ identifier[16].
Bytes prk_key(std::uint32_t feed, std::uint32_t epoch, const store::IdentifierHash& identifier) {
  return ByteWriter().u32(feed).u32(epoch).raw(identifier).take();
}
Bytes wanted_key(std::uint32_t feed, const ByteArray<16>& token_hash) {
  return ByteWriter().u32(feed).raw(token_hash).take();
}
// Table::meta: what the origin's feed says of its keys, and the periods that its locks have.
Bytes origin_key_key(std::uint32_t feed, std::uint32_t epoch, std::uint8_t group) {
  return ByteWriter().text("origin-key/").u32(feed).u32(epoch).u8(group).take();
}
Bytes period_key(std::uint32_t feed, std::uint32_t period) {
  return ByteWriter().text("period/").u32(feed).u32(period).take();
}
Bytes period_prefix(std::uint32_t feed) { return ByteWriter().text("period/").u32(feed).take(); }

/// Counts itself while it lives.
class Counted {
 public:
  explicit Counted(std::atomic<int>& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<int>& count_;
};

std::size_t batch_size(std::size_t waiting, bool interactive) {
  if (interactive) return limits::batch_interactive;
  return waiting > limits::batch_scheduled ? limits::batch_backfill : limits::batch_scheduled;
}

/// Peers of a community whose feed of this generation is held and may be asked about, with that
/// feed's state.
std::vector<std::pair<NodeId, store::FeedState>> origins(const Desk& desk,
                                                         const store::Community& community) {
  std::vector<std::pair<NodeId, store::FeedState>> out;
  if (!has_secret(desk, community)) return out;
  for (const store::Peer& peer : desk.members.peers()) {
    if (peer.state != store::PeerState::trusted || !community.may_flow(peer.node, desk.self))
      continue;
    if (const auto feed = desk.feeds.find(feed_of(community, peer.node)))
      out.emplace_back(peer.node, *feed);
  }
  return out;
}

/// What lookups on schedule are for: the first purpose that a legal basis for this origin allows;
/// nothing when there is none, or nobody accepted.
std::optional<std::string> scheduled_purpose(const store::Community& community,
                                             const NodeId& origin, const NodeId& self) {
  if (!community.may_flow(origin, self)) return std::nullopt;
  std::vector<std::string> candidates(community.charter.purposes().begin(),
                                      community.charter.purposes().end());
  for (const v1::LegalBasis& basis : bases_between(community.charter, origin, self))
    candidates.insert(candidates.end(), basis.purposes().begin(), basis.purposes().end());
  candidates.emplace_back("investigation");
  for (const std::string& purpose : candidates)
    if (may_flow(community.charter, origin, self, purpose)) return purpose;
  return std::nullopt;
}

bool verify_in_parallel(const voprf::Element& public_key, std::span<const voprf::Element> blinded,
                        std::span<const voprf::Element> evaluated, const voprf::Proof& proof) {
  std::vector<std::optional<voprf::Composite>> sums((blinded.size() + slice_size - 1) / slice_size);
  in_parallel(sums.size(), [&](std::size_t part) {
    const std::size_t first = part * slice_size;
    const std::size_t count = std::min(slice_size, blinded.size() - first);
    sums[part] = voprf::weigh_both(public_key, first, blinded.subspan(first, count),
                                   evaluated.subspan(first, count));
  });
  std::vector<voprf::Composite> parts;
  for (const auto& sum : sums) {
    if (!sum) return false;
    parts.push_back(*sum);
  }
  return voprf::verify_parts(public_key, parts, proof);
}

}  // namespace

Lookups::Lookups(Desk& desk)
    : desk_(desk),
      seal_key_(to_array<32>(desk.keystore.derive("lookups").view()).value()),
      token_key_(to_array<32>(desk.keystore.derive("wanted-tokens").view()).value()) {}

std::optional<voprf::Element> Lookups::origin_key(std::uint32_t feed, std::uint32_t epoch,
                                                  std::uint8_t group) const {
  const auto row = desk_.database.get(Table::meta, origin_key_key(feed, epoch, group));
  return row ? to_array<32>(*row) : std::nullopt;
}

std::set<std::uint32_t> Lookups::periods(std::uint32_t feed) const {
  std::set<std::uint32_t> out;
  const Bytes prefix = period_prefix(feed);
  desk_.database.scan(Table::meta, prefix, {}, [&](ByteView key, ByteView) {
    out.insert(ByteReader(key.subspan(prefix.size())).u32());
    return true;
  });
  return out;
}

ByteArray<16> Lookups::wanted_hash(const Token& token) const {
  return store::keyed_hash(token_key_, token);
}

Prk Lookups::open_prk(ByteView key, ByteView row, std::uint32_t& type) const {
  const Bytes plain = store::unseal(seal_key_, row, ByteWriter().text("prks").raw(key).view());
  storage::v1::StoredPrk stored;
  const bool parsed = stored.ParseFromArray(plain.data(), static_cast<int>(plain.size()));
  const auto prk = to_array<64>(as_bytes(stored.prk()));
  if (!parsed || !prk) throw store::StorageError("a stored evaluation is malformed");
  type = stored.type();
  return *prk;
}

bool Lookups::is_evaluated(const store::IdentifierHash& identifier, const FeedId& feed) const {
  const auto state = desk_.feeds.find(feed);
  const auto community = desk_.members.community(feed.community);
  return state && community &&
         desk_.database
             .get(Table::prks, prk_key(state->number, community->charter.key_epoch(), identifier))
             .has_value();
}

void Lookups::plan() {
  struct Target {
    std::uint32_t feed, epoch;
    bool groups[2];
  };
  std::vector<Target> targets;
  for (const store::Community& community : desk_.members.communities())
    for (const auto& [peer, feed] : origins(desk_, community)) {
      Target target{feed.number, community.charter.key_epoch(), {}};
      for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}})
        target.groups[group - 1] = origin_key(feed.number, target.epoch, group).has_value();
      targets.push_back(target);
    }
  if (targets.empty()) return;
  Batch batch;
  desk_.identifiers.for_each(
      [&](const store::IdentifierHash& hash, const storage::v1::IdentifierState& state) {
        if (!may_look_up(state)) return true;
        const auto type = identifier_type(static_cast<int>(state.type())).value();
        for (const Target& target : targets) {
          const std::uint8_t group = group_of(type);
          if (!target.groups[group - 1]) continue;
          if (desk_.database.get(Table::prks, prk_key(target.feed, target.epoch, hash))) continue;
          const Bytes key = queue_key(target.feed, group, 1, hash);
          if (desk_.database.get(Table::lookups, key)) continue;
          batch.put(Table::lookups, key, ByteView());
        }
        return true;
      });
  desk_.database.commit(std::move(batch));
}

std::size_t Lookups::ask_now(IdentifierType type, const std::string& canonical,
                             const std::string& purpose, const std::string& case_ref,
                             const std::string& actor) {
  const store::IdentifierHash hash = desk_.identifiers.hash(type, canonical);
  storage::v1::QueuedLookup queued;
  queued.set_type(static_cast<std::uint32_t>(type));
  queued.set_canonical(canonical);
  queued.set_purpose(purpose);
  queued.set_case_hash(std::string(as_text(sha256(as_bytes(case_ref)))));
  queued.set_interactive(true);
  std::size_t count = 0;
  Batch batch;
  for (const store::Community& community : desk_.members.communities())
    for (const auto& [peer, feed] : origins(desk_, community)) {
      if (!origin_key(feed.number, community.charter.key_epoch(), group_of(type)) ||
          !may_flow(community.charter, peer, desk_.self, purpose))
        continue;
      if (desk_.database.get(Table::prks,
                             prk_key(feed.number, community.charter.key_epoch(), hash)))
        continue;
      const Bytes key = queue_key(feed.number, group_of(type), 0, hash);
      batch.put(Table::lookups, key,
                store::seal(seal_key_, as_bytes(queued.SerializeAsString()),
                            ByteWriter().text("lookups").raw(key).view()));
      ++count;
    }
  desk_.audit.commit(std::move(batch), desk_.entry(actor, "lookup.ask",
                                                   to_hex(as_bytes(queued.case_hash())), purpose));
  return count;
}

std::optional<Lookups::Outstanding> Lookups::take_batch(const store::Community& community,
                                                        const NodeId& peer, std::uint8_t group,
                                                        std::string& purpose,
                                                        std::string& case_hash) {
  const FeedId feed = feed_of(community, peer);
  const auto state = desk_.feeds.find(feed);
  if (!state) return std::nullopt;
  const auto key = origin_key(state->number, community.charter.key_epoch(), group);
  if (!key) return std::nullopt;
  Outstanding out;
  out.feed = feed;
  out.scope = scope_of(community, peer, group);
  out.public_key = *key;
  bool interactive = false;
  std::vector<Bytes> stale;
  desk_.database.scan(
      Table::lookups, ByteWriter().u32(state->number).u8(group).view(), {},
      [&](ByteView row_key, ByteView value) {
        const bool row_interactive = row_key[5] == 0;
        if (out.inputs.empty()) interactive = row_interactive;
        const std::size_t limit = interactive ? 1 : limits::batch_backfill;
        if (row_interactive != interactive || out.inputs.size() == limit) return false;
        const store::IdentifierHash hash = to_array<16>(row_key.subspan(6)).value();
        std::uint32_t type = 0;
        std::string canonical;
        if (row_interactive) {
          storage::v1::QueuedLookup queued;
          const Bytes plain =
              store::unseal(seal_key_, value, ByteWriter().text("lookups").raw(row_key).view());
          if (!queued.ParseFromArray(plain.data(), static_cast<int>(plain.size())))
            throw store::StorageError("a queued lookup is malformed");
          type = queued.type();
          canonical = queued.canonical();
          purpose = queued.purpose();
          case_hash = queued.case_hash();
        } else {
          const auto identifier = desk_.identifiers.load(hash);
          if (!identifier || !may_look_up(*identifier)) {  // erased or shielded meanwhile
            stale.push_back(to_bytes(row_key));
            return true;
          }
          type = static_cast<std::uint32_t>(identifier->type());
          canonical = identifier->canonical();
        }
        out.queue_keys.push_back(to_bytes(row_key));
        out.identifiers.push_back(hash);
        out.types.push_back(type);
        out.inputs.push_back(id_input(identifier_type(static_cast<int>(type)).value(), canonical));
        return true;
      });
  Batch cleaning;
  for (const Bytes& row_key : stale) cleaning.erase(Table::lookups, row_key);
  desk_.database.commit(std::move(cleaning));
  if (out.inputs.empty()) return std::nullopt;
  const std::size_t size = batch_size(out.inputs.size(), interactive);
  while (out.inputs.size() < size) out.inputs.push_back(pad_input(desk_.random.bytes<32>()));
  return out;
}

std::optional<v1::Evaluate> Lookups::next(const NodeId& peer) {
  {
    const std::lock_guard lock(mutex_);
    const auto held = held_until_.find(peer);
    if (outstanding_.contains(peer) || (held != held_until_.end() && desk_.now() < held->second))
      return std::nullopt;
  }
  for (const store::Community& community : desk_.members.shared_with(desk_.self, peer)) {
    std::optional<std::string> allowed = scheduled_purpose(community, peer, desk_.self);
    if (!allowed || !has_secret(desk_, community)) continue;
    for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
      std::string purpose = *allowed;
      std::string case_hash(as_text(sha256(as_bytes("scheduled"))));
      auto batch = take_batch(community, peer, group, purpose, case_hash);
      if (!batch) continue;
      batch->request_id = desk_.random.bytes<16>();
      batch->blinds.resize(batch->inputs.size());
      batch->blinded.resize(batch->inputs.size());
      in_parallel(batch->inputs.size(), [&](std::size_t i) {
        batch->blinds[i] = voprf::scalar_from_uniform(desk_.random.bytes<64>());
        batch->blinded[i] = voprf::blind(batch->inputs[i], batch->blinds[i]).value();
      });
      v1::Evaluate out;
      out.set_request_id(std::string(as_text(batch->request_id)));
      out.set_community(std::string(as_text(community.id.bytes)));
      out.set_epoch(batch->scope.epoch);
      out.set_group(group);
      out.set_elements(std::string(reinterpret_cast<const char*>(batch->blinded.data()),
                                   batch->blinded.size() * 32));
      out.set_purpose(purpose);
      out.set_case_hash(case_hash);
      out.set_public_key(std::string(as_text(batch->public_key)));
      const std::lock_guard lock(mutex_);
      outstanding_[peer] = std::move(*batch);
      return out;
    }
  }
  return std::nullopt;
}

void Lookups::fail(const NodeId& peer, std::uint32_t retry_after) {
  const std::lock_guard lock(mutex_);
  outstanding_.erase(peer);
  constexpr std::uint32_t retry_default = 60;
  held_until_[peer] = desk_.now() + (retry_after == 0 ? retry_default : retry_after);
}

Result<void> Lookups::finish(const NodeId& peer, const v1::Evaluated& answer) {
  Outstanding asked;
  {
    const std::lock_guard lock(mutex_);
    const auto it = outstanding_.find(peer);
    if (it == outstanding_.end() || answer.request_id() != as_text(it->second.request_id))
      return Error::unexpected;
    asked = std::move(it->second);
    outstanding_.erase(it);
  }
  const Counted counted(finishing_);
  return finish_asked(peer, asked, answer);
}

Result<void> Lookups::finish_asked(const NodeId& peer, const Outstanding& asked,
                                   const v1::Evaluated& answer) {
  const auto evaluated = voprf::split_elements(as_bytes(answer.elements()));
  if (!evaluated) return evaluated.error();
  if (evaluated->size() != asked.blinded.size() || answer.proof().size() != 64)
    return Error::malformed;
  voprf::Proof proof;
  std::memcpy(proof.c.data(), answer.proof().data(), 32);
  std::memcpy(proof.s.data(), answer.proof().data() + 32, 32);
  if (!verify_in_parallel(asked.public_key, asked.blinded, *evaluated, proof))
    return Error::bad_proof;
  const auto community = desk_.members.community(asked.feed.community);
  const auto feed = desk_.feeds.find(asked.feed);
  if (!community || !feed) return Error::not_a_member;
  const ByteArray<32> secret = community_secret(desk_, asked.feed.community, asked.scope.epoch);
  const std::set<std::uint32_t> known_periods = periods(feed->number);
  const std::size_t real = asked.identifiers.size();
  std::vector<Prk> prks(real);
  std::vector<std::vector<Token>> tokens(real);
  in_parallel((real + slice_size - 1) / slice_size, [&](std::size_t part) {
    const std::size_t first = part * slice_size, count = std::min(slice_size, real - first);
    const auto outputs = voprf::finalize_all(std::span(asked.inputs).subspan(first, count),
                                             std::span(asked.blinds).subspan(first, count),
                                             std::span(*evaluated).subspan(first, count));
    for (std::size_t i = 0; i < count; ++i) {
      prks[first + i] = make_prk(secret, outputs[i]);
      for (std::uint32_t period : known_periods)
        tokens[first + i].push_back(make_token(prks[first + i], asked.scope, period));
    }
  });
  Batch batch;
  for (std::size_t i = 0; i < real; ++i) {
    storage::v1::StoredPrk stored;
    stored.set_prk(std::string(as_text(prks[i])));
    stored.set_type(asked.types[i]);
    const Bytes key = prk_key(feed->number, asked.scope.epoch, asked.identifiers[i]);
    batch.put(Table::prks, key,
              store::seal(seal_key_, as_bytes(stored.SerializeAsString()),
                          ByteWriter().text("prks").raw(key).view()));
    for (const Token& token : tokens[i])
      batch.put(Table::wanted, wanted_key(feed->number, wanted_hash(token)), asked.identifiers[i]);
    batch.erase(Table::lookups, asked.queue_keys[i]);
  }
  desk_.audit.commit(std::move(batch),
                     desk_.entry("node", "lookup.finish", to_hex(peer.bytes).substr(0, 16), {},
                                 std::to_string(real) + " identifiers"));
  // Locks that came before are found in the token index; those that come from here on find the
  // tokens above.
  const std::lock_guard one_pass(match_mutex_);
  MatchChanges changes;
  for (std::size_t i = 0; i < real; ++i)
    for (const Token& token : tokens[i])
      if (const auto index = desk_.feeds.find_token(asked.feed, token))
        if (const auto record = desk_.feeds.record(asked.feed, *index))
          try_open(*feed, *index, *record, asked.identifiers[i], changes);
  commit(desk_, std::move(changes));
  return {};
}

std::uint64_t Lookups::waiting() const {
  std::uint64_t out = 0;
  desk_.database.scan(Table::lookups, {}, {},
                      [&](ByteView, ByteView) { return ++out < 1'000'000; });
  const std::lock_guard lock(mutex_);
  return out;
}

bool Lookups::is_plausible(std::uint32_t period) const {
  const std::uint32_t now = period_of(desk_.now());
  return period <= now + 1 && period + periods_back_max >= now;
}

void Lookups::add_period(const store::FeedState& feed, std::uint32_t period) {
  Batch batch;
  const auto community = desk_.members.community(feed.id.community);
  if (!community) return;
  desk_.database.scan(
      Table::prks, ByteWriter().u32(feed.number).view(), {}, [&](ByteView key, ByteView row) {
        std::uint32_t type = 0;
        const Prk prk = open_prk(key, row, type);
        const auto known = identifier_type(static_cast<int>(type));
        if (!known) throw store::StorageError("a stored evaluation is of an unknown type");
        const Scope scope{feed.id.community, feed.id.origin, ByteReader(key.subspan(4)).u32(),
                          group_of(*known)};
        batch.put(Table::wanted,
                  wanted_key(feed.number, wanted_hash(make_token(prk, scope, period))),
                  key.subspan(8));
        if (batch.size_bytes() > period_step_bytes)
          desk_.database.commit(std::exchange(batch, Batch()));
        return true;
      });
  // Last, so that a pass that was cut short is made again.
  batch.put(Table::meta, period_key(feed.number, period), ByteView());
  desk_.database.commit(std::move(batch));
}

void Lookups::try_open(const store::FeedState& feed, std::uint64_t index, const Record& record,
                       const store::IdentifierHash& identifier, MatchChanges& changes) const {
  const auto head = lock_head(record.body);
  if (!head || (head->group != 1 && head->group != 2)) return;
  const auto community = desk_.members.community(feed.id.community);
  if (!community || !community->may_flow(feed.id.origin, desk_.self)) return;
  const Bytes key = prk_key(feed.number, head->epoch, identifier);
  const auto row = desk_.database.get(Table::prks, key);
  if (!row) return;
  std::uint32_t type = 0;
  const Prk prk = open_prk(key, *row, type);
  const Scope scope{feed.id.community, feed.id.origin, head->epoch,
                    static_cast<std::uint8_t>(head->group)};
  const auto summary = open_lock(prk, scope, record.header, record.body);
  if (!summary || static_cast<std::uint32_t>(summary->type()) != type) return;
  storage::v1::StoredMatch match;
  match.set_identifier(std::string(as_text(identifier)));
  match.set_community(std::string(as_text(feed.id.community.bytes)));
  match.set_origin(std::string(as_text(feed.id.origin.bytes)));
  match.set_generation(feed.id.generation);
  match.set_index(index);
  *match.mutable_summary() = *summary;
  match.set_found_at(desk_.now());
  match.set_expiry_day(record.header.expiry_day);
  match.set_state("live");
  add_match(desk_, feed.number, match, changes);
}

void Lookups::match(const FeedId& feed_id) {
  const std::lock_guard one_pass(match_mutex_);
  const auto state = desk_.feeds.find(feed_id);
  if (!state || feed_id.origin == desk_.self) return;
  std::set<std::uint32_t> known = periods(state->number);
  for (std::uint64_t at = desk_.feeds.matched_size(feed_id); at < state->size;) {
    const auto range = desk_.feeds.read_held(feed_id, at, match_step);
    Batch batch;
    std::vector<Bytes> keys;
    std::vector<std::size_t> which;
    std::vector<std::uint64_t> gone;
    std::set<std::uint64_t> rekeyed;
    MatchChanges changes;
    for (std::size_t i = 0; i < range.size(); ++i) {
      const Record& record = range[i];
      if (record.body.empty()) continue;
      if (record.header.kind == RecordKind::lock) {
        const auto head = lock_head(record.body);
        if (!head || !is_plausible(head->period)) continue;
        if (known.insert(head->period).second) add_period(*state, head->period);
        keys.push_back(wanted_key(state->number, wanted_hash(head->token)));
        which.push_back(i);
      } else if (record.header.kind == RecordKind::oprf_key) {
        v1::OprfKey key;
        if (key.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())) &&
            key.public_key().size() == 32 && (key.group() == 1 || key.group() == 2) &&
            voprf::is_valid_element(as_bytes(key.public_key())))
          batch.put(
              Table::meta,
              origin_key_key(state->number, key.epoch(), static_cast<std::uint8_t>(key.group())),
              as_bytes(key.public_key()));
      } else if (record.header.kind == RecordKind::withdraw) {
        v1::Withdraw withdraw;
        if (withdraw.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())) &&
            withdraw.index() < at + i) {
          gone.push_back(withdraw.index());
          if (withdraw.reason() == v1::WITHDRAW_REASON_REKEYED) rekeyed.insert(withdraw.index());
        }
      }
    }
    const auto wanted = desk_.database.get_many(Table::wanted, keys);
    // What was withdrawn within these very records is never shown.
    std::sort(gone.begin(), gone.end());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (wanted[i] && !std::binary_search(gone.begin(), gone.end(), at + which[i]))
        if (const auto identifier = to_array<16>(*wanted[i]))
          try_open(*state, at + which[i], range[which[i]], *identifier, changes);
    for (std::uint64_t index : gone)
      if (rekeyed.contains(index))
        await_successor(desk_, state->number, index, changes);
      else
        withdraw_match(desk_, state->number, index, changes);
    commit(desk_, std::move(changes));
    at += range.size();
    desk_.feeds.set_matched_size(feed_id, at, batch);
    desk_.feeds.erase_bodies(feed_id, gone, std::move(batch));
  }
}

}  // namespace bakhita::desk
