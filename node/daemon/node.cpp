// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/node.h"

#include <unistd.h>

#include <csignal>
#include <ctime>

#include "keys/error.h"
#include "node/card_file/card_file.h"
#include "node/daemon/disk_room.h"
#include "node/daemon/log.h"
#include "node/desk/facts.h"
#include "node/desk/key_ages.h"
#include "node/desk/old_copy.h"
#include "node/desk/publishing.h"
#include "node/desk/upkeep.h"
#include "node/service/error.h"
#include "node/tables/load.h"

namespace bakhita::daemon {
namespace {

constexpr std::uint32_t exit_locked = 7;
/// How late what time demands may be.
constexpr std::chrono::seconds upkeep_interval{60};

QuotaLimits limits_of(const config::Quota& quota) {
  return {quota.per_day, quota.burst, quota.per_epoch};
}

std::filesystem::path share_folder(const config::Config& config) {
  return config.tables_folder.empty() ? default_share_folder() : config.tables_folder;
}

store::Database::Options database_options(const config::Config& config) {
  return {.block_cache_bytes = config.block_cache_bytes,
          .write_buffer_bytes = config.write_buffer_bytes,
          .create = true};
}

void log_peer_event(const NodeId& peer, const peers::PeerEvent& event) {
  using Kind = peers::PeerEvent::Kind;
  static constexpr std::string_view names[] = {
      "peer_connected", "peer_closed", "peer_misbehaved",   "peer_dial_failed",
      "peer_refused",   "split_view",  "peer_clock_differs"};
  const bool good = event.kind == Kind::connected || event.kind == Kind::closed;
  std::string why = event.text;
  if (event.error) why += (why.empty() ? "" : ": ") + std::string(describe(*event.error));
  log::event(event.kind == Kind::dial_failed ? log::Level::debug
             : good                          ? log::Level::info
                                             : log::Level::warning,
             names[static_cast<std::size_t>(event.kind)],
             {{"peer", to_hex(peer.bytes).substr(0, 16)}, {"why", why}});
}

}  // namespace

/// Built in this order, torn down in the other.
struct Node::Parts {
  CodeLists codes;
  desk::Stores stores;
  desk::Desk desk;
  desk::Lookups lookups;
  desk::Post post;

