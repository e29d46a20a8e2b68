// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/recall_proof.h"

#include <algorithm>
#include <ostream>

#include "node/cli/armor.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"
#include "protocol/community/card.h"
#include "protocol/feed/recall_evidence.h"
#include "protocol/session/wire.h"
#include "protocol/unix_time.h"

namespace bakhita::cli {
namespace {

constexpr std::uint64_t seconds_per_day = 86'400;

std::string reason_text(v1::WithdrawReason reason) {
  return enum_name(v1::WithdrawReason_descriptor(), reason);
}

std::string state_of(const ProvenDeletion& member, const ProvenRecall& recall,
                     std::uint64_t made_at) {
  if (member.purged_at > 0) return "complete";
  if (member.deleted_at > 0) return "deleted";
  if (!member.named_by_charter) return "out of reach";
  return recall.body.done_by_day() < made_at / seconds_per_day ? "overdue" : "waiting";
}

/// The member's own signature, or only the origin's word.
std::string holds_of(const ProvenDeletion& member, const ProvenRecall& recall) {
  if (member.receipted_record) return "receipted";
  const std::uint64_t said = std::max(member.served_size, member.told_size);
  return recall.body.generation() == 0 && said > recall.body.index() ? "origin says so" : "unknown";
}

admin::v1::ProvenRecalls view_of(const ProvenRecalls& proven, const v1::NodeCard& card) {
  admin::v1::ProvenRecalls out;
  out.set_origin(to_hex(proven.feed.origin.bytes));
  out.set_country(card.country());
  out.set_community(to_hex(proven.feed.community.bytes));
  out.set_generation(proven.feed.generation);
  out.set_size(proven.size);
  out.set_made_at(time_text(proven.made_at));
  for (const ProvenRecall& recall : proven.recalls) {
    auto& row = *out.add_recalls();
    row.set_withdrawal(recall.withdrawal);
    row.set_record(recall.body.index());
    row.set_record_generation(recall.body.generation() == 0 ? proven.feed.generation
                                                            : recall.body.generation());
    row.set_reason(reason_text(recall.body.reason()));
    row.set_done_by(time_text(recall.body.done_by_day() * seconds_per_day).substr(0, 10));
    for (const ProvenDeletion& member : recall.members) {
      auto& holder = *row.add_members();
      holder.set_node(to_hex(member.node.bytes));
      holder.set_country(member.country);
      holder.set_named_by_charter(member.named_by_charter);
      holder.set_state(state_of(member, recall, proven.made_at));
      holder.set_deleted_at(time_text(member.deleted_at));
      holder.set_complete_at(time_text(member.purged_at));
      holder.set_holds(holds_of(member, recall));
    }
  }
  return out;
}

void print(const Context& context, const admin::v1::ProvenRecalls& proven) {
  context.out << "proven: " << printable(proven.country()) << " (node "
              << proven.origin().substr(0, 16) << ") took these back in community "
              << proven.community() << ", feed of " << grouped(proven.size()) << " records; as of "
              << printable(proven.made_at()) << '\n';
  Table table({"RECORD", "WITHDRAWN BY", "REASON", "DONE BY", "MEMBER", "HELD IT", "STATE",
               "DELETED", "GONE FROM FILES"});
  for (const auto& recall : proven.recalls())
    for (const auto& member : recall.members())
      table.add({grouped(recall.record()), grouped(recall.withdrawal()), recall.reason(),
                 recall.done_by(), member.country(), member.holds(), member.state(),
                 member.deleted_at(), member.complete_at()});
  if (!table.empty()) table.print(context.out, terminal_width());
}

}  // namespace

void verify_recall_file(const Context& context, const std::filesystem::path& file,
                        const std::filesystem::path& card_file) {
  const std::string name = file.string();
  const std::string signed_card =
      card_bytes(read_file_or_stdin(context, card_file), card_file.string());
  const std::string bytes = remove_armor(recalls_label, read_file_or_stdin(context, file), name);
  v1::RecallEvidence evidence;
  if (!evidence.ParseFromString(bytes))
    throw CommandError(ExitCode::usage, name + ": holds no recalls");
  // A card that expired meanwhile still says which key signed.
  const auto card = open_card(as_bytes(signed_card), 0);
  if (!card)
    throw CommandError(
        ExitCode::verification_failed,
        card_file.string() + ": the card is not valid: " + std::string(describe(card.error())));
  if (as_text(node_of(*card).bytes) != evidence.origin())
    throw CommandError(ExitCode::verification_failed,
                       name + ": is about another node than the card of " + card->country(),
                       "take the card of the node that took back: " +
                           to_hex(as_bytes(evidence.origin())).substr(0, 64));
  std::string what;
  const auto proven = verify_recalls(evidence, as_bytes(signed_card), what);
  if (!proven)
    throw CommandError(ExitCode::verification_failed, name + ": proves nothing: " + what + ": " +
                                                          std::string(describe(proven.error())));
  const auto view = view_of(*proven, *card);
  if (context.json) return print_json(context, view);
  print(context, view);
}

}  // namespace bakhita::cli
