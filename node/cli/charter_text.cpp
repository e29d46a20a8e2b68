// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/charter_text.h"

#include <ostream>

#include "node/cli/charter_rules.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

template <class List>
std::string or_all(const List& list) {
  return list.empty() ? "all" : joined(list);
}

void print_bases(const Context& context, const admin::v1::CommunityView& community) {
  if (community.bases().empty()) {
    context.out << "no legal basis: nothing is exchanged\n";
    return;
  }
  Table table({"FROM", "TO", "LEGAL BASIS", "PURPOSES", "REVIEW"});
  for (const auto& basis : community.bases())
    table.add({joined(basis.from()), joined(basis.to()), basis.basis(), or_all(basis.purposes()),
               basis.review()});
  table.print(context.out, terminal_width());
}

}  // namespace

void print_community(const Context& context, const admin::v1::CommunityView& community) {
  std::ostream& out = context.out;
  out << printable(community.name()) << "  epoch " << community.epoch() << "  keys "
      << community.key_epoch() << "  id " << printable(community.id()) << "\nstate     "
      << printable(community.state());
  if (!community.state_detail().empty()) out << ": " << printable(community.state_detail());
  out << "\npurposes  " << printable(or_all(community.purposes())) << "\nat most   "
      << tlp_name(community.highest_tlp()) << ", kept " << community.retention_days() << " days, "
      << grouped(community.live_locks_per_origin()) << " live indicators of an origin\ntypes     "
      << printable(or_all(community.identifier_types())) << "\nroles     "
      << printable(or_all(community.subject_roles())) << '\n';
  for (const auto& quota : community.quotas())
    out << "quota g" << quota.group() << "  " << grouped(quota.per_day()) << " a day, burst "
        << grouped(quota.burst()) << ", " << grouped(quota.per_epoch()) << " an epoch\n";
  Table table({"MEMBER", "NODE", "ACCEPTED", "SENDS US", "GETS OURS", ""});
  for (const auto& member : community.members())
    table.add({member.country(), member.node().substr(0, 16),
               member.left()       ? "left"
               : member.accepted() ? "yes"
                                   : "not yet",
               member.sends() ? "yes" : "no", member.receives() ? "yes" : "no",
               member.node() == community.steward() ? "steward" : ""});
  table.print(out, terminal_width());
  print_bases(context, community);
  for (const auto& difference : community.to_accept())
    if (difference.widens())
      out << "waits for this node: " << printable(difference_text(difference)) << '\n';
}

std::string difference_text(const admin::v1::CharterDifference& difference) {
  const char* sign = difference.widens() ? "+ " : difference.narrows() ? "- " : "= ";
  std::string out = sign + difference.kind() + ": ";
  if (difference.from().empty()) return out + difference.to();
  if (difference.to().empty()) return out + difference.from();
  return out + difference.from() + " -> " + difference.to();
}

void print_charter(const Context& context, const admin::v1::CharterView& charter) {
  std::ostream& out = context.out;
  out << printable(charter.community()) << "  epoch " << charter.epoch() << "  keys "
      << charter.key_epoch() << "  ";
  if (!charter.hash().empty()) out << printable(charter.hash().substr(0, 16)) << "  ";
  out << printable(charter.state()) << '\n';
  if (!charter.proposed_at().empty())
    out << "proposed by " << printable(charter.proposer()) << " at " << charter.proposed_at()
        << ", signed by " << printable(joined(charter.signed_by())) << '\n';
  for (const auto& difference : charter.differences())
    out << "  " << printable(difference_text(difference)) << '\n';
  if (!charter.waits_for().empty())
    out << "not in force yet: " << printable(charter.waits_for()) << '\n';
}

}  // namespace bakhita::cli
