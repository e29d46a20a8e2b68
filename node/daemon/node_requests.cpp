// SPDX-License-Identifier: EUPL-1.2
#include <unistd.h>

#include <fstream>

#include "keys/rotation.h"
#include "node/daemon/community_views.h"
#include "node/daemon/disk_room.h"
#include "node/daemon/exit_code.h"
#include "node/daemon/pair_views.h"
#include "node/daemon/requests.h"
#include "node/daemon/views.h"
#include "node/desk/audit_marks.h"
#include "node/desk/audit_reading.h"
#include "node/desk/ceilings.h"
#include "node/desk/challenges.h"
#include "node/desk/exporting.h"
#include "node/desk/freshness.h"
#include "node/desk/key_ages.h"
#include "node/desk/matches.h"
#include "node/desk/names.h"
#include "node/feed_files/feed_files.h"
#include "node/store/row_count.h"
#include "protocol/feed/checkpoint.h"
#include "protocol/feed/split_view.h"
#include "protocol/unix_time.h"

namespace bakhita::daemon {
namespace {

using admin::v1::Response;

constexpr std::uint64_t free_space_warning = 512ull << 20;
constexpr std::uint64_t export_step = 4'096;

std::uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// The key of the feed's origin that signed its newest note: the present one or a former.
std::optional<PublicKey> log_key(Node& node, const store::FeedState& feed) {
  std::vector<PublicKey> keys;
  if (feed.id.origin == node.self()) {
    keys.push_back(keys::ed25519_public(node.keystore().get(keys::name::log)));
    for (const keys::FormerLogKey& former : keys::former_log_keys(node.keystore()))
      keys.push_back(former.key);
  } else if (const auto peer = node.desk().members.known(feed.id.origin)) {
    keys = peer->log_keys();
  }
  if (keys.empty()) return std::nullopt;
  for (const PublicKey& key : keys)
    if (open_checkpoint(feed.note, feed.id, key)) return key;
  return keys.front();
}

/// A warning for a card that ends soon: at 90 days, more at 30 and 7.
void warn_of_end(const std::string& whose, std::uint64_t until, std::uint64_t now,
                 const std::string& mend, admin::v1::Status& out) {
  constexpr std::uint64_t day = 86'400;
  if (until >= now + 90 * day) return;
  const std::uint64_t left = until < now ? 0 : (until - now) / day;
  const std::string urgency = left < 7 ? "urgent: " : left < 30 ? "soon: " : "";
  out.add_warnings(
      urgency + whose +
      (until < now ? " ended on " : " ends in " + std::to_string(left) + " days, on ") +
      time_text(until) + "; " + mend);
}

/// A capture that stopped is a warning: the auditor's record has a gap from there on.
void show_capture(const capture::Writer& writer, admin::v1::Status& out) {
  const capture::State state = writer.state();
  admin::v1::CaptureView& view = *out.mutable_capture();
  view.set_file(state.file.string());
  view.set_frames(state.frames);
  view.set_bytes(state.bytes);
  view.set_limit(state.limit);
  view.set_stopped(state.stopped);
  if (!state.stopped.empty())
    out.add_warnings("frames are not captured any more: " + state.stopped);
}

policy::Explanation may_export(Node& node, const store::FeedState& feed,
                               const std::string& operator_name) {
  desk::Desk& desk = node.desk();
  const auto community = desk.members.community(feed.id.community);
  return desk::decide_export(
      desk, policy::FileKind::feed, feed.id.origin, community ? &*community : nullptr,
      desk.entry(operator_name, "feed.export", to_hex(feed.id.origin.bytes).substr(0, 16),
                 to_hex(feed.id.community.bytes)));
}

void show_counts(const desk::Desk& desk, admin::v1::Status& out) {
  const store::RowCount reports = store::count_rows(desk.database, store::Table::report_ids),
                        identifiers = store::count_rows(desk.database, store::Table::identifiers),
                        matches = store::count_rows(desk.database, store::Table::matches);
  out.set_reports(reports.rows);
  out.set_identifiers(identifiers.rows);
  out.set_matches(matches.rows);
  out.set_estimated(reports.is_estimate || identifiers.is_estimate || matches.is_estimate);
}

/// Who has not said that what was taken back is deleted, and what members object to.
void warn_of_recalls(const desk::Desk& desk, admin::v1::Status& out) {
  for (const admin::v1::PeerView& peer : out.peers())
    if (peer.recalls().overdue() > 0)
      out.add_warnings(peer.country() + " has not receipted " +
                       std::to_string(peer.recalls().overdue()) + " recalls, the oldest due on " +
                       peer.recalls().oldest_due() + "; see `bakhita recall list --overdue`");
  if (const std::size_t disputed = desk::count_against_us(desk); disputed > 0)
    out.add_warnings(std::to_string(disputed) +
                     " of this node's indicators are disputed; see `bakhita challenge list "
                     "--against-us`");
}

}  // namespace

Response show_status(Node& node) {
  Response response;
  admin::v1::Status& out = *response.mutable_status_reply();
  out.set_country(node.config().country);
  out.set_node(to_hex(node.self().bytes));
  out.set_version("0.1.0");
  out.set_started_at(time_text(node.started_at()));
  out.set_memory_bytes(resident_bytes());
  if (node.capture() != nullptr) show_capture(*node.capture(), out);
  out.set_state_reason(node.recovery_reason());
  out.set_state(out.state_reason().empty() ? "serving" : "recovery");
  desk::Desk& desk = node.desk();
  show_counts(desk, out);
  out.set_store_bytes(desk.database.size_bytes());
  std::error_code unknown;
  const auto space = std::filesystem::space(node.config().data_folder, unknown);
  out.set_store_free_bytes(unknown ? 0 : space.available);
  if (std::string problem = lacks_disk_room(node.config()); !problem.empty())
    out.add_warnings(std::move(problem) +
                     "; nothing is imported, published, or taken from peers until there is room");
  else if (!unknown && space.available < free_space_warning)
    out.add_warnings("less than 512 MiB are free for the database");
  out.set_audit_size(desk.audit.size());
  out.set_sync_records(node.records_received());
  for (const store::FeedState& feed : desk.feeds.all()) {
    if (feed.id.origin == node.self())
      *out.add_own_feeds() = view_of(node, feed, feed.size);
    else
      out.set_locks(out.locks() + feed.size);
    if (feed.frozen)
      out.add_warnings(
          "the feed of " + desk::country_of(node.desk(), feed.id.origin) +
          " is frozen: its origin signed two different ones; see `bakhita evidence list`");
    if (desk::is_full(desk, feed.id))
      out.add_warnings("the feed of " + desk::country_of(desk, feed.id.origin) +
                       " is full: it holds as much as the charter's live_locks_per_origin allows, "
                       "and nothing more of it is taken; the members may raise that");
    if (feed.missing > 0 && feed.caught_up())
      out.add_warnings(std::to_string(feed.missing) + " records of " +
                       desk::country_of(node.desk(), feed.id.origin) +
                       " came without their body; they are asked of every member that is reached");
  }
  if (const auto dropped = desk.reports.dropped(); dropped.count > 0)
    out.add_warnings(std::to_string(dropped.count) +
                     " reports of the old copy could not be opened: import them again, then say "
                     "`bakhita recover settle`; nothing is published until then");
  if (desk::clock_ran_back(desk))
    out.add_warnings(
        "the clock is behind a time that this node signed; until it has caught up, "
        "peers will take its feed for stale");
  for (const store::Community& community : desk.members.communities())
    for (std::string& warning : warnings_of(node, community)) out.add_warnings(std::move(warning));
  out.set_card_valid_until(time_text(node.card().valid_until()));
  warn_of_end("this node's card", node.card().valid_until(), node.now(),
              "restart the node, and hand its new card (bakhita card export) to every peer", out);
  for (const store::Peer& peer : desk.members.peers()) {
    *out.add_peers() = view_of(node, peer);
    warn_of_end("the card of " + peer.card.country(), peer.card.valid_until(), node.now(),
                "take its new one with `bakhita peer add`", out);
  }
  for (const store::Peer& member : desk.members.vouched()) *out.add_peers() = view_of(node, member);
  warn_of_recalls(desk, out);
  for (std::string& warning : desk::keys_due(desk)) out.add_warnings(std::move(warning));
  add_pairs(node, out);
  // In the order in which work moves on, so that none slips by unseen: records, then lookups.
  const bool working = node.is_working();
  out.set_lookups_waiting(node.lookups().waiting());
  out.set_working(working || node.lookups().is_finishing());
  return response;
}

Response verify_audit(Node& node) {
  desk::Desk& desk = node.desk();
  Response response;
  admin::v1::AuditVerified& out = *response.mutable_audit_verified();
  const std::string problem = desk.audit.verify(desk::witnessed_heads(desk));
  const store::AuditHead head = desk.audit.head();
  out.set_records(head.size);
  out.set_root(to_hex(head.root));
  out.set_ok(problem.empty());
  out.set_problem(problem);
  return response;
}

Response list_audit(Node& node, const admin::v1::AuditList& request) {
  try {
    Response response;
    *response.mutable_audit_records() = desk::list_audit(node.desk(), request);
    return response;
  } catch (const desk::BadAuditQuery& problem) {
    throw refuse(ExitCode::usage, problem.what());
  } catch (const desk::DamagedTrail& problem) {
    throw refuse(ExitCode::failed, problem.what(), "bakhita audit verify");
  }
}

Response verify_feeds(Node& node) {
  desk::Desk& desk = node.desk();
  Response response;
  response.mutable_feeds_verified();
  for (const store::FeedState& feed : desk.feeds.all()) {
    auto* row = response.mutable_feeds_verified()->add_feeds();
    *row->mutable_feed() = view_of(node, feed, feed.size);
    const auto key = log_key(node, feed);
    const std::string problem =
        key ? desk.feeds.verify(feed.id, *key) : "its origin is not a peer any more";
    row->set_ok(problem.empty());
    row->set_problem(problem);
  }
  return response;
}

Response export_feeds(Node& node, const admin::v1::FeedExport& request) {
  desk::Desk& desk = node.desk();
  Response response;
  std::size_t count = 0, refused = 0;
  std::string why;
  try {
    for (const store::FeedState& feed : desk.feeds.all()) {
      const auto key = log_key(node, feed);
      if (!key || feed.note.empty() || !feed.caught_up()) continue;
      const auto allowed = may_export(node, feed, request.operator_());
      if (!allowed.allowed) {
        ++refused;
        why = allowed.text;
        continue;
      }
      feed_files::Writer writer(request.directory(), feed.id, *key,
                                desk.feeds.before_first(feed.id));
      for (std::uint64_t at = feed.first; at < feed.size;) {
        const auto records = desk.feeds.read_held(feed.id, at, export_step);
        if (records.empty())
          throw refuse(ExitCode::failed, "a feed was begun at a floor while it was exported",
                       "export it again");
        for (const Record& record : records) {
          const auto header = encode(record.header);
          const bool absent = record.body.empty() && record.header.body_size > 0;
          writer.add(header, absent ? std::nullopt : std::optional<ByteView>(record.body));
        }
        at += records.size();
      }
      writer.finish(feed.note);
      ++count;
    }
  } catch (const feed_files::FeedFileError& problem) {
    throw refuse(ExitCode::failed, problem.what());
  }
  response.mutable_ok()->set_message(
      "exported " + std::to_string(count) + " feeds" +
      (refused == 0 ? "" : "; " + std::to_string(refused) + " held back, the last: " + why));
  return response;
}

Response list_evidence(Node& node) {
  desk::Desk& desk = node.desk();
  Response response;
  response.mutable_evidence();
  for (const store::FeedState& feed : desk.feeds.all())
    for (const v1::SplitView& proof : desk.feeds.evidence(feed.id)) {
      const auto key = log_key(node, feed);
      const auto split =
          key ? verify_split_view(proof, *key) : Result<ProvenSplit>(Error::wrong_key);
      auto* row = response.mutable_evidence()->add_proofs();
      const std::string bytes = proof.SerializeAsString();
      row->set_id(to_hex(sha256(as_bytes(bytes))));
      row->set_country(desk::country_of(node.desk(), feed.id.origin));
      *row->mutable_feed() = view_of(node, feed, feed.size);
      if (split) row->set_smaller(split->smaller.size);
      if (split) row->set_larger(split->larger.size);
      row->set_split_view(bytes);
    }
  return response;
}

Response export_evidence(Node& node, const admin::v1::EvidenceExport& request) {
  Response response = list_evidence(node);
  auto& proofs = *response.mutable_evidence()->mutable_proofs();
  for (int i = proofs.size() - 1; i >= 0; --i)
    if (proofs[i].id() != request.id()) proofs.DeleteSubrange(i, 1);
  if (proofs.empty()) throw refuse(ExitCode::not_found, "there is no such proof");
  desk::Desk& desk = node.desk();
  const NodeId origin{to_array<32>(from_hex(proofs[0].feed().origin()).value_or(Bytes()))
                          .value_or(ByteArray<32>{})};
  const policy::Explanation why =
      desk::decide_export(desk, policy::FileKind::evidence, origin, nullptr,
                          desk.entry(request.operator_(), "evidence.export", request.id()));
  if (!why.allowed) throw refuse(ExitCode::refused, why.text);
  return response;
}

Response sync_now(Node& node, const admin::v1::SyncNow&) {
  node.desk();
  node.network().peers_changed();
  node.work_arrived();
  Response response;
  response.mutable_ok()->set_message("peers are being asked");
  return response;
}

}  // namespace bakhita::daemon
