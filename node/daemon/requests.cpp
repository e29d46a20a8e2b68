// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/requests.h"

#include <set>

#include "keys/error.h"
#include "node/daemon/disk_room.h"
#include "node/daemon/exit_code.h"
#include "protocol/characters.h"

namespace bakhita::daemon {
namespace {

using admin::v1::Request;
using admin::v1::Response;

/// Requests with exactly one response. Import and export stream and are handled apart.
Response answer(Node& node, const Request& request) {
  switch (request.body_case()) {
    case Request::kReportShow:
      return show_report(node, request.report_show());
    case Request::kReportList:
      return list_reports(node, request.report_list());
    case Request::kReportSearch:
      return search_reports(node, request.report_search());
    case Request::kReportErase:
      return erase_report(node, request.report_erase());
    case Request::kPublish:
      if (!request.publish().dry_run()) require_disk_room(node.config());
      return publish(node, request.publish());
    case Request::kLookup:
      return look_up(node, request.lookup());
    case Request::kMatchList:
      return list_matches(node, request.match_list());
    case Request::kMatchShow:
      return show_match(node, request.match_show());
    case Request::kPeerAdd:
      return add_peer(node, request.peer_add());
    case Request::kPeerVerify:
      return verify_peer(node, request.peer_verify());
    case Request::kPeerList:
      return list_peers(node);
    case Request::kPeerSuspend:
      return suspend_peer(node, request.peer_suspend());
    case Request::kPeerResume:
      return resume_peer(node, request.peer_resume());
    case Request::kPeerRemove:
      return remove_peer(node, request.peer_remove());
    case Request::kPeerTest:
      return test_peer(node, request.peer_test());
    case Request::kQuotaRelease:
      return release_quota(node, request.quota_release());
    case Request::kCommunityCreate:
      return create_community(node, request.community_create());
    case Request::kCommunityJoin:
      return join_community(node, request.community_join());
    case Request::kCommunityShow:
      return show_communities(node, request.community_show());
    case Request::kCommunityPropose:
      return propose_charter(node, request.community_propose());
    case Request::kCommunitySign:
      return sign_charter(node, request.community_sign());
    case Request::kCommunityHistory:
      return show_history(node, request.community_history());
    case Request::kCommunityProposals:
      return show_proposals(node, request.community_proposals());
    case Request::kCommunityLeave:
      return leave_community(node, request.community_leave());
    case Request::kCommunitySettle:
      return settle_community(node, request.community_settle());
    case Request::kCardExport:
      return export_card(node, request.card_export());
    case Request::kStatus:
      return show_status(node);
    case Request::kAuditVerify:
      return verify_audit(node);
    case Request::kAuditList:
      return list_audit(node, request.audit_list());
    case Request::kFeedVerify:
      return verify_feeds(node);
    case Request::kFeedExport:
      return export_feeds(node, request.feed_export());
    case Request::kEvidenceList:
      return list_evidence(node);
    case Request::kEvidenceExport:
      return export_evidence(node, request.evidence_export());
    case Request::kPolicySimulate:
      return simulate_policy(node, request.policy_simulate());
    case Request::kPolicyReplay:
      return replay_policy(node, request.policy_replay());
    case Request::kSyncNow:
      return sync_now(node, request.sync_now());
    case Request::kRecover:
      return recover(node, request.recover());
    case Request::kLetterWrite:
      return write_letter(node, request.letter_write());
    case Request::kLetterSend:
      return send_letter(node, request.letter_send());
    case Request::kLetterDiscard:
      return discard_letter(node, request.letter_discard());
    case Request::kDraftList:
      return list_drafts(node);
    case Request::kThreadList:
      return list_threads(node, request.thread_list());
    case Request::kRequestStats:
      return request_stats(node, request.request_stats());
    case Request::kThreadShow:
      return show_thread(node, request.thread_show());
    case Request::kOnwardUse:
      return use_onward(node, request.onward_use());
    case Request::kChunkPut:
      return keep_chunk(node, request.chunk_put());
    case Request::kChunkGet:
      return read_chunk(node, request.chunk_get());
    case Request::kRecallNew:
      return new_recall(node, request.recall_new());
    case Request::kRecallList:
      return list_recalls(node, request.recall_list());
    case Request::kRecallShow:
      return show_recall(node, request.recall_show());
    case Request::kRecallExport:
      return export_recalls(node, request.recall_export());
    case Request::kChallengeNew:
      return new_challenge(node, request.challenge_new());
    case Request::kChallengeList:
      return list_challenges(node, request.challenge_list());
    case Request::kChallengeEnd:
      return end_challenge(node, request.challenge_end());
    case Request::kIndicatorOpen:
      return open_indicator(node, request.indicator_open());
    case Request::kIndicatorClose:
      return close_indicator(node, request.indicator_close());
    case Request::kIndicatorList:
      return list_indicators(node, request.indicator_list());
    case Request::kAdvisoryNew:
      require_disk_room(node.config());
      return new_advisory(node, request.advisory_new());
    case Request::kAdvisoryList:
      return list_advisories(node, request.advisory_list());
    case Request::kAdvisoryShow:
      return show_advisory(node, request.advisory_show());
    case Request::kAdvisoryEnd:
      return end_advisory(node, request.advisory_end());
    case Request::kAdvisoryAdopt:
      return adopt_advisory(node, request.advisory_adopt());
    case Request::kAdvisoryDrop:
      return drop_advisory(node, request.advisory_drop());
    case Request::kImportRows:
    case Request::kImportEnd:
    case Request::kImportBegin:
    case Request::kReportExport:
    case Request::BODY_NOT_SET:
      break;
  }
  throw refuse(ExitCode::usage, "the request is not one that this node knows",
               "use a bakhita of the node's version");
}

/// Sent before the node stops: stopping cuts the connections.
void tell_storage_error(const std::string& problem, service::Connection& connection) {
  Response response;
  response.set_done(true);
  auto& failure = *response.mutable_failure();
  failure.set_code(static_cast<std::uint32_t>(ExitCode::failed));
  failure.set_message("storage failed, the node stops: " + problem);
  failure.set_help("mend the disk, then start the node: it reads what is there and goes on");
  try {
    connection.send(response);
  } catch (const service::ServiceError&) {  // the client is gone; the log has it
  }
}

/// What may be asked in recovery mode: to look, and to meet the peers who have the feed. Everything
/// else might sign, answer or change what is about to be compared.
bool is_for_recovery(Request::BodyCase request) {
  static const std::set<Request::BodyCase> allowed{
      Request::kPeerAdd,          Request::kPeerVerify,         Request::kPeerList,
      Request::kPeerSuspend,      Request::kPeerResume,         Request::kPeerRemove,
      Request::kPeerTest,         Request::kCommunityJoin,      Request::kCommunityShow,
      Request::kCommunityHistory, Request::kCommunityProposals, Request::kCardExport,
      Request::kStatus,           Request::kAuditVerify,        Request::kAuditList,
      Request::kFeedVerify,       Request::kFeedExport,         Request::kEvidenceList,
      Request::kEvidenceExport,   Request::kPolicyReplay,       Request::kSyncNow,
      Request::kRecover};
  return allowed.contains(request);
}

/// Who a person says to be must not look like a node in the audit trail.
void check_operator(const Request& request) {
  const auto* reflection = request.GetReflection();
  const auto* body =
      reflection->GetOneofFieldDescriptor(request, Request::descriptor()->FindOneofByName("body"));
  const auto* field = body == nullptr ? nullptr : body->message_type()->FindFieldByName("operator");
  if (field == nullptr) return;
  const google::protobuf::Message& message = reflection->GetMessage(request, body);
  const std::string name = message.GetReflection()->GetString(message, field);
  const bool is_node = name == "node" || name.starts_with("peer ") ||
                       (name.size() == 16 && from_hex(name).has_value());
  if (is_node || !is_printable(name))
    throw refuse(ExitCode::usage, "the audit trail names nodes so, and no person",
                 "say your name: bakhita --as NAME …");
}

}  // namespace

void handle_request(Node& node, const Request& request, service::Connection& connection) {
  try {
    check_operator(request);
    if (!is_for_recovery(request.body_case())) node.require_serving();
    if (request.has_import_begin()) return import_reports(node, request.import_begin(), connection);
    if (request.has_report_export())
      return export_reports(node, request.report_export(), connection);
    Response response = answer(node, request);
    response.set_done(true);
    connection.send(response);
  } catch (const store::RecoveryNeeded&) {
    node.require_serving();
    throw;
  } catch (const store::StorageError& problem) {
    tell_storage_error(problem.what(), connection);
    node.stop_for_failure(problem);
  } catch (const keys::KeyWriteError& problem) {
    tell_storage_error(problem.what(), connection);
    node.stop_for_failure(problem);
  }
}

}  // namespace bakhita::daemon
