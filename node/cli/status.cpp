// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/status.h"

#include <algorithm>
#include <ostream>
#include <sstream>

#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

using admin::v1::FeedView;
using admin::v1::PairView;
using admin::v1::PeerView;
using admin::v1::Status;

std::uint64_t missing_records(const PeerView& peer) {
  std::uint64_t missing = 0;
  for (const FeedView& feed : peer.feeds())
    missing += feed.known_size() > feed.size() ? feed.known_size() - feed.size() : 0;
  return missing;
}

bool has_feed(const PeerView& peer, std::string_view state) {
  return std::any_of(peer.feeds().begin(), peer.feeds().end(),
                     [state](const FeedView& feed) { return feed.state() == state; });
}

/// Of whom news are expected.
bool has_trusted_feed(const PeerView& peer, std::string_view state) {
  return peer.state() == "trusted" && has_feed(peer, state);
}

std::string shown_state(const PeerView& peer) {
  if (has_feed(peer, "frozen")) return "FROZEN";
  if (has_trusted_feed(peer, "withheld")) return "WITHHELD";
  if (has_feed(peer, "full")) return "FULL";
  return has_trusted_feed(peer, "stale") ? "stale" : peer.state();
}

std::string quota_left(const PeerView& peer) {
  std::string out;
  for (const auto& quota : peer.quotas())
    out += (out.empty() ? "g" : " g") + std::to_string(quota.group()) + ":" + grouped(quota.left());
  return out;
}

void print_head(std::ostream& out, const Status& status) {
  const char* about = status.estimated() ? "about " : "";
  out << printable(status.country()) << "  " << printable(status.state());
  if (!status.state_reason().empty()) out << " (" << printable(status.state_reason()) << ")";
  out << "  bakhita " << printable(status.version()) << "  since " << printable(status.started_at())
      << "\nnode     " << printable(status.node()) << "\nreports  " << about
      << grouped(status.reports()) << "  identifiers " << about << grouped(status.identifiers())
      << "  locks " << grouped(status.locks()) << "  matches " << about << grouped(status.matches())
      << "\nlookups  " << grouped(status.lookups_waiting()) << " waiting\nstorage  "
      << byte_size(status.store_bytes()) << " used, " << byte_size(status.store_free_bytes())
      << " free;  memory " << byte_size(status.memory_bytes()) << ";  audit "
      << grouped(status.audit_size()) << " records\n";
  if (status.has_capture())
    out << "CAPTURE  every frame is written to " << printable(status.capture().file()) << ": "
        << grouped(status.capture().frames()) << " frames, " << byte_size(status.capture().bytes())
        << " of " << byte_size(status.capture().limit()) << "\n";
  for (const FeedView& feed : status.own_feeds())
    out << "feed     " << printable(feed.community()).substr(0, 8) << "  generation "
        << feed.generation() << "  " << grouped(feed.size()) << " records\n";
}

Table peers_table(const Status& status) {
  Table table({"PEER", "STATE", "LINK", "LAST CONTACT", "BEHIND", "QUOTA LEFT", "LAST ERROR"});
  for (const PeerView& peer : status.peers())
    table.add({peer.country(), shown_state(peer), peer.connected() ? "up" : "down",
               peer.last_contact(), grouped(missing_records(peer)), quota_left(peer),
               peer.last_error()});
  return table;
}

/// The worst of both groups: "found", what is waited for, or since when it is late.
std::string canary_state(const PairView& pair) {
  std::string out;
  for (const auto& canary : pair.canaries()) {
    if (canary.overdue())
      return "LATE: " + canary.state() + " since " + canary.since().substr(0, 10);
    if (out.empty() || out == "found") out = canary.state();
  }
  return out.empty() ? "none" : out;
}

/// When one was found last in that group in which it is longest ago; empty: never in one of them.
std::string canary_found(const PairView& pair) {
  std::string out;
  for (int i = 0; i < pair.canaries_size(); ++i)
    out = i == 0 ? pair.canaries(i).found_at() : std::min(out, pair.canaries(i).found_at());
  return out.substr(0, 10);
}

/// Receipts that the peer owes, and how many of them are late.
std::string recalls_owed(const PairView& pair) {
  std::string out = grouped(pair.recalls().waiting());
  if (pair.recalls().overdue() > 0) out += " (" + grouped(pair.recalls().overdue()) + " late)";
  return out;
}

std::string may_ask(const PairView& pair) {
  std::string out;
  for (const auto& room : pair.may_ask())
    out += (out.empty() ? "g" : " g") + std::to_string(room.group()) + ":" + grouped(room.left());
  return out;
}

Table pairs_table(const Status& status) {
  Table table({"COMMUNITY", "PEER", "FEED", "CONFIRMED", "CANARY", "FOUND", "ASKED HERE", "LOOKUPS",
               "MAY ASK", "OUTBOX", "UNACKNOWLEDGED", "RECALLS OWED"});
  for (const PairView& pair : status.pairs())
    table.add({pair.community(), pair.country(), pair.has_feed() ? pair.feed().state() : "none",
               pair.feed().confirmed(), canary_state(pair), canary_found(pair),
               pair.asked_at().substr(0, 10), grouped(pair.lookups_waiting()), may_ask(pair),
               grouped(pair.outbox()), grouped(pair.unacknowledged()), recalls_owed(pair)});
  return table;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> lines_of(const Table& table, std::size_t width) {
  std::ostringstream out;
  if (!table.empty()) table.print(out, width);
  return lines_of(out.str());
}

/// The first lines, and how many more there were.
void shorten(std::vector<std::string>& lines, std::size_t count, const char* what) {
  if (lines.size() <= count) return;
  const std::size_t more = lines.size() - count + 1;
  lines.resize(count == 0 ? 0 : count - 1);
  lines.push_back("… " + std::to_string(more) + " more " + what + " (--json shows all)");
}

}  // namespace

ExitCode health_of(const Status& status) {
  if (status.state() != "serving") return ExitCode::unhealthy;
  const auto some_peer = [&status](const auto& has) {
    return std::any_of(status.peers().begin(), status.peers().end(), has);
  };
  if (some_peer([](const PeerView& peer) { return has_trusted_feed(peer, "withheld"); }))
    return ExitCode::unhealthy;
  const bool trouble = some_peer([](const PeerView& peer) {
    return has_feed(peer, "frozen") || has_trusted_feed(peer, "stale");
  });
  return trouble || !status.warnings().empty() ? ExitCode::degraded : ExitCode::ok;
}

void print_status(std::ostream& out, const Status& status, std::size_t width, std::size_t height) {
  std::ostringstream head;
  print_head(head, status);
  std::vector<std::string> head_lines = lines_of(head.str());
  std::vector<std::string> peer_lines = lines_of(peers_table(status), width);
  std::vector<std::string> pair_lines = lines_of(pairs_table(status), width);
  std::vector<std::string> warnings;
  for (const std::string& warning : status.warnings())
    warnings.push_back("warning: " + printable(warning));
  if (height != 0) {
    shorten(head_lines, height / 3, "feeds");
    shorten(warnings, height / 4, "warnings");
    const std::size_t left = height - 1 - head_lines.size() - warnings.size();
    shorten(pair_lines, left / 2, "pairs");
    shorten(peer_lines, left - pair_lines.size(), "peers");
  }
  for (const auto* part : {&head_lines, &warnings, &peer_lines, &pair_lines})
    for (const std::string& line : *part) out << (width == 0 ? line : clipped(line, width)) << '\n';
}

}  // namespace bakhita::cli
