// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/opening.h"

#include "node/desk/deciding.h"
#include "node/desk/live_locks.h"
#include "node/desk/review.h"
#include "node/desk/sightings.h"
#include "protocol/identifier/canonical.h"

namespace bakhita::desk {
namespace {

store::IdentifierHash identifier_of(const Desk& desk, const admin::v1::IndicatorChange& request) {
  const auto type = identifier_type(static_cast<int>(request.type()));
  if (!type) throw OpeningRefused("the type of the identifier is unknown");
  const Canonical form = canonicalise(*desk.tables, *type, request.value(),
                                      request.region().empty() ? desk.country : request.region());
  const auto* canonical = std::get_if<std::string>(&form);
  if (canonical == nullptr)
    throw OpeningRefused("the identifier has no canonical form: " +
                         std::string(describe(std::get<Refusal>(form))));
  return desk.identifiers.hash(*type, *canonical);
}

/// Writes what a person decided; it is in the audit trail with what the policy said.
void keep(Desk& desk, const store::IdentifierHash& hash, const storage::v1::IdentifierState& state,
          std::vector<store::AuditEntry> entries) {
  const auto writing = desk.identifiers.keys().writing();
  store::Batch batch;
  desk.identifiers.put(batch, hash, state);
  batch.put(store::Table::reviews, review_key(hash, ReviewCause::change), ByteView());
  desk.audit.commit(std::move(batch), entries);
}

store::AuditEntry entry_of(const Desk& desk, const std::string& action,
                           const admin::v1::IndicatorChange& request,
                           const storage::v1::IdentifierState& state) {
  return desk.entry(request.operator_(), action,
                    std::string(name_of(static_cast<IdentifierType>(state.type()))),
                    request.reason());
}

}  // namespace

std::optional<admin::v1::IndicatorDecisions> open_indicator(
    Desk& desk, const admin::v1::IndicatorChange& request) {
  const store::IdentifierHash hash = identifier_of(desk, request);
  const auto exclusive = desk.identifiers.exclusive();
  auto state = desk.identifiers.load(hash);
  if (!state || state->sightings().empty()) return std::nullopt;
  state->set_open(true);
  admin::v1::IndicatorDecisions out;
  std::vector<store::AuditEntry> entries;
  std::string refused = "this node is in no community yet";
  bool is_allowed = false;
  for (const store::Community& community : desk.members.communities()) {
    const policy::Question question = release_question(desk, community, *state);
    const policy::RuleId decided = decide(question, community);
    const policy::Explanation why = explain(question, community, decided);
    admin::v1::IndicatorDecision& decision = *out.add_decisions();
    decision.set_community(community.charter.name());
    decision.set_allowed(why.allowed);
    decision.set_rule(why.rule);
    decision.set_explanation(why.text);
    if (why.allowed)
      is_allowed = true;
    else
      refused = why.text;
    entries.push_back(with_decision(entry_of(desk, "indicator.open", request, *state), question,
                                    &community, decided));
    entries.back().outcome = why.rule;
  }
  if (!is_allowed) {
    if (!entries.empty()) desk.audit.commit({}, entries);
    throw OpeningRefused(refused);
  }
  keep(desk, hash, *state, std::move(entries));
  return out;
}

std::optional<admin::v1::IndicatorDecisions> close_indicator(
    Desk& desk, Lookups& lookups, const admin::v1::IndicatorChange& request) {
  const store::IdentifierHash hash = identifier_of(desk, request);
  {
    const auto exclusive = desk.identifiers.exclusive();
    auto state = desk.identifiers.load(hash);
    if (!state) return std::nullopt;
    storage::v1::IdentifierState* const known[] = {&*state};
    claim_locks(desk, known);  // after a loss, only the feed may know what is published
    if (!state->open())
      throw OpeningRefused("its indicator is not to be readable by members, see `indicator list`");
    state->set_open(false);
    keep(desk, hash, *state, {entry_of(desk, "indicator.close", request, *state)});
  }
  admin::v1::IndicatorDecisions out;
  out.set_withdrawn(static_cast<std::uint32_t>(review(desk, lookups, request.operator_())));
  return out;
}

}  // namespace bakhita::desk
