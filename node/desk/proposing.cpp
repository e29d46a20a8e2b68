// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/proposing.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>

#include "keys/sealing.h"
#include "node/desk/facts.h"
#include "node/desk/names.h"
#include "protocol/community/succession.h"
#include "protocol/community/terms.h"

namespace bakhita::desk {
namespace {

constexpr std::uint64_t live_locks_default = 10'000'000;
/// Lookups under the old keys go on so long after a renewal.
constexpr std::uint32_t overlap_days = 30;
constexpr std::string_view all_members = "all";

std::uint32_t day_or_refuse(const std::string& date) {
  if (date.empty()) return 0;
  const std::uint32_t day = day_of(date);
  if (day == 0) throw ProposalRefused("the review date " + date + " is none", "write YYYY-MM-DD");
  return day;
}

std::string date_of(std::uint32_t day) {
  if (day == 0) return "";
  const auto date = std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(day)));
  char out[32];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return out;
}

store::Peer trusted_peer(const Desk& desk, const std::string& name) {
  const auto peer = desk.members.peer(name);
  if (!peer) throw ProposalRefused("there is no peer " + name, "add its card and verify it first");
  if (peer->state != store::PeerState::trusted)
    throw ProposalRefused(name + " is not verified", "use `bakhita peer verify " + name + "`");
  return *peer;
}

void add_member(v1::Charter& charter, const NodeId& node, ByteView signed_card,
                const std::string& country, const std::string& encryption_key) {
  v1::Member* member = charter.add_members();
  member->set_node(text(node.bytes));
  member->set_card_hash(text(card_hash(signed_card).value()));
  member->set_country(country);
  member->set_encryption_key(encryption_key);
}

void add_peer(v1::Charter& charter, const store::Peer& peer) {
  add_member(charter, peer.node, peer.signed_card, peer.card.country(), peer.card.encryption_key());
}

std::uint32_t place_named(const v1::Charter& charter, const std::string& country) {
  for (int i = 0; i < charter.members_size(); ++i)
    if (charter.members(i).country() == country) return static_cast<std::uint32_t>(i);
  throw ProposalRefused(country + " is no member of the community",
                        "legal bases name countries of members, or all");
}

template <class Names>
std::set<std::uint32_t> places(const v1::Charter& charter, const Names& names) {
  std::set<std::uint32_t> out;
  for (const std::string& name : names) {
    if (name != all_members) {
      out.insert(place_named(charter, name));
      continue;
    }
    for (int i = 0; i < charter.members_size(); ++i) out.insert(static_cast<std::uint32_t>(i));
  }
  return out;
}

v1::LegalBasis& add_basis(v1::Charter& charter, const std::set<std::uint32_t>& from,
                          const std::set<std::uint32_t>& to, const std::string& text) {
  v1::LegalBasis& basis = *charter.add_bases();
  *basis.mutable_from() = {from.begin(), from.end()};
  *basis.mutable_to() = {to.begin(), to.end()};
  basis.set_basis(text);
  return basis;
}

void add_basis(v1::Charter& charter, const admin::v1::BasisRule& rule) {
  v1::LegalBasis& basis =
      add_basis(charter, places(charter, rule.from()), places(charter, rule.to()), rule.basis());
  *basis.mutable_purposes() = rule.purposes();
  basis.set_review_day(day_or_refuse(rule.review()));
}

/// Opens what the operator named and no pair besides: new members with all others, in both
/// directions; where there are no new ones, all with each other.
void add_named_basis(v1::Charter& next, const v1::Charter& previous, const std::string& text) {
  std::set<std::uint32_t> all, newcomers, others;
  for (std::uint32_t place = 0; place < static_cast<std::uint32_t>(next.members_size()); ++place) {
    all.insert(place);
    const bool is_new = !names_member(previous, node_of(next.members(static_cast<int>(place))));
    (is_new ? newcomers : others).insert(place);
  }
  if (newcomers.empty()) {
    add_basis(next, all, all, text);
    return;
  }
  add_basis(next, newcomers, all, text);
  add_basis(next, others, newcomers, text);
}

