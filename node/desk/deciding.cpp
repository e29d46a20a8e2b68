// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/deciding.h"

#include <algorithm>

#include "node/desk/facts.h"
#include "protocol/community/terms.h"
#include "protocol/feed/merkle.h"

namespace bakhita::desk {
namespace {

/// Seconds between two records of the same refusal.
constexpr std::uint64_t refusal_pause = 3'600;

bool is_trusted(const Desk& desk, const NodeId& node) {
  if (node == desk.self) return true;
  const auto peer = desk.members.known(node);
  return peer && peer->state != store::PeerState::suspended;
}

std::string scheduled_purpose(const v1::Charter& charter, const NodeId& origin,
                              const NodeId& self) {
  std::vector<std::string> candidates(charter.purposes().begin(), charter.purposes().end());
  for (const v1::LegalBasis& basis : bases_between(charter, origin, self))
    candidates.insert(candidates.end(), basis.purposes().begin(), basis.purposes().end());
  candidates.emplace_back("investigation");
  for (const std::string& purpose : candidates)
    if (may_flow(charter, origin, self, purpose)) return purpose;
  return candidates.front();
}

/// Equal for equal facts and marks. What is out of range is refused whatever it is.
std::uint64_t kind_of(const policy::Question& question) {
  const policy::Facts& facts = question.facts;
  const policy::Marks& marks = question.marks;
  std::uint64_t out = facts.roles;
  for (const auto& [value, bits] : {std::pair{facts.type, 8u},
                                    {marks.handling, 4u},
                                    {marks.tlp, 4u},
                                    {marks.pap, 4u},
                                    {std::uint32_t{facts.releasable_role}, 1u},
                                    {std::uint32_t{facts.shielded_role}, 1u},
                                    {std::uint32_t{facts.benign}, 1u},
                                    {std::uint32_t{facts.open}, 1u},
                                    {static_cast<std::uint32_t>(facts.recalled), 4u}})
    out = (out << bits) | std::min(value, (1u << bits) - 1);
  return out;
}

}  // namespace

policy::Terms terms_of(const store::Community& community) {
  return {&community.charter, community.frozen};
}

policy::TermsRef reference_of(const store::Community& community) {
  const bool newest = community.accepted.epoch() == 0 || community.accepts_newest();
  return {
      community.id, community.charter_hash,
      newest ? community.charter_hash : sha256(as_bytes(community.accepted.SerializeAsString())),
      community.frozen};
}

policy::Question question_between(const Desk& desk, const store::Community& community,
                                  policy::Act act, const NodeId& from, const NodeId& to) {
  policy::Question out;
  out.act = act;
  out.now = desk.now();
  out.from = from;
  out.to = to;
  out.from_accepts = community.accepted_by(from);
  out.to_accepts = community.accepted_by(to);
  out.peer_is_trusted = is_trusted(desk, from) && is_trusted(desk, to);
  return out;
}

policy::Question release_question(const Desk& desk, const store::Community& community,
                                  const storage::v1::IdentifierState& state) {
  policy::Question out;
  out.act = policy::Act::release;
  out.now = desk.now();
  out.from = desk.self;
  out.retention_days = std::min(desk.retention_days, community.charter.retention_days());
  out.facts = facts_of(state);
  out.marks = marks_of(state);
  return out;
}

policy::Question relay_question(const Desk& desk, const store::Community& community,
                                const NodeId& origin, const NodeId& via, const NodeId& to) {
  policy::Question out = question_between(desk, community, policy::Act::relay, origin, to);
  out.via = via;
  out.via_accepts = community.accepted_by(via);
  out.peer_is_trusted = is_trusted(desk, via) && is_trusted(desk, to);
  out.origin_is_trusted = is_trusted(desk, origin);
  return out;
}

policy::Question holding_question(const Desk& desk, const store::Community& community,
                                  const NodeId& origin, const NodeId& holder) {
  policy::Question out = relay_question(desk, community, origin, origin, holder);
  out.peer_is_trusted = out.origin_is_trusted = true;
  return out;
}

policy::Question publication_question(const Desk& desk, const store::Community& community) {
  policy::Question out;
  out.act = policy::Act::publication;
  out.now = desk.now();
  out.from = desk.self;
  out.from_accepts = community.accepted_by(desk.self);
  out.persons = out.persons_needed = 1;
  out.live_locks = 0;
  return out;
}

policy::Question scheduled_question(const Desk& desk, const store::Community& community,
                                    const NodeId& origin) {
  policy::Question out =
      question_between(desk, community, policy::Act::lookup_ask, origin, desk.self);
  out.purpose = scheduled_purpose(community.charter, origin, desk.self);
  return out;
}

policy::RuleId decide(const policy::Question& question, const store::Community& community) {
  return policy::decide(question, terms_of(community));
}

policy::Explanation explain(const policy::Question& question, const store::Community& community,
                            policy::RuleId decided) {
  return policy::explain(question, terms_of(community), decided);
}

store::AuditEntry with_decision(store::AuditEntry entry, const policy::Question& question,
                                const store::Community* community, policy::RuleId decided,
                                std::uint64_t count) {
  policy::Recorded recorded;
  recorded.question = question;
  recorded.has_terms = community != nullptr;
  if (community != nullptr) recorded.terms = reference_of(*community);
  recorded.rule = policy::name_of(decided);
  recorded.count = count;
  entry.decision = policy::encode(recorded);
  return entry;
}

std::optional<RefusalNote> note_refusal(Desk& desk, const Bytes& key, const std::string& why) {
  Desk::Refusals& refusals = desk.refusals[key];
  const std::uint64_t now = desk.now();
  const bool in_the_hour = now >= refusals.audited_at && now - refusals.audited_at < refusal_pause;
  if (refusals.audited_at != 0 && in_the_hour) {
    ++refusals.unaudited;
    return std::nullopt;
  }
  const std::uint64_t more = std::exchange(refusals.unaudited, 0);
  refusals.audited_at = now;
  return RefusalNote{
      why + (more == 0 ? "" : "; " + std::to_string(more) + " more since the last such record"),
      1 + more};
}

Bytes refusal_key(const NodeId& peer, policy::RuleId rule) {
  return ByteWriter().text("p").raw(peer.bytes).u8(static_cast<std::uint8_t>(rule)).take();
}

Tally::Tally(const store::Community& community, policy::Question common)
    : community_(community), common_(std::move(common)) {}

policy::RuleId Tally::decide(const storage::v1::IdentifierState& state) {
  common_.facts = facts_of(state);
  if (common_.act == policy::Act::release)
    common_.marks = marks_of(state);
  else
    common_.facts.roles = 0;  // a lookup tells nothing of them, so no rule of it asks
  Group& group = groups_[kind_of(common_)];
  if (group.count++ == 0) {
    group.question = common_;
    group.decided = desk::decide(common_, community_);
  }
  return group.decided;
}

std::vector<store::AuditEntry> Tally::entries(const Desk& desk, const std::string& actor,
                                              const std::string& action) const {
  std::vector<std::uint64_t> kinds;
  for (const auto& [kind, group] : groups_) kinds.push_back(kind);
  std::ranges::sort(kinds);
  std::vector<store::AuditEntry> out;
  for (std::uint64_t kind : kinds) {
    const Group& group = groups_.at(kind);
    out.push_back(
        with_decision(desk.entry(actor, action, to_hex(community_.id.bytes), common_.purpose,
                                 std::string(policy::name_of(group.decided)) + ": " +
                                     std::to_string(group.count) + " identifiers"),
                      group.question, &community_, group.decided, group.count));
  }
  return out;
}

}  // namespace bakhita::desk
