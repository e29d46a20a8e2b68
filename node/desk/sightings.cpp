// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/sightings.h"

#include <algorithm>
#include <array>
#include <set>

#include "node/desk/adoptions.h"
#include "node/desk/facts.h"
#include "node/desk/live_locks.h"
#include "node/desk/open_indicators.h"

namespace bakhita::desk {
namespace {

template <std::size_t N>
std::uint32_t position(const std::array<std::string_view, N>& names, std::string_view name,
                       std::uint32_t otherwise) {
  const auto it = std::find(names.begin(), names.end(), name);
  return it == names.end() ? otherwise : static_cast<std::uint32_t>(it - names.begin());
}

storage::v1::Sighting make_sighting(const Desk& desk, std::uint64_t report,
                                    const v1::IncidentReport& content,
                                    const v1::Identifier& identifier) {
  storage::v1::Sighting out;
  const auto received = static_cast<std::uint32_t>(content.received_at().seconds() / 86'400);
  out.set_report(report);
  out.set_role(identifier.role());
  out.set_last_day(identifier.last_seen().empty() ? received : day_of(identifier.last_seen()));
  out.set_first_day(identifier.first_seen().empty() ? std::min(received, out.last_day())
                                                    : day_of(identifier.first_seen()));
  const CodeList& exploitation = desk.codes.list(code_list::exploitation);
  for (const v1::Code& code : content.exploitation_types())
    if (const auto number = exploitation.numbers.find(code.code());
        number != exploitation.numbers.end())
      out.add_exploitation(number->second);
  out.set_urgency(content.urgency());
  out.set_source_evaluation(source_number(content.source_evaluation()));
  out.set_information_evaluation(information_number(content.information_evaluation()));
  out.set_handling(handling_number(content.handling()));
  out.set_tlp(tlp_number(content.tlp()));
  out.set_pap(pap_number(content.pap()));
  return out;
}

/// What was taken back to be put right may be published again when reports say something else.
void end_hold(const Desk& desk, storage::v1::IdentifierState& state) {
  if (state.has_hold() && ends_with_a_change(static_cast<RecallKind>(state.hold().kind())) &&
      state.hold().said().SerializeAsString() != summarise(desk, state).SerializeAsString())
    state.clear_hold();
}

}  // namespace

// What is unknown is taken at its strictest.
std::uint32_t tlp_number(std::string_view tlp) {
  constexpr std::array<std::string_view, 6> names{"-",     "CLEAR",        "GREEN",
                                                  "AMBER", "AMBER+STRICT", "RED"};
  return position(names, tlp, 5);
}
std::uint32_t pap_number(std::string_view pap) {
  constexpr std::array<std::string_view, 5> names{"-", "CLEAR", "GREEN", "AMBER", "RED"};
  return position(names, pap, 4);
}
std::uint32_t handling_number(std::string_view handling) {
  constexpr std::array<std::string_view, 4> names{"H0", "H1", "H2", "H3"};
  return position(names, handling, 3);
}
std::uint32_t source_number(std::string_view evaluation) {
  constexpr std::array<std::string_view, 5> names{"-", "A", "B", "C", "X"};
  return position(names, evaluation, 4);
}
std::uint32_t information_number(std::string_view evaluation) {
  constexpr std::array<std::string_view, 5> names{"-", "1", "2", "3", "4"};
  return position(names, evaluation, 4);
}

storage::v1::IdentifierState& SightingChanges::state(IdentifierType type,
                                                     const std::string& canonical) {
  const store::IdentifierHash hash = desk_.identifiers.hash(type, canonical);
  const auto known = states_.find(hash);
  if (known != states_.end()) return known->second.state;
  Held& held = states_[hash];
  auto loaded = desk_.identifiers.load(hash);
  held.was_known = loaded.has_value();
  if (loaded) {
    held.state = std::move(*loaded);
    held.sightings = held.state.sightings_size();
  } else {
    held.state.set_type(static_cast<v1::IdentifierType>(type));
    held.state.set_canonical(canonical);
    held.state.set_benign(is_benign(*desk_.tables, type, canonical) || is_adopted(desk_, hash));
  }
  return held.state;
}

ImportCounts SightingChanges::add(std::uint64_t report, const storage::v1::StoredReport& content) {
  ImportCounts counts;
  for (int i = 0; i < content.report().identifiers_size(); ++i) {
    const v1::Identifier& identifier = content.report().identifiers(i);
    ++counts.identifiers;
    if (!is_releasable(identifier.role())) ++counts.shielded;
    if (content.canonical(i).empty()) continue;
    auto& held = state(*identifier_type(static_cast<int>(identifier.type())), content.canonical(i));
    if (held.benign()) ++counts.benign;
    *held.add_sightings() = make_sighting(desk_, report, content.report(), identifier);
  }
  return counts;
}

void SightingChanges::remove(std::uint64_t report, const storage::v1::StoredReport& content) {
  for (int i = 0; i < content.report().identifiers_size(); ++i) {
    if (content.canonical(i).empty()) continue;
    auto& held = state(*identifier_type(static_cast<int>(content.report().identifiers(i).type())),
                       content.canonical(i));
    auto& sightings = *held.mutable_sightings();
    sightings.erase(std::remove_if(sightings.begin(), sightings.end(),
                                   [&](const storage::v1::Sighting& sighting) {
                                     return sighting.report() == report;
                                   }),
                    sightings.end());
  }
}

void SightingChanges::restore(std::uint64_t report, const storage::v1::StoredReport& content) {
  // One report may name an identifier twice.
  std::set<storage::v1::IdentifierState*> lacking;
  for (int i = 0; i < content.report().identifiers_size(); ++i) {
    if (content.canonical(i).empty()) continue;
    const auto& identifier = content.report().identifiers(i);
    auto& held = state(*identifier_type(static_cast<int>(identifier.type())), content.canonical(i));
    const bool known = std::any_of(
        held.sightings().begin(), held.sightings().end(),
        [&](const storage::v1::Sighting& sighting) { return sighting.report() == report; });
    if (!known) lacking.insert(&held);
    if (lacking.contains(&held))
      *held.add_sightings() = make_sighting(desk_, report, content.report(), identifier);
  }
}

void SightingChanges::write_restored(store::Batch& batch) const {
  for (const auto& [hash, held] : states_)
    if (held.state.sightings_size() > held.sightings)
      desk_.identifiers.put(batch, hash, held.state);
}

void SightingChanges::write(store::Batch& batch, ReviewCause cause) {
  // Nothing but the state could tell which lock is to be withdrawn.
  std::vector<storage::v1::IdentifierState*> going;
  for (auto& [hash, held] : states_)
    if (held.was_known && held.state.sightings_size() == 0) going.push_back(&held.state);
  claim_locks(desk_, going);
  for (auto& [hash, held] : states_) {
    end_hold(desk_, held.state);
    desk_.identifiers.put(batch, hash, held.state);
    // A person may have asked for it before any report named it, and a member may publish it
    // openly.
    if (held.was_known || is_open_elsewhere(desk_, held.state.type(), hash) ||
        facts_of(held.state).shielded_role || cause == ReviewCause::erasure)
      batch.put(store::Table::reviews, review_key(hash, cause), ByteView());
  }
}

Bytes review_key(const store::IdentifierHash& identifier, ReviewCause cause) {
  return ByteWriter().raw(identifier).u8(static_cast<std::uint8_t>(cause)).take();
}

}  // namespace bakhita::desk
