// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "keys/sealing.h"
#include "node/desk/charters.h"
#include "node/desk/facts.h"
#include "node/desk/import.h"
#include "node/desk/matches.h"
#include "node/desk/old_copy.h"
#include "node/desk/post.h"
#include "node/desk/publishing.h"
#include "node/desk/stores.h"
#include "node/exchange/exchange_host.h"
#include "node/tables/load.h"
#include "protocol/community/card.h"
#include "protocol/community/charter.h"
#include "protocol/feed/merkle.h"
#include "tests/support/source_folder.h"
#include "tests/support/tables.h"

/// Nodes of one community in one process: the real desk, store and exchange, without a network.
namespace bakhita::testing_support {

namespace fs = std::filesystem;

/// 2026-03-01 00:00 UTC.
inline constexpr std::uint64_t start_time = 1'772'323'200;
inline constexpr std::uint64_t day = 86'400;

inline std::string bytes_of(ByteView bytes) { return std::string(as_text(bytes)); }

inline const CodeLists& codes() {
  static const CodeLists parsed = [] {
    TableTexts texts;
    for (const auto& entry :
         fs::directory_iterator(testing_support::in_source_folder("protocol/codes/tables"))) {
      std::ifstream in(entry.path(), std::ios::binary);
      texts[entry.path().filename().string()] = {std::istreambuf_iterator<char>(in),
                                                 std::istreambuf_iterator<char>()};
    }
    return CodeLists::parse(texts);
  }();
  return parsed;
}

class TestNode {
 public:
  TestNode(fs::path home, std::string code) : folder(std::move(home)), country(std::move(code)) {
    fs::create_directories(folder);
    const keys::Credential key{keys::Credential::Kind::key_file,
                               keys::SecretBytes::copy_of(ByteArray<32>{42})};
    keystore.emplace(keys::Keystore::create(folder / "keystore", key));
    open();
  }
  void open() {
    const NodeId self{keys::ed25519_public(keystore->get(keys::name::identity))};
    stores = std::make_unique<desk::Stores>(
        folder / "data",
        store::Database::Options{.block_cache_bytes = 4 << 20, .write_buffer_bytes = 4 << 20},
        *keystore);
    desk.reset(new desk::Desk{.keystore = *keystore,
                              .random = stores->random,
                              .database = stores->database,
                              .anchor = stores->anchor,
                              .audit = stores->audit,
                              .feeds = stores->feeds,
                              .members = stores->members,
                              .identifiers = stores->identifiers,
                              .reports = stores->reports,
                              .letters = stores->letters,
                              .recalls = stores->recalls,
                              .codes = codes(),
                              .tables = tables(),
                              .self = self,
                              .country = country,
                              .desk_name = country + " desk",
                              .retention_days = 365,
                              .approvals = 1,
                              .g1 = {1'024, 2'048, 250'000},
                              .g2 = {4'096, 16'384, 1'000'000},
                              .onboarding_g1 = 20'000,
                              .onboarding_g2 = 200'000,
                              .now = [this] { return now; }});
    lookups = std::make_unique<desk::Lookups>(*desk);
    desk::drop_unreadable(*desk, lookups->queue());
    exchange::Listeners listeners;
    listeners.work_arrived = [this] { ++work_arrived; };
    listeners.recovery_needed = [this](const std::string& reason) { recovery = reason; };
    listeners.is_serving = [this] { return recovery.empty(); };
    static std::mutex telling;  // on a real network several threads tell at once
    listeners.peer_event = [this](const NodeId&, const peers::PeerEvent& event) {
      const std::lock_guard lock(telling);
      events.push_back(event);
    };
    listeners.quota_exhausted = [](const NodeId&) {};
    listeners.letter_arrived = [](const NodeId&) {};
    listeners.lookup_failed = [this](const NodeId&, Error error) {
      const std::lock_guard lock(telling);
      lookup_failures.push_back(error);
    };
    listeners.charter_learned = [this](const NodeId&, const desk::Learning& learning) {
      const std::lock_guard lock(telling);
      learnings.push_back(learning);
    };
    post = std::make_unique<desk::Post>(*desk);
    host =
        std::make_unique<exchange::ExchangeHost>(*desk, *lookups, *post, 1, std::move(listeners));
  }
  void close() {
    host.reset();
    post.reset();
    lookups.reset();
    desk.reset();
    stores.reset();
  }
  void restart() {
    close();
    open();
  }

  NodeId id() const { return desk->self; }
  Bytes card() const {
    v1::NodeCard card;
    card.set_format(1);
    card.set_identity_key(bytes_of(id().bytes));
    card.set_country(country);
    card.set_authority(country + " police");
    card.add_addresses("localhost:1");
    card.set_log_key(bytes_of(keys::ed25519_public(keystore->get(keys::name::log))));
    card.set_tls_pin(bytes_of(tls_pin(keys::ed25519_public(keystore->get(keys::name::tls)))));
    card.set_encryption_key(bytes_of(keys::x25519_public(keystore->get(keys::name::encryption))));
    card.set_valid_from(start_time);
    card.set_valid_until(start_time + 3'000 * day);
    card.set_serial(1);
    return make_card(card, [&](ByteView message) {
      return keys::sign(keystore->get(keys::name::identity), message);
    });
  }
  Signature sign(std::string_view key, ByteView message) const {
    return keys::sign(keystore->get(key), message);
  }

  /// Imports one report with one identifier.
  void report(const std::string& id, v1::IdentifierType type, const std::string& value,
              v1::SubjectRole role = v1::SUBJECT_ROLE_EXPLOITER) {
    admin::v1::ImportRows rows;
    auto& report = *rows.add_rows()->mutable_report();
    report.set_id(id);
    report.mutable_received_at()->set_seconds(static_cast<std::int64_t>(now));
    auto* identifier = report.add_identifiers();
    identifier->set_type(type);
    identifier->set_value(value);
    identifier->set_role(role);
    desk::Importer importer(*desk, "test", "tester", false);
    importer.add(rows);
    const auto progress = importer.progress();
    for (const auto& reject : progress.rejects()) throw std::runtime_error(reject.reason());
  }
  admin::v1::Published publish() {
    admin::v1::Publish request;
    request.set_operator_("tester");
    return desk::publish(*desk, request);
  }
  std::vector<admin::v1::MatchView> matches() const {
    const auto found = desk::list_matches(*desk, {});
    return {found.matches().begin(), found.matches().end()};
  }
  store::Community community(const CommunityId& id) const { return *desk->members.community(id); }
  FeedId feed() const { return desk::feed_of(*desk, desk->members.communities().at(0), id()); }

  fs::path folder;
  std::string country;
  std::uint64_t now = start_time;
  std::optional<keys::Keystore> keystore;
  std::unique_ptr<desk::Stores> stores;
  std::unique_ptr<desk::Desk> desk;
  std::unique_ptr<desk::Lookups> lookups;
  std::unique_ptr<desk::Post> post;
  std::unique_ptr<exchange::ExchangeHost> host;
  std::string recovery;
  std::atomic<int> work_arrived = 0;
  std::vector<peers::PeerEvent> events;
  std::vector<Error> lookup_failures;
  std::vector<desk::Learning> learnings;
};

/// Verified peers in one accepted community, and in more when a test founds them.
class Federation {
 public:
  /// Which operators (by index) have verified each other.
  using Acquainted = std::function<bool(std::size_t, std::size_t)>;
  Federation(
      const std::vector<std::string>& countries, const std::string& name,
      const Acquainted& acquainted = [](std::size_t, std::size_t) { return true; })
      : folder_(fs::path(::testing::TempDir()) / (name + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    for (const std::string& country : countries)
      nodes.push_back(std::make_unique<TestNode>(folder_ / country, country));
    introduce(acquainted);
    std::vector<std::size_t> everybody(nodes.size());
    std::iota(everybody.begin(), everybody.end(), 0u);
    first = found_community(everybody, "test");
  }
  ~Federation() {
    nodes.clear();
    fs::remove_all(folder_);
  }
  TestNode& operator[](std::size_t i) { return *nodes[i]; }

  /// A community of some nodes, the first of them its steward; all have accepted, and exchange with
  /// each other on one legal basis.
  CommunityId found_community(const std::vector<std::size_t>& members, const std::string& name) {
    v1::Charter charter;
    charter.set_community(bytes_of(sha256(as_bytes(name))).substr(0, 16));
    charter.set_epoch(1);
    charter.set_key_epoch(1);
    charter.set_name(name);
    charter.set_steward(bytes_of(nodes[members[0]]->id().bytes));
    charter.set_proposer(charter.steward());
    charter.set_highest_tlp(4);
    charter.set_retention_days(365);
    charter.set_live_locks_per_origin(1'000'000);
    v1::LegalBasis& basis = *charter.add_bases();
    basis.set_basis("invented treaty, article 1");
    for (std::size_t i : members) {
      const TestNode& node = *nodes[i];
      basis.add_from(static_cast<std::uint32_t>(charter.members_size()));
      basis.add_to(static_cast<std::uint32_t>(charter.members_size()));
      auto* member = charter.add_members();
      member->set_node(bytes_of(node.id().bytes));
      member->set_card_hash(bytes_of(card_hash(node.card()).value()));
      member->set_country(node.country);
      member->set_encryption_key(
          bytes_of(keys::x25519_public(node.keystore->get(keys::name::encryption))));
    }
    const ByteArray<32> secret = sha256(as_bytes(name + " secret"));
    charter.set_key_commitment(bytes_of(commit_to_secret(secret)));
    v1::SignedCharter package = make_package(charter);
    for (std::size_t i : members) {
      add_signature(package, nodes[i]->id(), [&](ByteView message) {
        return nodes[i]->sign(keys::name::identity, message);
      });
      auto* sealed = package.add_secrets();
      sealed->set_node(bytes_of(nodes[i]->id().bytes));
      sealed->set_sealed(bytes_of(keys::seal_to(
          keys::x25519_public(nodes[i]->keystore->get(keys::name::encryption)), secret)));
    }
    const CharterPackage signed_by_all =
        open_package(as_bytes(package.SerializeAsString())).value();
    for (std::size_t i : members)
      EXPECT_TRUE(desk::join_under(*nodes[i]->desk, signed_by_all, "tester"));
    return {to_array<16>(as_bytes(charter.community())).value()};
  }

  /// One session from `to`'s side: it learns of charters, then what `from` holds, and fetches it.
  static void fetch(TestNode& from, TestNode& to) {
    for (const session::CharterNews& news : from.host->charters_for(to.id()))
      to.host->learn_charter(from.id(), news.package);
    to.host->learn_acceptances(from.id(), from.host->acceptances(to.id()));
    v1::Clock clock = from.host->statements_for(to.id());
    for (auto& head : from.host->heads_for(to.id())) *clock.add_heads() = std::move(head);
    const auto wants = to.host->wanted(from.id(), clock);
    if (!wants) return;
    for (v1::Want want : *wants)
      while (want.from() < want.to()) {
        auto data = from.host->read(to.id(), want);
        if (!data) break;
        want.set_from(data->from() + data->headers().size() / header_size);
        want.clear_may_start();
        if (!to.host->accept(from.id(), {std::move(*data)})) break;
      }
  }
  /// All lookups that `asker` has for `origin`; returns how many batches were answered.
  static int look_up(TestNode& asker, TestNode& origin) {
    int answered = 0;
    while (auto request = asker.host->next_lookup(origin.id())) {
      const auto answer = origin.host->answer(asker.id(), *request);
      if (const auto* evaluated = std::get_if<v1::Evaluated>(&answer)) {
        asker.host->finish_lookup(origin.id(), *evaluated);
        ++answered;
      } else {
        asker.host->fail_lookup(origin.id(), as_bytes(request->request_id()), 60, Error::refused);
      }
    }
    return answered;
  }
  /// Everybody fetches from everybody, matches, and looks up.
  void exchange() {
    for (auto& to : nodes)
      for (auto& from : nodes)
        if (from != to) fetch(*from, *to);
    for (auto& node : nodes) {
      if (node->recovery.empty()) desk::renew_published(*node->desk);
      for (const auto& feed : node->desk->feeds.all()) node->lookups->match(feed.id);
      node->lookups->plan();
    }
    for (auto& asker : nodes)
      for (auto& origin : nodes)
        if (asker != origin) look_up(*asker, *origin);
  }
  void advance(std::uint64_t seconds) {
    for (auto& node : nodes) node->now += seconds;
  }

  std::vector<std::unique_ptr<TestNode>> nodes;
  CommunityId first;  ///< of everybody

 private:
  void introduce(const Acquainted& acquainted) {
    for (std::size_t i = 0; i < nodes.size(); ++i)
      for (std::size_t j = 0; j < nodes.size(); ++j) {
        auto &node = nodes[i], &other = nodes[j];
        if (i == j || !acquainted(i, j)) continue;
        store::Peer peer;
        peer.node = other->id();
        peer.signed_card = other->card();
        peer.card = open_card(peer.signed_card, start_time).value();
        peer.state = store::PeerState::trusted;
        peer.verified_at = start_time;
        node->desk->members.put(peer, node->desk->entry("tester", "peer.verify"));
      }
  }
  fs::path folder_;
};

}  // namespace bakhita::testing_support
