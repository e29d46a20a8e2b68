// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/desk/challenges.h"
#include "node/desk/recall_export.h"
#include "node/desk/recalls.h"

namespace bakhita::daemon {

using admin::v1::Response;

Response new_recall(Node& node, const admin::v1::RecallNew& request) {
  try {
    const auto ordered = desk::order_recall(node.desk(), node.lookups(), request);
    if (!ordered)
      throw refuse(ExitCode::not_found, "there is no such report, or no report names it",
                   "see `bakhita report list`");
    node.work_arrived();
    Response response;
    *response.mutable_recall_ordered() = *ordered;
    return response;
  } catch (const desk::RecallRefused& problem) {
    throw refuse(ExitCode::refused, problem.what());
  }
}

Response list_recalls(Node& node, const admin::v1::RecallList& request) {
  Response response;
  *response.mutable_recall_rows() = desk::list_recalls(node.desk(), request);
  return response;
}

Response show_recall(Node& node, const admin::v1::RecallShow& request) {
  const auto recall = desk::show_recall(node.desk(), request.id());
  if (!recall)
    throw refuse(ExitCode::not_found, "there is no such recall, or the id is not unique",
                 "see `bakhita recall list --all`");
  Response response;
  *response.mutable_recall() = *recall;
  return response;
}

Response export_recalls(Node& node, const admin::v1::RecallExport& request) {
  const auto evidence = desk::export_recalls(node.desk(), request, node.signed_card());
  if (!evidence)
    throw refuse(ExitCode::not_found,
                 "there is no such recall or community, or nothing is published",
                 "see `bakhita recall list --all`");
  Response response;
  admin::v1::RecallExported& out = *response.mutable_recall_exported();
  out.set_evidence(evidence->SerializeAsString());
  out.set_recalls(static_cast<std::uint32_t>(evidence->recalls_size()));
  for (const v1::MemberHolding& member : evidence->members())
    out.set_receipts(out.receipts() + static_cast<std::uint32_t>(member.receipts_size()));
  return response;
}

Response new_challenge(Node& node, const admin::v1::ChallengeNew& request) {
  try {
    const auto challenge = desk::object_to(node.desk(), request);
    if (!challenge)
      throw refuse(ExitCode::not_found, "there is no such match, or the id is not unique",
                   "see `bakhita match list`");
    node.work_arrived();
    Response response;
    *response.mutable_challenges()->add_challenges() = *challenge;
    return response;
  } catch (const desk::ChallengeRefused& problem) {
    throw refuse(ExitCode::refused, problem.what());
  }
}

Response list_challenges(Node& node, const admin::v1::ChallengeList& request) {
  Response response;
  *response.mutable_challenges() = desk::list_challenges(node.desk(), request);
  return response;
}

Response end_challenge(Node& node, const admin::v1::ChallengeEnd& request) {
  if (!desk::end_objection(node.desk(), request))
    throw refuse(ExitCode::not_found,
                 "this node has no objection of that id, or the id is not unique",
                 "see `bakhita challenge list`");
  node.work_arrived();
  Response response;
  response.mutable_ok()->set_message("ended");
  return response;
}

}  // namespace bakhita::daemon