  Parts(Node& node, desk::OlderKeystore older)
      : codes(CodeLists::parse(read_code_lists(share_folder(node.config_)))),
        stores(node.config_.data_folder, database_options(node.config_), node.keystore_, older),
        desk{.keystore = node.keystore_,
             .random = stores.random,
             .database = stores.database,
             .anchor = stores.anchor,
             .audit = stores.audit,
             .feeds = stores.feeds,
             .members = stores.members,
             .identifiers = stores.identifiers,
             .reports = stores.reports,
             .letters = stores.letters,
             .recalls = stores.recalls,
             .codes = codes,
             .tables = load_identifier_tables(share_folder(node.config_)),
             .self = node.self_,
             .country = node.config_.country,
             .desk_name = node.config_.desk,
             .retention_days = node.config_.retention_days,
             .approvals = node.config_.approvals,
             .g1 = limits_of(node.config_.g1),
             .g2 = limits_of(node.config_.g2),
             .all_peers = node.config_.all_peers,
             .onboarding_g1 = node.config_.onboarding_g1,
             .onboarding_g2 = node.config_.onboarding_g2,
             .now = [&node] { return node.now(); }},
        lookups(desk),
        post(desk) {}
};

Node::Node(config::Config config, keys::Keystore keystore, desk::OlderKeystore older,
           std::unique_ptr<capture::Writer> capture)
    : config_(std::move(config)),
      keystore_(std::move(keystore)),
      capture_(std::move(capture)),
      started_at_(now()) {
  self_.bytes = keys::ed25519_public(keystore_.get(keys::name::identity));
  auto own = card_file::refresh(config_, keystore_, started_at_);
  card_ = std::move(own.card);
  signed_card_ = std::move(own.signed_card);
  parts_ = std::make_unique<Parts>(*this, older);
  accept_older_keystore();
  begin_serving();
}

Node::~Node() { stop(); }

/// Written down before the anchor forgets that there was a newer one.
void Node::accept_older_keystore() {
  const auto newest = parts_->stores.generation_note.newest();
  if (!newest) return;
  const std::string now = std::to_string(keystore_.generation());
  const std::string before = std::to_string(*newest);
  parts_->stores.audit.commit(
      {}, parts_->desk.entry("node", "keystore.older", "generation " + now + " after " + before,
                             "--accept-older-keystore"));
  parts_->stores.anchor.note_keystore(keystore_.generation());
  log::event(log::Level::warning, "older_keystore", {{"generation", now}, {"newest", before}});
}

/// What must be finished before anything else is done; or recovery, and nothing is.
void Node::begin_serving() {
  store::Anchor& anchor = parts_->stores.anchor;
  desk::drop_unreadable(parts_->desk, parts_->lookups.queue());
  try {
    if (anchor.problem().empty()) sign_what_is_durable();
  } catch (const store::RecoveryNeeded& problem) {
    anchor.suspend(problem.what());
  }
  if (const std::string problem = anchor.problem(); !problem.empty())
    enter_recovery(problem);
  else
    finish_erasures();
  if (anchor.problem().empty()) desk::note_keys(parts_->desk);
}

void Node::finish_erasures() {
  parts_->stores.reports.finish_erasures();
  parts_->stores.identifier_keys.finish_replacements();
}

void Node::sign_what_is_durable() {
  const keys::SecretBytes log_seed = keystore_.get(keys::name::log);
  for (const store::Community& community : parts_->stores.members.communities())
    parts_->stores.feeds.finish_signing(desk::feed_of(parts_->desk, community, self_),
                                        keys::ed25519_public(log_seed),
                                        [&](ByteView text) { return keys::sign(log_seed, text); });
}

void Node::start() {
  if (capture_)
    parts_->stores.audit.commit(
        {}, parts_->desk.entry("node", "capture.start", capture_->state().file.filename()));
  host_ = std::make_unique<exchange::ExchangeHost>(parts_->desk, parts_->lookups, parts_->post,
                                                   card_.serial(), listeners());
  peers::Options options;
  options.listen = config_.listen;
  options.redial_max = config_.dial_interval * 4;
  options.capture = capture_.get();
  options.on_failure = [this](const std::exception& failure) { stop_for_failure(failure); };
  network_ =
      std::make_unique<peers::Service>(*host_, keystore_.get(keys::name::tls), std::move(options));
  network_->start();
  for (const std::string& address : network_->listening())
    log::event(log::Level::info, "listening", {{"address", address}});
  worker_ = std::thread([this] { work_loop(); });
  work_arrived();
}

void Node::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_all();
  if (worker_.joinable()) worker_.join();
  if (network_) network_->stop();
  if (parts_ && !failed_) parts_->stores.audit.flush_anchor();
}

std::uint64_t Node::now() const { return static_cast<std::uint64_t>(std::time(nullptr)); }

desk::Desk& Node::desk() { return parts_->desk; }
desk::Lookups& Node::lookups() { return parts_->lookups; }
peers::Service& Node::network() { return *network_; }

void Node::require_serving() const {
  if (const std::string reason = recovery_reason(); !reason.empty())
    throw service::RequestError(
        exit_locked, "the node is in recovery mode: " + reason,
        "see `bakhita recover status`, and the how-to on loss and recovery");
}

exchange::OwnHeads Node::own_heads() const { return host_->own_heads(); }

std::unique_lock<std::mutex> Node::hold_own_feeds() { return host_->hold_own_feeds(); }

void Node::leave_recovery() {
  host_->forget_own_heads();
  begin_serving();
  // What was taken back since the copy was made goes before anything is shown or served.
  for (const store::FeedState& feed : parts_->stores.feeds.all())
    if (feed.id.origin != self_) parts_->lookups.match(feed.id);
  {
    const std::lock_guard lock(mutex_);
    if (parts_->stores.anchor.problem().empty()) recovery_reason_.clear();
  }
  log::event(log::Level::info, "recovered");
  members_changed();
}

void Node::wait_for_network() const {
  if (network_) network_->connections();
}

std::string Node::recovery_reason() const {
  const std::lock_guard lock(mutex_);
  return recovery_reason_;
}

void Node::enter_recovery(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!recovery_reason_.empty()) return;
    recovery_reason_ = reason;
  }
  // So that a restart, before peers are met, does not forget it.
  parts_->stores.anchor.suspend(reason);
  log::event(log::Level::error, "recovery", {{"reason", reason}});
}

void Node::stop_for_failure(const std::exception& failure) {
  const bool storage = dynamic_cast<const store::StorageError*>(&failure) != nullptr ||
                       dynamic_cast<const keys::KeyWriteError*>(&failure) != nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) return;
    failure_ = failure.what();
  }
  failed_ = true;
  log::event(log::Level::error, storage ? "storage_failed" : "node_failed",
             {{"problem", failure.what()}});
  ::kill(::getpid(), SIGTERM);  // to the process: raise() would leave it pending in this thread
}

