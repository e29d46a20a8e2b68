// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/facts.h"

#include <algorithm>
#include <set>

#include "protocol/policy/decision.h"

namespace bakhita::desk {

policy::Facts facts_of(const storage::v1::IdentifierState& state) {
  policy::Facts out;
  out.type = static_cast<std::uint32_t>(state.type());
  out.benign = state.benign();
  out.open = state.open();
  out.recalled = static_cast<RecallKind>(state.hold().kind());
  // Whom a victim's wish protects is protected as if a report said so.
  out.shielded_role = out.recalled == RecallKind::victim;
  for (const storage::v1::Sighting& sighting : state.sightings()) {
    if (!is_releasable(sighting.role())) {
      out.shielded_role = true;
      continue;
    }
    out.releasable_role = true;
    out.roles |= 1u << static_cast<unsigned>(sighting.role());
  }
  return out;
}

policy::Marks marks_of(const storage::v1::IdentifierState& state) {
  policy::Marks out;
  bool first = true;
  for (const storage::v1::Sighting& sighting : state.sightings()) {
    if (!is_releasable(sighting.role())) continue;
    out.handling = first ? sighting.handling() : std::max(out.handling, sighting.handling());
    out.tlp = std::max(out.tlp, sighting.tlp());
    out.pap = std::max(out.pap, sighting.pap());
    first = false;
  }
  return out;
}

bool may_look_up(const storage::v1::IdentifierState& state) {
  policy::Question question;
  question.act = policy::Act::lookup_ask;
  question.facts = facts_of(state);
  return policy::decide_content(question, {}) == policy::RuleId::allowed;
}

v1::LockSummary summarise(const Desk& desk, const storage::v1::IdentifierState& state) {
  constexpr int exploitation_max = 12;
  v1::LockSummary out;
  out.set_type(state.type());
  std::set<std::uint32_t> exploitation;
  std::uint32_t count = 0;
  for (const storage::v1::Sighting& sighting : state.sightings()) {
    if (!is_releasable(sighting.role())) continue;
    const bool first = count++ == 0;
    exploitation.insert(sighting.exploitation().begin(), sighting.exploitation().end());
    // "Unknown" says least: any other role stands before it, the lowest number first.
    if (first || sighting.role() < out.role()) out.set_role(sighting.role());
    out.set_urgency(std::max(out.urgency(), sighting.urgency()));
    out.set_source_evaluation(
        first ? sighting.source_evaluation()
              : std::min(out.source_evaluation(), sighting.source_evaluation()));
    out.set_information_evaluation(
        first ? sighting.information_evaluation()
              : std::min(out.information_evaluation(), sighting.information_evaluation()));
    out.set_handling(std::max(out.handling(), sighting.handling()));
    out.set_tlp(std::max(out.tlp(), sighting.tlp()));
    out.set_pap(std::max(out.pap(), sighting.pap()));
    out.set_first_seen_day(first ? sighting.first_day()
                                 : std::min(out.first_seen_day(), sighting.first_day()));
    out.set_last_seen_day(std::max(out.last_seen_day(), sighting.last_day()));
  }
  for (std::uint32_t code : exploitation)
    if (out.exploitation_size() < exploitation_max) out.add_exploitation(code);
  out.set_sightings(count);
  out.set_desk(desk.desk_name.substr(0, 24));
  return out;
}

Scope scope_of(const store::Community& community, const NodeId& origin, std::uint8_t group) {
  return {.community = community.id,
          .node = origin,
          .epoch = community.charter.key_epoch(),
          .group = group};
}

FeedId feed_of(const Desk& desk, const store::Community& community, const NodeId& origin) {
  return desk.feeds.newest(community.id, origin);
}

ByteArray<32> community_secret(const Desk& desk, const CommunityId& community,
                               std::uint32_t key_epoch) {
  return to_array<32>(desk.keystore.get(keys::name::community_secret(community, key_epoch)).view())
      .value();
}

bool has_secret(const Desk& desk, const store::Community& community) {
  return desk.keystore.has(
      keys::name::community_secret(community.id, community.charter.key_epoch()));
}

void ensure_oprf_seed(Desk& desk, const store::Community& community) {
  const std::string name = keys::name::oprf_seed(community.id, community.charter.key_epoch());
  if (desk.keystore.has(name)) return;
  keys::SecretBytes seed(32);
  desk.random.fill(seed.writable());
  std::map<std::string, std::optional<keys::SecretBytes>> change;
  change.emplace(name, std::move(seed));
  desk.keystore.change(std::move(change));
}

voprf::KeyPair own_oprf_key(const Desk& desk, const store::Community& community,
                            std::uint8_t group) {
  const auto seed =
      desk.keystore.get(keys::name::oprf_seed(community.id, community.charter.key_epoch()));
  return oprf_key(to_array<32>(seed.view()).value(), scope_of(community, desk.self, group));
}

}  // namespace bakhita::desk
