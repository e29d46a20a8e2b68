// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/requested.h"

#include <algorithm>

#include "node/desk/reading.h"

namespace bakhita::desk {

std::vector<std::string> reports_behind(const Desk& desk, const CommunityId& community,
                                        const std::string& ref) {
  std::vector<std::string> out;
  if (ref.empty()) return out;
  desk.identifiers.for_each(
      [&](const store::IdentifierHash&, const storage::v1::IdentifierState& state) {
        const bool is_meant =
            std::ranges::any_of(state.locks(), [&](const storage::v1::LiveLock& lock) {
              return lock.ref() == ref && lock.community() == as_text(community.bytes);
            });
        if (is_meant) out = report_ids_of(desk, state);
        return !is_meant;
      });
  return out;
}

std::set<std::string> refs_of_report(const Desk& desk, const std::string& report_id) {
  std::set<std::string> out;
  const auto head = desk.reports.find(report_id);
  const auto stored = head ? desk.reports.load(head->number, head->version) : std::nullopt;
  if (!stored) return out;
  for (int i = 0; i < stored->report().identifiers_size() && i < stored->canonical_size(); ++i) {
    const auto type = identifier_type(static_cast<int>(stored->report().identifiers(i).type()));
    if (!type || stored->canonical(i).empty()) continue;
    const auto state = desk.identifiers.load(desk.identifiers.hash(*type, stored->canonical(i)));
    if (!state) continue;
    for (const storage::v1::LiveLock& lock : state->locks()) out.insert(lock.ref());
  }
  return out;
}

}  // namespace bakhita::desk