std::uint32_t role_named(const std::string& name) {
  std::string upper = "SUBJECT_ROLE_";
  for (char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  v1::SubjectRole role = v1::SUBJECT_ROLE_UNSPECIFIED;
  if (!v1::SubjectRole_Parse(upper, &role) || !is_releasable(role))
    throw ProposalRefused(name + " is no role that may be released",
                          "recruiter, exploiter, transporter, facilitator, business, unknown");
  return static_cast<std::uint32_t>(role);
}

std::uint32_t type_named(const std::string& name) {
  const auto type = identifier_type(name);
  if (!type) throw ProposalRefused(name + " is no type of identifier");
  return static_cast<std::uint32_t>(*type);
}

void set_rules(const Desk& desk, v1::Charter& charter, const admin::v1::CharterRules& rules) {
  *charter.mutable_purposes() = rules.purposes();
  charter.set_highest_tlp(rules.highest_tlp() == 0 ? highest_tlp_default : rules.highest_tlp());
  charter.set_retention_days(rules.retention_days() == 0 ? desk.retention_days
                                                         : rules.retention_days());
  charter.set_live_locks_per_origin(
      rules.live_locks_per_origin() == 0 ? live_locks_default : rules.live_locks_per_origin());
  std::set<std::uint32_t> types, roles;
  for (const std::string& name : rules.identifier_types()) types.insert(type_named(name));
  for (const std::string& name : rules.subject_roles()) roles.insert(role_named(name));
  *charter.mutable_identifier_types() = {types.begin(), types.end()};
  *charter.mutable_subject_roles() = {roles.begin(), roles.end()};
  std::map<std::uint32_t, admin::v1::QuotaRule> quotas;
  for (const auto& quota : rules.quotas()) quotas[quota.group()] = quota;
  charter.clear_quotas();
  for (const auto& [group, quota] : quotas) {
    v1::QuotaCeiling* ceiling = charter.add_quotas();
    ceiling->set_group(group);
    ceiling->set_per_day(quota.per_day());
    ceiling->set_burst(quota.burst());
    ceiling->set_per_epoch(quota.per_epoch());
  }
  charter.clear_bases();
  for (const admin::v1::BasisRule& rule : rules.bases()) add_basis(charter, rule);
  charter.set_threshold(rules.threshold());
}

/// Rows keep the members that stay; one about nobody goes.
void move_bases(v1::Charter& next, const v1::Charter& previous) {
  const auto moved = [&](const auto& old_places) {
    std::set<std::uint32_t> out;
    for (std::uint32_t place : old_places)
      if (const auto now = place_of(next, node_of(previous.members(static_cast<int>(place)))))
        out.insert(*now);
    return out;
  };
  next.clear_bases();
  for (const v1::LegalBasis& old : previous.bases()) {
    const auto from = moved(old.from()), to = moved(old.to());
    if (from.empty() || to.empty()) continue;
    v1::LegalBasis* basis = next.add_bases();
    *basis = old;
    *basis->mutable_from() = {from.begin(), from.end()};
    *basis->mutable_to() = {to.begin(), to.end()};
  }
}

/// Checks, seals the secret to each member, and signs.
CharterPackage finish(Desk& desk, v1::Charter& charter, const keys::SecretBytes& secret) {
  charter.set_proposer(text(desk.self.bytes));
  charter.set_proposed_at(desk.now());
  charter.set_key_commitment(text(commit_to_secret(secret.view())));
  if (const auto fault = check_charter(charter))
    throw ProposalRefused("the charter would not be valid: " + std::string(describe(*fault)));
  v1::SignedCharter package = make_package(charter);
  const keys::SecretBytes identity = desk.keystore.get(keys::name::identity);
  add_signature(package, desk.self,
                [&](ByteView message) { return keys::sign(identity, message); });
  for (const v1::Member& member : charter.members()) {
    v1::SealedSecret* sealed = package.add_secrets();
    sealed->set_node(member.node());
    sealed->set_sealed(text(
        keys::seal_to(to_array<32>(as_bytes(member.encryption_key())).value(), secret.view())));
  }
  auto out = open_package(as_bytes(package.SerializeAsString()));
  if (!out)
    throw ProposalRefused("the charter would not be valid: " + std::string(describe(out.error())));
  return std::move(*out);
}

keys::SecretBytes new_secret(Desk& desk) {
  keys::SecretBytes out(32);
  desk.random.fill(out.writable());
  return out;
}

void change_members(const Desk& desk, v1::Charter& next, const admin::v1::CommunityPropose& wish) {
  for (const std::string& country : wish.remove()) {
    const auto place = static_cast<int>(place_named(next, country));
    if (next.members(place).node() == as_text(desk.self.bytes))
      throw ProposalRefused("this node cannot propose its own removal: it would know the new keys",
                            "use `bakhita community leave`");
    next.mutable_members()->DeleteSubrange(place, 1);
  }
  for (const std::string& country : wish.add()) add_peer(next, trusted_peer(desk, country));
  if (!wish.steward().empty())
    next.set_steward(next.members(static_cast<int>(place_named(next, wish.steward()))).node());
}

}  // namespace

