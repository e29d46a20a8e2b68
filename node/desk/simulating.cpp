// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/simulating.h"

#include "node/desk/charters.h"
#include "node/desk/deciding.h"
#include "node/desk/facts.h"

namespace bakhita::desk {
namespace {

struct Subject {
  std::uint32_t place = 1;
  storage::v1::IdentifierState state;
};

/// What the node knows of the identifier; nothing but its type when no report names it.
storage::v1::IdentifierState state_of(const Desk& desk, IdentifierType type,
                                      const std::string& canonical) {
  auto known = desk.identifiers.load(desk.identifiers.hash(type, canonical));
  if (known) return std::move(*known);
  storage::v1::IdentifierState out;
  out.set_type(static_cast<v1::IdentifierType>(type));
  return out;
}

std::vector<Subject> of_report(const Desk& desk, const std::string& id) {
  const auto head = desk.reports.find(id);
  const auto stored = head ? desk.reports.load(head->number, head->version) : std::nullopt;
  if (!stored) throw NothingToSimulate("there is no such report");
  std::vector<Subject> out;
  for (int i = 0; i < stored->report().identifiers_size(); ++i) {
    const auto type = identifier_type(static_cast<int>(stored->report().identifiers(i).type()));
    if (type && !stored->canonical(i).empty())
      out.push_back(
          {static_cast<std::uint32_t>(i + 1), state_of(desk, *type, stored->canonical(i))});
  }
  return out;
}

std::vector<Subject> of_value(const Desk& desk, const admin::v1::PolicySimulate& request) {
  const auto type = identifier_type(static_cast<int>(request.type()));
  if (!type) throw NothingToSimulate("name a report, or the type and value of an identifier");
  const Canonical form = canonicalise(*desk.tables, *type, request.value(),
                                      request.region().empty() ? desk.country : request.region());
  const auto* canonical = std::get_if<std::string>(&form);
  if (canonical == nullptr)
    throw NothingToSimulate("the identifier has no canonical form: " +
                            std::string(describe(std::get<Refusal>(form))));
  return {{1, state_of(desk, *type, *canonical)}};
}

/// The community under the charter that all its members have accepted.
store::Community supposed(const Desk& desk, const CharterPackage& package) {
  const CommunityId id{to_array<16>(as_bytes(package.charter.community())).value()};
  store::Community out = *desk.members.community(id);
  out.frozen = false;
  out.newest = out.accepted = out.charter = package.charter;
  out.charter_hash = package.hash;
  out.chain.push_back(package.hash);
  for (const v1::Member& member : package.charter.members()) {
    v1::Acceptance& acceptance = out.acceptances.emplace_back();
    acceptance.set_charter_hash(std::string(as_text(package.hash)));
    acceptance.set_node(member.node());
  }
  return out;
}

std::vector<store::Community> communities(const Desk& desk,
                                          const admin::v1::PolicySimulate& request) {
  std::vector<store::Community> out;
  if (!request.charter().empty()) {
    const auto found = charters_named(desk, request.community(), request.charter());
    if (found.size() != 1)
      throw NothingToSimulate(found.empty() ? "no charter has this hash"
                                            : "several charters have this hash");
    out.push_back(supposed(desk, found.front()));
    return out;
  }
  for (const store::Community& community : desk.members.communities()) {
    const std::string& name = request.community();
    const bool by_id = name.size() >= 6 && to_hex(community.id.bytes).starts_with(name);
    if (name.empty() || community.newest.name() == name || by_id) out.push_back(community);
  }
  if (out.empty()) throw NothingToSimulate("this node is in no such community");
  return out;
}

/// Rows of one identifier in one community: members with the same answer share one.
class Rows {
 public:
  Rows(const Subject& subject, const store::Community& community, admin::v1::PolicySimulated& out)
      : subject_(subject), community_(community), first_(out.answers_size()), out_(out) {}

  void add(std::string_view act, const policy::Question& question, const std::string& country) {
    const policy::Explanation why = explain(question, community_, decide(question, community_));
    for (int i = first_; i < out_.answers_size(); ++i)
      if (out_.answers(i).act() == act && out_.answers(i).explanation() == why.text)
        return out_.mutable_answers(i)->add_countries(country);
    const auto type = identifier_type(static_cast<int>(subject_.state.type()));
    admin::v1::PolicyAnswer& row = *out_.add_answers();
    row.set_community(community_.newest.name());
    row.set_epoch(why.epoch);
    row.set_charter(to_hex(community_.charter_hash));
    row.set_identifier(subject_.place);
    row.set_type(type ? std::string(name_of(*type)) : "unknown");
    row.set_act(std::string(act));
    row.add_countries(country);
    row.set_allowed(why.allowed);
    row.set_rule(why.rule);
    row.set_legal_basis(why.legal_basis);
    row.set_changed_by(why.changed_by);
    row.set_explanation(why.text);
  }

 private:
  const Subject& subject_;
  const store::Community& community_;
  int first_;
  admin::v1::PolicySimulated& out_;
};

/// What refuses first on the way from the report to the member's node.
policy::Question way_to(const Desk& desk, const store::Community& community, const Subject& subject,
                        const NodeId& member) {
  policy::Question release = release_question(desk, community, subject.state);
  if (decide(release, community) != policy::RuleId::allowed) return release;
  policy::Question publication = publication_question(desk, community);
  if (decide(publication, community) != policy::RuleId::allowed) return publication;
  return holding_question(desk, community, desk.self, member);
}

void simulate_one(const Desk& desk, const store::Community& community, const Subject& subject,
                  admin::v1::PolicySimulated& out) {
  Rows rows(subject, community, out);
  for (const v1::Member& member : community.newest.members()) {
    const NodeId node = node_of(member);
    if (node == desk.self) continue;
    rows.add(policy::name_of(policy::Act::release), way_to(desk, community, subject, node),
             member.country());
  }
  for (const v1::Member& member : community.newest.members()) {
    const NodeId node = node_of(member);
    if (node == desk.self) continue;
    policy::Question asking = scheduled_question(desk, community, node);
    asking.facts = facts_of(subject.state);
    rows.add(policy::name_of(policy::Act::lookup_ask), asking, member.country());
  }
}

}  // namespace

admin::v1::PolicySimulated simulate(Desk& desk, const admin::v1::PolicySimulate& request) {
  const auto all = communities(desk, request);
  const bool is_known = !request.report().empty() && desk.reports.find(request.report());
  desk.audit.commit(
      {}, desk.entry(request.operator_(), "policy.simulate", is_known ? request.report() : ""));
  const auto subjects =
      request.report().empty() ? of_value(desk, request) : of_report(desk, request.report());
  admin::v1::PolicySimulated out;
  for (const Subject& subject : subjects)
    for (const store::Community& community : all) simulate_one(desk, community, subject, out);
  return out;
}

}  // namespace bakhita::desk