std::string Node::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Node::work_arrived() {
  {
    const std::lock_guard lock(mutex_);
    work_waiting_ = true;
  }
  wake_.notify_all();
}

void Node::members_changed() {
  if (network_) network_->peers_changed();
  work_arrived();
}

void Node::charter_learned(const desk::Learning& learning) {
  static constexpr std::string_view names[] = {"nothing", "more", "proposed", "in_force", "fork"};
  if (learning.learned == desk::Learned::nothing) return;
  if (learning.seen) {
    const bool fork = learning.learned == desk::Learned::fork;
    log::event(fork ? log::Level::error : log::Level::info, "charter",
               {{"community", to_hex(learning.seen->first.bytes)},
                {"epoch", std::to_string(learning.seen->second)},
                {"learned", std::string(names[static_cast<std::size_t>(learning.learned)])}});
  }
  members_changed();
}

void Node::charter_accepted(const v1::Charter& charter) {
  std::vector<NodeId> members;
  for (const v1::Member& member : charter.members())
    if (const auto id = to_array<32>(as_bytes(member.node()))) members.push_back({*id});
  // What peers said before, to a node in no community, says nothing of what they hold of it.
  if (!recovery_reason().empty()) host_->forget_own_heads();
  if (network_) network_->greet_again(std::move(members));
  members_changed();
}

bool Node::is_working() const {
  const store::Feeds& feeds = parts_->stores.feeds;
  for (const store::FeedState& feed : feeds.all())
    if (feed.id.origin != self_ && feeds.matched_size(feed.id) < feed.size) return true;
  const std::lock_guard lock(mutex_);
  return work_waiting_ || work_running_;
}

void Node::work_loop() {
  for (;;) {
    bool recovering = false;
    {
      std::unique_lock lock(mutex_);
      work_running_ = false;
      wake_.wait_for(lock, std::min(config_.lookup_interval, upkeep_interval),
                     [this] { return work_waiting_ || stopping_; });
      if (stopping_) return;
      work_waiting_ = false;
      recovering = !recovery_reason_.empty();
      work_running_ = !recovering;
    }
    try {
      if (recovering)
        network_->wake_fetching();
      else
        work_once();
    } catch (const store::RecoveryNeeded& problem) {  // a peer showed it, in the midst of this
      enter_recovery(problem.what());
    } catch (const std::exception& problem) {
      stop_for_failure(problem);
      return;
    }
  }
}

void Node::work_once() {
  desk::renew_published(parts_->desk);
  for (const store::FeedState& feed : parts_->stores.feeds.all())
    if (feed.id.origin != self_) parts_->lookups.match(feed.id);
  desk::keep_up(parts_->desk, parts_->lookups);
  parts_->lookups.plan();
  network_->announce();
  network_->wake_fetching();
  network_->wake_lookups();
  network_->wake_letters();
}

exchange::Listeners Node::listeners() {
  const auto name = [](const NodeId& peer) { return to_hex(peer.bytes).substr(0, 16); };
  exchange::Listeners out;
  out.work_arrived = [this] { work_arrived(); };
  out.recovery_needed = [this](const std::string& reason) { enter_recovery(reason); };
  out.is_serving = [this] { return recovery_reason().empty(); };
  out.has_room = [this] { return lacks_disk_room(config_).empty(); };
  out.peer_event = [](const NodeId& peer, const peers::PeerEvent& event) {
    log_peer_event(peer, event);
  };
  out.quota_exhausted = [name](const NodeId& peer) {
    log::event(log::Level::warning, "quota_exhausted", {{"peer", name(peer)}});
  };
  out.lookup_failed = [name](const NodeId& peer, Error error) {
    log::event(log::Level::error, "lookup_failed",
               {{"peer", name(peer)}, {"problem", std::string(describe(error))}});
  };
  out.letter_arrived = [this, name](const NodeId& peer) {
    log::event(log::Level::info, "letter_arrived", {{"peer", name(peer)}});
    network_->wake_letters();
  };
  out.charter_learned = [this, name](const NodeId& peer, const desk::Learning& learning) {
    if (learning.fault && learning.learned == desk::Learned::nothing)
      log::event(log::Level::warning, "charter_refused",
                 {{"peer", name(peer)}, {"why", std::string(bakhita::name_of(*learning.fault))}});
    charter_learned(learning);
  };
  return out;
}

}  // namespace bakhita::daemon