CharterPackage write_first_charter(Desk& desk, ByteView own_card,
                                   const admin::v1::CommunityCreate& wish) {
  v1::Charter charter;
  charter.set_community(text(desk.random.bytes<16>()));
  charter.set_epoch(1);
  charter.set_key_epoch(1);
  charter.set_name(wish.name());
  charter.set_steward(text(desk.self.bytes));
  add_member(charter, desk.self, own_card, desk.country,
             text(keys::x25519_public(desk.keystore.get(keys::name::encryption))));
  for (const std::string& name : wish.members()) add_peer(charter, trusted_peer(desk, name));
  set_rules(desk, charter, wish.rules());
  return finish(desk, charter, new_secret(desk));
}

CharterPackage write_next_charter(Desk& desk, const store::Community& community,
                                  const admin::v1::CommunityPropose& wish) {
  const v1::Charter& previous = community.newest;
  v1::Charter next = previous;
  next.set_epoch(previous.epoch() + 1);
  next.set_previous(text(community.charter_hash));
  if (!wish.name().empty()) next.set_name(wish.name());
  change_members(desk, next, wish);
  if (wish.has_rules())
    set_rules(desk, next, wish.rules());
  else
    move_bases(next, previous);
  if (!wish.basis().empty()) add_named_basis(next, previous, wish.basis());
  const bool removes = !wish.remove().empty();
  if (!removes && !wish.renew_keys()) {
    if (!has_secret(desk, community))
      throw ProposalRefused(
          "this node does not hold the community's secret, which new members need",
          "propose with --renew-keys, or get a charter whose secret it can open");
    return finish(desk, next,
                  desk.keystore.get(keys::name::community_secret(community.id, next.key_epoch())));
  }
  next.set_key_epoch(previous.key_epoch() + 1);
  next.set_former_keys_until_day(
      removes ? 0 : static_cast<std::uint32_t>(desk.now() / 86'400) + overlap_days);
  return finish(desk, next, new_secret(desk));
}

admin::v1::CharterRules rules_of(const v1::Charter& charter) {
  admin::v1::CharterRules out;
  const auto countries = [&](const auto& list, auto add) {
    if (list.size() == charter.members_size()) return add(std::string(all_members));
    for (std::uint32_t place : list) add(charter.members(static_cast<int>(place)).country());
  };
  *out.mutable_purposes() = charter.purposes();
  out.set_highest_tlp(charter.highest_tlp());
  out.set_retention_days(charter.retention_days());
  out.set_live_locks_per_origin(charter.live_locks_per_origin());
  for (std::uint32_t type : charter.identifier_types())
    if (const auto known = identifier_type(static_cast<int>(type)))
      out.add_identifier_types(std::string(name_of(*known)));
  for (std::uint32_t role : charter.subject_roles()) out.add_subject_roles(role_name(role));
  for (const v1::QuotaCeiling& ceiling : charter.quotas()) {
    admin::v1::QuotaRule* quota = out.add_quotas();
    quota->set_group(ceiling.group());
    quota->set_per_day(ceiling.per_day());
    quota->set_burst(ceiling.burst());
    quota->set_per_epoch(ceiling.per_epoch());
  }
  for (const v1::LegalBasis& basis : charter.bases()) {
    admin::v1::BasisRule* rule = out.add_bases();
    countries(basis.from(), [&](std::string name) { rule->add_from(std::move(name)); });
    countries(basis.to(), [&](std::string name) { rule->add_to(std::move(name)); });
    rule->set_basis(basis.basis());
    *rule->mutable_purposes() = basis.purposes();
    rule->set_review(date_of(basis.review_day()));
  }
  out.set_threshold(charter.threshold());
  return out;
}

}  // namespace bakhita::desk
