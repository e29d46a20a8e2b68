// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/lookups.h"

#include <algorithm>
#include <limits>

#include "node/desk/deciding.h"
#include "node/desk/facts.h"
#include "node/desk/lookup_rows.h"
#include "node/desk/parallel.h"
#include "node/store/sealing.h"
#include "protocol/limits.h"
#include "protocol/lookup/pause.h"
#include "protocol/voprf/composite.h"

namespace bakhita::desk {
namespace {

using store::Batch;
using store::Table;

/// Rows of the queue that are written at once.
constexpr std::size_t plan_step = 4'096;
/// Elements that one thread takes at a time.
constexpr std::size_t slice_size = 16;

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

/// The most that may be put into one request while the origin grants so many elements.
std::size_t batch_limit(std::uint64_t room, bool interactive) {
  if (interactive) return room >= limits::batch_interactive ? 1 : 0;
  if (room >= limits::batch_backfill) return limits::batch_backfill;
  return room >= limits::batch_scheduled ? limits::batch_scheduled : 0;
}

/// Members of a community whose feed is held, with the newest one's state. Some may be known
/// through relays alone: their questions wait for a direct session.
std::vector<std::pair<NodeId, store::FeedState>> origins(const Desk& desk,
                                                         const store::Community& community) {
  std::vector<std::pair<NodeId, store::FeedState>> out;
  if (!has_secret(desk, community)) return out;
  for (const v1::Member& member : community.charter.members()) {
    const NodeId node = node_of(member);
    if (node == desk.self) continue;
    if (const auto feed = desk.feeds.find(feed_of(desk, community, node)))
      out.emplace_back(node, *feed);
  }
  return out;
}

/// On schedule, whatever the identifier is.
bool may_ask(const Desk& desk, const store::Community& community, const NodeId& origin) {
  return policy::decide_parties(scheduled_question(desk, community, origin), terms_of(community)) ==
         policy::RuleId::allowed;
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
      queue_(desk.database),
      pace_(desk.database),
      canaries_(desk),
      token_key_(desk.keystore.derive("wanted-tokens").view()) {}

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

std::optional<Lookups::StoredPrk> Lookups::load_prk(ByteView key) const {
  const auto row = desk_.database.get(Table::prks, key);
  return row ? open_prk(key, *row) : std::nullopt;
}

std::optional<Lookups::StoredPrk> Lookups::open_prk(ByteView key, ByteView row) const {
  const auto plain = desk_.identifiers.keys().open(Table::prks, key, row);
  if (!plain) return std::nullopt;
  storage::v1::StoredPrk stored;
  const bool parsed = stored.ParseFromArray(plain->data(), static_cast<int>(plain->size()));
  const auto prk = to_array<64>(as_bytes(stored.prk()));
  const auto type = identifier_type(static_cast<int>(stored.type()));
  if (!parsed || !prk || !type) throw store::StorageError("a stored evaluation is malformed");
  return StoredPrk{*prk, *type};
}

std::optional<std::uint64_t> Lookups::room(std::uint32_t feed, std::uint8_t group,
                                           std::uint32_t epoch) const {
  const std::uint64_t out = pace_.room(feed, group, epoch, desk_.now());
  if (out == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return out;
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
  // What an old copy lost may say that an identifier is a victim's.
  if (desk_.reports.dropped().count > 0) return;
  struct Target {
    std::uint32_t feed, epoch;
    bool groups[2];
  };
  std::vector<Target> targets;
  for (const store::Community& community : desk_.members.communities())
    for (const auto& [peer, feed] : origins(desk_, community)) {
      if (!may_ask(desk_, community, peer)) continue;
      Target target{feed.number, community.charter.key_epoch(), {}};
      for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}})
        target.groups[group - 1] = origin_key(feed.number, target.epoch, group).has_value();
      targets.push_back(target);
      if (feed.size > 0) canaries_.begin(community, feed.number);
    }
  if (targets.empty()) return;
  std::vector<Bytes> found;
  const auto write = [&] {
    LookupQueue::Edit edit(queue_);
    for (const Bytes& key : std::exchange(found, {})) edit.add(key, ByteView());
    desk_.database.commit(edit.take());
  };
  desk_.identifiers.for_each(
      [&](const store::IdentifierHash& hash, const storage::v1::IdentifierState& state) {
        if (!may_look_up(state)) return true;
        const auto type = identifier_type(static_cast<int>(state.type())).value();
        for (const Target& target : targets) {
          const std::uint8_t group = group_of(type);
          if (!target.groups[group - 1]) continue;
          if (desk_.database.get(Table::prks, prk_key(target.feed, target.epoch, hash))) continue;
          Bytes key = queue_key(target.feed, group, Priority::scheduled, hash);
          if (!desk_.database.get(Table::lookups, key)) found.push_back(std::move(key));
        }
        if (found.size() >= plan_step) write();
        return true;
      });
  write();
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
  const auto known = desk_.identifiers.load(hash);
  std::size_t count = 0;
  std::vector<store::AuditEntry> entries{
      desk_.entry(actor, "lookup.ask", to_hex(as_bytes(queued.case_hash())), purpose)};
  const store::IdentifierKeys& keys = desk_.identifiers.keys();
  const auto writing = keys.writing();
  LookupQueue::Edit edit(queue_);
  for (const store::Community& community : desk_.members.communities())
    for (const auto& [peer, feed] : origins(desk_, community)) {
      policy::Question question = scheduled_question(desk_, community, peer);
      question.purpose = purpose;
      question.has_case = true;
      if (known) question.facts = facts_of(*known);
      question.facts.type = static_cast<std::uint32_t>(type);
      const policy::RuleId decided = decide(question, community);
      entries.push_back(
          with_decision(desk_.entry(actor, "policy.lookup", to_hex(peer.bytes).substr(0, 16),
                                    purpose, explain(question, community, decided).text),
                        question, &community, decided));
      if (decided != policy::RuleId::allowed ||
          !origin_key(feed.number, community.charter.key_epoch(), group_of(type)))
        continue;
      if (desk_.database.get(Table::prks,
                             prk_key(feed.number, community.charter.key_epoch(), hash)))
        continue;
      const Bytes key = queue_key(feed.number, group_of(type), Priority::interactive, hash);
      edit.add(key, keys.seal(Table::lookups, key, hash, as_bytes(queued.SerializeAsString())));
      ++count;
    }
  desk_.audit.commit(edit.take(), entries);
  return count;
}

/// The charter may have become narrower, the identifier a victim's, while the question waited.
bool Lookups::may_still_ask(const store::Community& community, const NodeId& peer,
                            const store::IdentifierHash& identifier,
                            const storage::v1::QueuedLookup& queued) const {
  policy::Question question = scheduled_question(desk_, community, peer);
  question.purpose = queued.purpose();
  question.has_case = true;
  if (const auto known = desk_.identifiers.load(identifier)) question.facts = facts_of(*known);
  question.facts.type = queued.type();
  return decide(question, community) == policy::RuleId::allowed;
}

std::optional<Lookups::Outstanding> Lookups::take_batch(const store::Community& community,
                                                        const NodeId& peer, std::uint8_t group,
                                                        std::string& purpose,
                                                        std::string& case_hash) {
  const FeedId feed = feed_of(desk_, community, peer);
  const auto state = desk_.feeds.find(feed);
  if (!state) return std::nullopt;
  const auto key = origin_key(state->number, community.charter.key_epoch(), group);
  if (!key) return std::nullopt;
  Outstanding out;
  out.feed = feed;
  out.scope = scope_of(community, peer, group);
  out.public_key = *key;
  Tally scheduled(community, scheduled_question(desk_, community, peer));
  const std::uint64_t room =
      pace_.room(state->number, group, community.charter.key_epoch(), desk_.now());
  bool interactive = false;
  std::vector<Bytes> stale;
  desk_.database.scan(
      Table::lookups, queue_prefix(state->number, group), {},
      [&](ByteView row_key, ByteView value) {
        const bool row_interactive = priority_of(row_key) == Priority::interactive;
        if (out.inputs.empty()) interactive = row_interactive;
        if (row_interactive != interactive || out.inputs.size() == batch_limit(room, interactive))
          return false;
        const store::IdentifierHash hash = identifier_of(row_key);
        std::uint32_t type = 0;
        std::string canonical;
        if (row_interactive) {
          storage::v1::QueuedLookup queued;
          const auto plain = desk_.identifiers.keys().open(Table::lookups, row_key, value);
          if (!plain) return true;
          if (!queued.ParseFromArray(plain->data(), static_cast<int>(plain->size())))
            throw store::StorageError("a queued lookup is malformed");
          if (!may_still_ask(community, peer, hash, queued)) {
            stale.push_back(to_bytes(row_key));
            return true;
          }
          type = queued.type();
          canonical = queued.canonical();
          purpose = queued.purpose();
          case_hash = queued.case_hash();
        } else {
          const auto identifier = desk_.identifiers.load(hash);
          if (!identifier || scheduled.decide(*identifier) != policy::RuleId::allowed) {
            // erased or shielded meanwhile
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
  if (!stale.empty()) {
    LookupQueue::Edit edit(queue_);
    for (const Bytes& row_key : stale) edit.remove(row_key);
    desk_.database.commit(edit.take());
  }
  const std::size_t size = batch_size(out.inputs.size(), interactive);
  const bool has_place =
      out.inputs.empty() ? batch_limit(room, false) > 0 : !interactive && out.inputs.size() < size;
  if (has_place) out.canary = canaries_.question(community, *state, group, out.inputs.empty());
  if (out.canary) out.inputs.push_back(out.canary->input);
  if (out.inputs.empty()) return std::nullopt;
  // An interactive one stands in the trail since it was asked for.
  if (!interactive) {
    std::vector<store::AuditEntry> entries = scheduled.entries(desk_, "node", "policy.lookup");
    if (out.canary) entries.push_back(out.canary->entry);
    desk_.audit.commit({}, entries);
  }
  while (out.inputs.size() < size) out.inputs.push_back(pad_input(desk_.random.bytes<32>()));
  return out;
}

std::optional<v1::Evaluate> Lookups::next(const NodeId& peer) {
  if (is_paused(pace_.held_until(peer), desk_.now())) return std::nullopt;
  {
    const std::lock_guard lock(mutex_);
    const auto held = held_until_.find(peer);
    if (outstanding_.contains(peer) ||
        (held != held_until_.end() && is_paused(held->second, desk_.now())))
      return std::nullopt;
  }
  for (const store::Community& community : desk_.members.communities()) {
    if (!may_ask(desk_, community, peer) || !has_secret(desk_, community)) continue;
    for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
      std::string purpose = scheduled_question(desk_, community, peer).purpose;
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
      const std::size_t asked = batch->blinded.size();
      const FeedId feed_id = batch->feed;
      const Scope scope = batch->scope;
      const auto canary = batch->canary;
      {
        // Another session with this peer may have chosen meanwhile: one question at a time.
        const std::lock_guard lock(mutex_);
        if (!outstanding_.try_emplace(peer, std::move(*batch)).second) return std::nullopt;
      }
      if (const auto feed = desk_.feeds.find(feed_id)) {
        pace_.spend(feed->number, group, out.epoch(), asked, desk_.now());
        if (canary) canaries_.asked(scope, feed->number, canary->period);
      }
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

void Lookups::abandon(const NodeId& peer) {
  const std::lock_guard lock(mutex_);
  outstanding_.erase(peer);
}

void Lookups::hold(const NodeId& peer, std::uint32_t retry_after) {
  pace_.hold(peer, desk_.now() + retry_after);
  fail(peer, retry_after);
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
  const Result<void> finished = finish_asked(peer, asked, answer);
  if (!finished && finished.error() != Error::not_a_member && asked.canary)
    if (const auto feed = desk_.feeds.find(asked.feed))
      canaries_.answered(asked.scope, feed->number, asked.canary->period, CanaryStage::unproven);
  return finished;
}

CanaryStage Lookups::seek_canary(const Outstanding& asked, const ByteArray<32>& secret,
                                 const voprf::Element& evaluated) const {
  const std::size_t at = asked.identifiers.size();
  const Prk prk = make_prk(secret, voprf::finalize_all(std::span(asked.inputs).subspan(at, 1),
                                                       std::span(asked.blinds).subspan(at, 1),
                                                       std::span(&evaluated, 1))[0]);
  const auto index =
      desk_.feeds.find_token(asked.feed, make_token(prk, asked.scope, asked.canary->period));
  if (!index) return CanaryStage::absent;
  const auto record = desk_.feeds.record(asked.feed, *index);
  return record && open_lock(prk, asked.scope, record->header, record->body)
             ? CanaryStage::found
             : CanaryStage::unopened;
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
  std::vector<bool> kept(real);
  {
    const store::IdentifierKeys& keys = desk_.identifiers.keys();
    const auto writing = keys.writing();
    Batch batch;
    for (std::size_t i = 0; i < real; ++i) {
      kept[i] = may_keep(asked.identifiers[i], priority_of(asked.queue_keys[i]));
      if (!kept[i]) continue;
      storage::v1::StoredPrk stored;
      stored.set_prk(std::string(as_text(prks[i])));
      stored.set_type(asked.types[i]);
      const Bytes key = prk_key(feed->number, asked.scope.epoch, asked.identifiers[i]);
      batch.put(
          Table::prks, key,
          keys.seal(Table::prks, key, asked.identifiers[i], as_bytes(stored.SerializeAsString())));
      for (const Token& token : tokens[i])
        batch.put(Table::wanted, wanted_key(feed->number, wanted_hash(token)),
                  asked.identifiers[i]);
    }
    if (answer.has_left())
      pace_.correct(feed->number, asked.scope.group, asked.scope.epoch, answer.left(), desk_.now(),
                    batch);
    desk_.audit.commit(std::move(batch),
                       desk_.entry("node", "lookup.finish", to_hex(peer.bytes).substr(0, 16), {},
                                   std::to_string(real) + " identifiers"));
  }
  if (asked.canary)
    canaries_.answered(asked.scope, feed->number, asked.canary->period,
                       seek_canary(asked, secret, (*evaluated)[real]));
  // Locks that came before are found in the token index; those that come from here on find the
  // tokens above.
  const std::lock_guard one_pass(match_mutex_);
  const auto writing = desk_.identifiers.keys().writing();
  MatchChanges changes;
  for (std::size_t i = 0; i < real; ++i)
    for (const Token& token : tokens[i])
      if (!kept[i])
        continue;
      else if (const auto index = desk_.feeds.find_token(asked.feed, token))
        if (const auto record = desk_.feeds.record(asked.feed, *index))
          try_open(*feed, *index, *record, asked.identifiers[i], changes);
  // The questions go with the matches: after a crash in between they are asked once more.
  LookupQueue::Edit edit(queue_);
  for (const Bytes& row : asked.queue_keys) edit.remove(row);
  changes.batch.append(edit.take());
  if (changes.entries.empty())
    desk_.database.commit(std::move(changes.batch));
  else
    commit(desk_, std::move(changes));
  settle_waiting(asked.feed, asked.identifiers);
  return {};
}

/// It may have been erased, or become a victim's, while the question was on its way.
bool Lookups::may_keep(const store::IdentifierHash& identifier, Priority priority) const {
  const auto state = desk_.identifiers.load(identifier);
  if (priority == Priority::scheduled) return state && may_look_up(*state);
  return !state || !facts_of(*state).shielded_role;
}

std::vector<store::IdentifierHash> Lookups::forget(
    std::span<const store::IdentifierHash> identifiers, Batch& batch,
    LookupQueue::Edit& edit) const {
  std::set<store::IdentifierHash> held;
  for (const store::FeedState& feed : desk_.feeds.all()) {
    std::set<std::uint32_t> epochs;
    const Bytes prefix = origin_keys_prefix(feed.number);
    desk_.database.scan(Table::meta, prefix, {}, [&](ByteView key, ByteView) {
      epochs.insert(ByteReader(key.subspan(prefix.size())).u32());
      return true;
    });
    const std::set<std::uint32_t> known_periods = periods(feed.number);
    for (const store::IdentifierHash& identifier : identifiers) {
      for (std::uint32_t epoch : epochs) {
        const Bytes key = prk_key(feed.number, epoch, identifier);
        const auto prk = load_prk(key);
        if (!prk) continue;
        const Scope scope{feed.id.community, feed.id.origin, epoch, group_of(prk->type)};
        for (std::uint32_t period : known_periods)
          batch.erase(Table::wanted,
                      wanted_key(feed.number, wanted_hash(make_token(prk->prk, scope, period))));
        batch.erase(Table::prks, key);
        held.insert(identifier);
      }
      for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}})
        for (Priority priority : {Priority::interactive, Priority::scheduled})
          if (edit.remove(queue_key(feed.number, group, priority, identifier)))
            held.insert(identifier);
    }
  }
  for (const store::IdentifierHash& identifier : identifiers)
    if (forget_matches(desk_, identifier, batch) > 0) held.insert(identifier);
  return {held.begin(), held.end()};
}

}  // namespace bakhita::desk
