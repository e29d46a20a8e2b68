// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/answering.h"

#include <algorithm>
#include <atomic>

#include "bakhita/storage/v1/desk.pb.h"
#include "node/desk/deciding.h"
#include "node/desk/facts.h"
#include "node/desk/parallel.h"
#include "protocol/community/terms.h"
#include "protocol/limits.h"
#include "protocol/session/error_code.h"
#include "protocol/voprf/composite.h"

namespace bakhita::desk {
namespace {

constexpr std::uint64_t seconds_per_day = 86'400;

// Table::quotas: "q" ‖ peer ‖ community ‖ group → a peer's account; "c" ‖ community ‖ group → that
// of all peers; "r" ‖ u32 day ‖ peer ‖ request id → hash of what was asked; "o" ‖ peer → onboarding
// was released; "a" ‖ peer ‖ community → u64 when it was answered last.
Bytes account_key(const NodeId& peer, const CommunityId& community, std::uint8_t group) {
  return ByteWriter().text("q").raw(peer.bytes).raw(community.bytes).u8(group).take();
}
Bytes community_key(const CommunityId& community, std::uint8_t group) {
  return ByteWriter().text("c").raw(community.bytes).u8(group).take();
}
Bytes request_day(std::uint32_t day) { return ByteWriter().text("r").u32(day).take(); }
Bytes request_key(std::uint32_t day, const NodeId& peer, ByteView request_id) {
  return ByteWriter().raw(request_day(day)).raw(peer.bytes).raw(request_id).take();
}
Bytes asked_key(const NodeId& peer, const CommunityId& community) {
  return ByteWriter().text("a").raw(peer.bytes).raw(community.bytes).take();
}
Bytes onboarding_key(const NodeId& peer) { return ByteWriter().text("o").raw(peer.bytes).take(); }

/// This node's own, at most what the charter allows.
QuotaLimits limits_of(const Desk& desk, const CommunityId& id, std::uint8_t group) {
  QuotaLimits out = group == 1 ? desk.g1 : desk.g2;
  const auto community = desk.members.community(id);
  if (!community) return out;
  for (const v1::QuotaCeiling& ceiling : community->charter.quotas())
    if (ceiling.group() == group)
      out = {std::min(out.per_day, ceiling.per_day()), std::min(out.burst, ceiling.burst()),
             std::min(out.per_epoch, ceiling.per_epoch())};
  return out;
}
QuotaLimits ceiling_of(const Desk& desk, const CommunityId& id, std::uint8_t group) {
  const QuotaLimits one = limits_of(desk, id, group);
  return {one.per_day * desk.all_peers, one.burst * desk.all_peers, one.per_epoch * desk.all_peers};
}

Bytes encode(const QuotaAccount& account) {
  storage::v1::QuotaState row;
  row.set_tokens(account.tokens);
  row.set_updated(account.updated);
  row.set_used_epoch(account.used_epoch);
  row.set_epoch(account.epoch);
  row.set_onboarding(account.onboarding);
  return to_bytes(as_bytes(row.SerializeAsString()));
}

v1::ProtocolError refusal(const v1::Evaluate& request, Error error) {
  return session::protocol_error(error, as_bytes(request.request_id()));
}

bool is_batch_size(std::size_t size) {
  return size == limits::batch_interactive || size == limits::batch_scheduled ||
         size == limits::batch_backfill;
}

/// Are the keys there that the policy allows to ask about?
bool has_keys(const Desk& desk, const store::Community& community, std::uint32_t epoch) {
  if (epoch == community.charter.key_epoch()) return has_secret(desk, community);
  return desk.keystore.has(keys::name::oprf_seed(community.id, epoch));
}

store::Communities::Row community_asked(const Desk& desk, const v1::Evaluate& request) {
  const auto id = to_array<16>(as_bytes(request.community()));
  return id ? desk.members.community({*id}) : nullptr;
}

policy::Question question_of(const Desk& desk, const NodeId& peer,
                             const store::Community& community, const v1::Evaluate& request) {
  policy::Question out =
      question_between(desk, community, policy::Act::lookup_answer, desk.self, peer);
  out.purpose = request.purpose();
  out.key_epoch = request.epoch();
  out.quota_wait = 0;
  return out;
}

store::AuditEntry entry_of(const Desk& desk, const NodeId& peer, const v1::Evaluate& request,
                           const std::string& outcome) {
  return desk.entry(to_hex(peer.bytes).substr(0, 16), "lookup.answer",
                    to_hex(as_bytes(request.case_hash())), request.purpose(), outcome);
}

/// Tells the peer, and the audit trail once an hour.
v1::ProtocolError refused(Desk& desk, const NodeId& peer, const store::Community& community,
                          const v1::Evaluate& request, const policy::Question& question,
                          policy::RuleId rule) {
  const std::lock_guard one_at_a_time(desk.charging);
  const std::string why = explain(question, community, rule).text;
  if (const auto note = note_refusal(desk, refusal_key(peer, rule), why))
    desk.audit.commit({}, with_decision(entry_of(desk, peer, request, note->outcome), question,
                                        &community, rule, note->count));
  const bool wrong_purpose =
      rule == policy::RuleId::purpose_not_in_charter ||
      (rule == policy::RuleId::no_legal_basis && may_flow(community.charter, desk.self, peer));
  return refusal(request, wrong_purpose ? Error::refused : Error::not_a_member);
}

QuotaAccount read_account(const Desk& desk, ByteView key, const QuotaLimits& limits) {
  const auto row = desk.database.get(store::Table::quotas, key);
  if (!row) return fresh_account(limits, 0, desk.now());
  storage::v1::QuotaState stored;
  if (!stored.ParseFromArray(row->data(), static_cast<int>(row->size())))
    throw store::StorageError("a quota's row is malformed");
  return {stored.tokens(), stored.updated(), stored.used_epoch(), stored.epoch(),
          stored.onboarding()};
}

/// A request id is known for this day and the one before; later it is a new question, and paid for.
std::optional<Bytes> asked_before(const Desk& desk, const NodeId& peer, ByteView request_id) {
  const auto today = static_cast<std::uint32_t>(desk.now() / seconds_per_day);
  for (std::uint32_t day : {today, today - 1})
    if (auto row = desk.database.get(store::Table::quotas, request_key(day, peer, request_id)))
      return row;
  return std::nullopt;
}

/// Takes the batch from the peer's account and the community's, and remembers the request; all of
/// it durable on return, with its audit record. Returns 0, or the seconds to wait.
std::uint64_t charge(Desk& desk, const NodeId& peer, const store::Community& community,
                     const v1::Evaluate& request, policy::Question question, const Hash& asked) {
  const std::size_t elements = request.elements().size() / 32;
  const auto group = static_cast<std::uint8_t>(request.group());
  const auto today = static_cast<std::uint32_t>(desk.now() / seconds_per_day);
  const Bytes own_key = account_key(peer, community.id, group);
  const Bytes all_key = community_key(community.id, group);
  QuotaAccount own = read_account(desk, own_key, limits_of(desk, community.id, group));
  QuotaAccount all = read_account(desk, all_key, ceiling_of(desk, community.id, group));
  const bool new_day = all.updated / seconds_per_day < today;
  store::Batch batch;
  for (auto [key, account] : {std::pair(&own_key, &own), std::pair(&all_key, &all)})
    if (put_right(*account, desk.now())) batch.put(store::Table::quotas, *key, encode(*account));
  const bool granted = own.onboarding >= elements;  // beside both buckets
  std::uint64_t wait =
      take(own, limits_of(desk, community.id, group), request.epoch(), elements, desk.now());
  if (wait == 0 && !granted)
    wait = take(all, ceiling_of(desk, community.id, group), request.epoch(), elements, desk.now());
  if (wait == 0) {
    batch.put(store::Table::quotas, own_key, encode(own));
    batch.put(store::Table::quotas, all_key, encode(all));
    batch.put(store::Table::quotas, request_key(today, peer, as_bytes(request.request_id())),
              asked);
    batch.put(store::Table::quotas, asked_key(peer, community.id),
              ByteWriter().u64(desk.now()).view());
    if (new_day) batch.erase_range(store::Table::quotas, request_day(0), request_day(today - 1));
  }
  question.quota_wait = wait;
  const policy::RuleId decided = decide(question, community);
  const auto note = decided == policy::RuleId::allowed
                        ? std::optional(RefusalNote{std::to_string(elements) + " elements"})
                        : note_refusal(desk, own_key, "quota exhausted");
  if (note)
    desk.audit.commit(std::move(batch), with_decision(entry_of(desk, peer, request, note->outcome),
                                                      question, &community, decided, note->count));
  else if (!batch.empty())
    desk.database.commit(std::move(batch));
  return wait;
}

/// Evaluation and proof, over all cores. Error::bad_point: one of the elements is none.
Result<v1::Evaluated> evaluate(Desk& desk, const voprf::KeyPair& key,
                               const std::vector<voprf::Element>& elements) {
  constexpr std::size_t slice = 16;
  std::vector<voprf::Element> evaluated(elements.size());
  std::vector<voprf::Composite> sums(elements.size() / slice);
  std::atomic<bool> sound{true};
  in_parallel(sums.size(), [&](std::size_t i) {
    const auto asked = std::span(elements).subspan(i * slice, slice);
    const auto answers = std::span(evaluated).subspan(i * slice, slice);
    if (voprf::evaluate(key.secret, asked, answers))
      sums[i] = voprf::weigh(key.public_key, i * slice, asked, answers);
    else
      sound = false;
  });
  if (!sound) return Error::bad_point;
  const voprf::Scalar nonce =
      voprf::hedged_nonce(key, desk.random.bytes<32>(), elements, evaluated);
  const auto proof = voprf::prove_parts(key, sums, nonce);
  if (!proof) return proof.error();
  v1::Evaluated out;
  out.set_elements(
      std::string(reinterpret_cast<const char*>(evaluated.data()), evaluated.size() * 32));
  out.set_proof(std::string(as_text(ByteWriter().raw(proof->c).raw(proof->s).take())));
  return out;
}

}  // namespace

QuotaLimits quota_limits(const Desk& desk, const CommunityId& community, std::uint8_t group) {
  return limits_of(desk, community, group);
}

QuotaAccount quota_of(const Desk& desk, const NodeId& peer, const CommunityId& community,
                      std::uint8_t group) {
  return read_account(desk, account_key(peer, community, group), limits_of(desk, community, group));
}

std::uint64_t last_asked(const Desk& desk, const NodeId& peer, const CommunityId& community) {
  const auto row = desk.database.get(store::Table::quotas, asked_key(peer, community));
  return row ? ByteReader(*row).u64() : 0;
}

Answer answer_lookup(Desk& desk, const NodeId& peer, const v1::Evaluate& request) {
  const auto community = community_asked(desk, request);
  if (!community) return refusal(request, Error::not_a_member);
  if (request.purpose().size() > policy::lookup_purpose_max)
    return refusal(request, Error::malformed);
  const policy::Question question = question_of(desk, peer, *community, request);
  const policy::RuleId decided = decide(question, *community);
  if (decided != policy::RuleId::allowed)
    return refused(desk, peer, *community, request, question, decided);
  if (!has_keys(desk, *community, request.epoch())) return refusal(request, Error::not_a_member);
  store::Community asked_in = *community;
  asked_in.charter.set_key_epoch(request.epoch());
  if (request.request_id().size() != 16 || request.case_hash().size() != 32 ||
      request.group() < 1 || request.group() > 2)
    return refusal(request, Error::malformed);
  const auto elements = voprf::split_elements(as_bytes(request.elements()));
  if (!elements) return refusal(request, elements.error());
  if (!is_batch_size(elements->size())) return refusal(request, Error::malformed);
  const auto group = static_cast<std::uint8_t>(request.group());
  ensure_oprf_seed(desk, asked_in);
  const voprf::KeyPair key = own_oprf_key(desk, asked_in, group);
  if (request.public_key() != as_text(key.public_key)) return refusal(request, Error::wrong_key);

  const Hash asked = sha256(as_bytes(request.elements()));
  {
    const std::lock_guard one_at_a_time(desk.charging);
    const auto before = asked_before(desk, peer, as_bytes(request.request_id()));
    if (before && as_text(*before) != as_text(asked)) return refusal(request, Error::replayed);
    const std::uint64_t wait =
        before ? 0 : charge(desk, peer, *community, request, question, asked);
    if (wait > 0)
      return session::busy(Error::quota_exhausted, static_cast<std::uint32_t>(wait),
                           as_bytes(request.request_id()));
  }
  auto out = evaluate(desk, key, *elements);
  if (!out) return refusal(request, out.error());
  out->set_request_id(request.request_id());
  out->set_left(elements_left(quota_of(desk, peer, community->id, group),
                              limits_of(desk, community->id, group), request.epoch(), desk.now()));
  return std::move(*out);
}

bool release_onboarding(Desk& desk, const NodeId& peer, const std::string& actor) {
  const std::lock_guard one_at_a_time(desk.charging);
  if (desk.database.get(store::Table::quotas, onboarding_key(peer))) return false;
  store::Batch batch;
  for (const store::Community& community : desk.members.communities()) {
    for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
      QuotaAccount account = quota_of(desk, peer, community.id, group);
      account.onboarding += group == 1 ? desk.onboarding_g1 : desk.onboarding_g2;
      batch.put(store::Table::quotas, account_key(peer, community.id, group), encode(account));
    }
  }
  batch.put(store::Table::quotas, onboarding_key(peer), as_bytes("1"));
  desk.audit.commit(std::move(batch), desk.entry(actor, "quota.release-onboarding",
                                                 to_hex(peer.bytes).substr(0, 16)));
  return true;
}

}  // namespace bakhita::desk
