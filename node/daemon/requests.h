// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/daemon/node.h"
#include "node/service/server.h"

/// What the local socket can ask of the node: one function for each request, grouped by noun.
/// Each throws service::RequestError for what the operator can mend; anything else is the node's
/// own trouble.
namespace bakhita::daemon {

/// Answers one request; the last response has `done` set.
void handle_request(Node& node, const admin::v1::Request& request, service::Connection& connection);

// reports
void import_reports(Node& node, const admin::v1::ImportBegin& begin,
                    service::Connection& connection);
admin::v1::Response show_report(Node& node, const admin::v1::ReportShow& request);
admin::v1::Response list_reports(Node& node, const admin::v1::ReportList& request);
admin::v1::Response search_reports(Node& node, const admin::v1::ReportSearch& request);
admin::v1::Response erase_report(Node& node, const admin::v1::ReportErase& request);
void export_reports(Node& node, const admin::v1::ReportExport& request,
                    service::Connection& connection);

// publishing, lookups, matches
admin::v1::Response publish(Node& node, const admin::v1::Publish& request);
admin::v1::Response look_up(Node& node, const admin::v1::Lookup& request);
admin::v1::Response list_matches(Node& node, const admin::v1::MatchList& request);
admin::v1::Response show_match(Node& node, const admin::v1::MatchShow& request);

// peers
/// The peer of that country code or node id; refused when there is none.
store::Peer peer_named(Node& node, const std::string& name);
admin::v1::Response add_peer(Node& node, const admin::v1::PeerAdd& request);
admin::v1::Response verify_peer(Node& node, const admin::v1::PeerVerify& request);
admin::v1::Response list_peers(Node& node);
admin::v1::Response suspend_peer(Node& node, const admin::v1::PeerName& request);
admin::v1::Response resume_peer(Node& node, const admin::v1::PeerName& request);
admin::v1::Response remove_peer(Node& node, const admin::v1::PeerName& request);
admin::v1::Response test_peer(Node& node, const admin::v1::PeerName& request);
admin::v1::Response release_quota(Node& node, const admin::v1::QuotaRelease& request);
admin::v1::Response export_card(Node& node, const admin::v1::CardExport& request);

// communities
admin::v1::Response create_community(Node& node, const admin::v1::CommunityCreate& request);
admin::v1::Response join_community(Node& node, const admin::v1::CommunityJoin& request);
admin::v1::Response propose_charter(Node& node, const admin::v1::CommunityPropose& request);
admin::v1::Response sign_charter(Node& node, const admin::v1::CommunitySign& request);
admin::v1::Response show_communities(Node& node, const admin::v1::CommunityShow& request);
admin::v1::Response show_history(Node& node, const admin::v1::CommunityHistory& request);
admin::v1::Response show_proposals(Node& node, const admin::v1::CommunityProposals& request);
admin::v1::Response leave_community(Node& node, const admin::v1::CommunityLeave& request);
admin::v1::Response settle_community(Node& node, const admin::v1::CommunitySettle& request);

// letters
admin::v1::Response write_letter(Node& node, const admin::v1::LetterWrite& request);
admin::v1::Response send_letter(Node& node, const admin::v1::LetterSend& request);
admin::v1::Response discard_letter(Node& node, const admin::v1::LetterDiscard& request);
admin::v1::Response list_drafts(Node& node);
admin::v1::Response list_threads(Node& node, const admin::v1::ThreadList& request);
admin::v1::Response request_stats(Node& node, const admin::v1::RequestStats& request);
admin::v1::Response show_thread(Node& node, const admin::v1::ThreadShow& request);
admin::v1::Response use_onward(Node& node, const admin::v1::OnwardUse& request);
admin::v1::Response keep_chunk(Node& node, const admin::v1::ChunkPut& request);
admin::v1::Response read_chunk(Node& node, const admin::v1::ChunkGet& request);

// taking back and objecting
admin::v1::Response new_recall(Node& node, const admin::v1::RecallNew& request);
admin::v1::Response list_recalls(Node& node, const admin::v1::RecallList& request);
admin::v1::Response show_recall(Node& node, const admin::v1::RecallShow& request);
admin::v1::Response export_recalls(Node& node, const admin::v1::RecallExport& request);
admin::v1::Response new_challenge(Node& node, const admin::v1::ChallengeNew& request);
admin::v1::Response list_challenges(Node& node, const admin::v1::ChallengeList& request);
admin::v1::Response end_challenge(Node& node, const admin::v1::ChallengeEnd& request);

// what every member reads
admin::v1::Response open_indicator(Node& node, const admin::v1::IndicatorChange& request);
admin::v1::Response close_indicator(Node& node, const admin::v1::IndicatorChange& request);
admin::v1::Response list_indicators(Node& node, const admin::v1::IndicatorList& request);
admin::v1::Response new_advisory(Node& node, const admin::v1::AdvisoryNew& request);
admin::v1::Response list_advisories(Node& node, const admin::v1::AdvisoryList& request);
admin::v1::Response show_advisory(Node& node, const admin::v1::AdvisoryShow& request);
admin::v1::Response end_advisory(Node& node, const admin::v1::AdvisoryChange& request);
admin::v1::Response adopt_advisory(Node& node, const admin::v1::AdvisoryChange& request);
admin::v1::Response drop_advisory(Node& node, const admin::v1::AdvisoryChange& request);

// policy
admin::v1::Response simulate_policy(Node& node, const admin::v1::PolicySimulate& request);
admin::v1::Response replay_policy(Node& node, const admin::v1::PolicyReplay& request);

// the node itself
admin::v1::Response show_status(Node& node);
admin::v1::Response verify_audit(Node& node);
admin::v1::Response list_audit(Node& node, const admin::v1::AuditList& request);
admin::v1::Response verify_feeds(Node& node);
admin::v1::Response export_feeds(Node& node, const admin::v1::FeedExport& request);
admin::v1::Response list_evidence(Node& node);
admin::v1::Response export_evidence(Node& node, const admin::v1::EvidenceExport& request);
admin::v1::Response sync_now(Node& node, const admin::v1::SyncNow& request);
admin::v1::Response recover(Node& node, const admin::v1::Recover& request);

}  // namespace bakhita::daemon
