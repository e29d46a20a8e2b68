// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/node.h"

#include "keys/error.h"
#include "node/desk/facts.h"
#include "node/desk/old_copy.h"
#include "node/desk/publishing.h"
#include "node/desk/upkeep.h"
#include "protocol/community/card.h"
#include "tests/simulation/points.h"
#include "tests/simulation/seams/crypto.h"
#include "tests/simulation/tables.h"

namespace bakhita::simulation {
namespace {

constexpr std::uint64_t card_life = 3'000ull * 86'400;
constexpr Micros restart_wait = 20 * second;

keys::Credential credential() {
  return {keys::Credential::Kind::key_file, keys::SecretBytes::copy_of(ByteArray<32>{42})};
}

}  // namespace

std::string text_of(ByteView bytes) { return std::string(as_text(bytes)); }

Node::Node(std::size_t i, Random seed, const Surroundings& surroundings, Micros base)
    : index(i),
      country{static_cast<char>('A' + i / 26 % 26), static_cast<char>('A' + i % 26)},
      random(seed.fork("node")),
      entropy(seed.fork("entropy")),
      around(surroundings),
      disk(seed.fork("disk")) {
  clock.base = base;
  if (around.scenario.tiny_limits) {
    g1 = {256, 128, 100'000};
    g2 = {512, 256, 100'000};
  } else {
    g1 = {100'000, 100'000, 10'000'000};
    g2 = {100'000, 100'000, 10'000'000};
  }
  set_current_disk(&disk);
  crypto().entropy = &entropy;
  keystore.emplace(keys::Keystore::create("keystore", credential()));
  identity = keystore->get(keys::name::identity);
  id.bytes = keys::ed25519_public(keystore->get(keys::name::identity));
  refresh_card();
}

Node::~Node() {
  set_current_disk(&disk);
  crypto().entropy = &entropy;
  close();
}

bool Node::run(const std::function<void()>& work_to_do) {
  if (power_lost_) return false;
  set_current_disk(&disk);
  crypto().entropy = &entropy;
  std::string recovery_needed;
  try {
    work_to_do();
    return true;
  } catch (const PowerLost&) {
    power_lost_ = true;
    die("power lost", restart_wait);
  } catch (const store::RecoveryNeeded& problem) {
    recovery_needed = problem.what();
  } catch (const store::StorageError&) {
    SOMETIMES(true, "a storage error stops a node");
    die("storage error", restart_wait);
  } catch (const keys::KeyError&) {
    SOMETIMES(true, "a keystore error stops a node");
    die("keystore error", restart_wait);
  } catch (const std::bad_alloc&) {
    throw;
  }
  if (!recovery_needed.empty()) run([&] { enter_recovery(recovery_needed); });
  return false;
}

/// Not at once: the call that failed may be deep in a connection's work.
void Node::die(const std::string&, Micros down_time) {
  if (dying_ || state == State::down) return;
  dying_ = true;
  around.events.after(0, [this, down_time] { crash(down_time); });
}

void Node::open() {
  if (!keystore) keystore.emplace(keys::Keystore::open("keystore", credential()));
  refresh_card();
  stores = std::make_unique<desk::Stores>("data", store::Database::Options{}, *keystore);
  always(stores->anchor.state().audit_size <= stores->audit.size() ||
             !stores->anchor.problem().empty(),
         "a trail that ends before its anchor is gone on with");
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
                            .tables = identifier_tables(),
                            .self = id,
                            .country = country,
                            .desk_name = country + " desk",
                            .retention_days = 365,
                            .approvals = 1,
                            .g1 = g1,
                            .g2 = g2,
                            .onboarding_g1 = 0,
                            .onboarding_g2 = 0,
                            .now = [this] { return unix_now(); }});
  lookups = std::make_unique<desk::Lookups>(*desk);
  post = std::make_unique<desk::Post>(*desk);
  begin_serving();
  ++starts;
  host = std::make_unique<exchange::ExchangeHost>(*desk, *lookups, *post, card_serial, listeners());
}

/// As node/daemon/node.cpp does it.
void Node::begin_serving() {
  desk::drop_unreadable(*desk, lookups->queue());
  try {
    if (stores->anchor.problem().empty()) sign_what_is_durable();
  } catch (const store::RecoveryNeeded& problem) {
    stores->anchor.suspend(problem.what());
  }
  if (const std::string problem = stores->anchor.problem(); !problem.empty()) {
    SOMETIMES(true, "a node starts in recovery mode");
    enter_recovery(problem);
  } else {
    stores->reports.finish_erasures();
    stores->identifier_keys.finish_replacements();
  }
}

bool Node::leave_recovery() {
  host->forget_own_heads();
  recovery_reason.clear();
  begin_serving();
  return recovery_reason.empty();
}

void Node::sign_what_is_durable() {
  const keys::SecretBytes seed = keystore->get(keys::name::log);
  for (const store::Community& community : stores->members.communities())
    stores->feeds.finish_signing(desk::feed_of(*desk, community, id), log_key,
                                 [&](ByteView text) { return keys::sign(seed, text); });
}

void Node::enter_recovery(const std::string& reason) {
  if (!recovery_reason.empty()) return;
  recovery_reason = reason;
  recovery_looks = 0;
  stores->anchor.suspend(reason);
}

exchange::Listeners Node::listeners() {
  exchange::Listeners out;
  out.work_arrived = [this] { work_soon(); };
  out.recovery_needed = [this](const std::string& reason) {
    SOMETIMES(recovery_reason.empty(), "a peer shows a node a future that it lost");
    enter_recovery(reason);
  };
  out.is_serving = [this] { return recovery_reason.empty(); };
  out.peer_event = [this](const NodeId& peer, const peers::PeerEvent& event) {
    around.peer_event(*this, peer, event);
  };
  out.letter_arrived = [this](const NodeId&) { work_soon(); };
  out.quota_exhausted = [](const NodeId&) { SOMETIMES(true, "a quota is exhausted"); };
  out.lookup_failed = [](const NodeId&, Error error) {
    SOMETIMES(error == Error::bad_proof, "a wrong evaluation is found by its proof");
  };
  out.charter_learned = [this](const NodeId&, const desk::Learning& learning) {
    SOMETIMES(learning.learned == desk::Learned::in_force, "a peer brings a newer charter");
    if (learning.learned != desk::Learned::nothing) around.members_changed(*this);
  };
  return out;
}

void Node::close() {
  host.reset();
  post.reset();
  lookups.reset();
  desk.reset();
  stores.reset();
}

void Node::start() {
  if (state != State::down) return;
  recovery_reason.clear();
  dying_ = power_lost_ = false;
  set_current_disk(&disk);
  crypto().entropy = &entropy;
  try {
    open();
    state = State::up;
  } catch (const PowerLost&) {
    SOMETIMES(true, "power is lost during a start");
    close();
    return crash(restart_wait);
  } catch (const store::StorageError& problem) {
    start_problem = problem.what();
    SOMETIMES(true, "a node cannot start for its disk");
    close();
    return crash(restart_wait);
  } catch (const keys::KeyError&) {
    close();
    return crash(restart_wait);
  }
  SOMETIMES(starts > 1, "a node starts again");
  around.came_up(*this);
  work_soon();
}

void Node::change_keys(const std::function<void(keys::Keystore&)>& change) {
  run([&] {
    keys::Keystore opened = keys::Keystore::open("keystore", credential());
    change(opened);
  });
  power_lost_ = false;  // and is back: no process was there to end
}

void Node::stop() {
  if (up()) {
    run([&] { stores->audit.flush_anchor(); });
    around.went_down(*this);
  }
  ++life_;
  close();
  keystore.reset();
  disk.sync();
  state = State::down;
}

void Node::crash(Micros down_time) {
  if (state == State::up) around.went_down(*this);
  ++life_;
  dying_ = power_lost_ = false;
  set_current_disk(&disk);
  crypto().entropy = &entropy;
  close();
  keystore.reset();
  disk.crash();
  state = State::down;
  const std::uint64_t life = life_;
  around.events.after(down_time, [this, life] {
    if (life == life_) start();
  });
}

void Node::work_soon() {
  if (std::exchange(work_planned_, true)) return;
  around.events.after(second, [this] { work(); });
}

void Node::work() {
  work_planned_ = false;
  if (!up()) return;
  const bool done = !serving() || run([&] {
    desk::renew_published(*desk);
    around.renewed(*this);
    for (const store::FeedState& feed : stores->feeds.all())
      if (feed.id.origin != id) lookups->match(feed.id);
    desk::keep_up(*desk, *lookups);
    lookups->plan();
  });
  if (done) around.announce_all(*this);
}

Signature Node::sign(std::string_view key, ByteView message) const {
  return keys::sign(keystore->get(key), message);
}

/// As node/card_file does it: the card stays until it says something else.
void Node::refresh_card() {
  const PublicKey signs = keys::ed25519_public(keystore->get(keys::name::log));
  const PublicKey opens = keys::x25519_public(keystore->get(keys::name::encryption));
  const Hash pin = bakhita::tls_pin(keys::ed25519_public(keystore->get(keys::name::tls)));
  if (card_serial > 0 && signs == log_key && opens == encryption_key && pin == tls_pin) return;
  if (card_serial > 0 && signs != log_key) former_log_keys.insert(former_log_keys.begin(), log_key);
  log_key = signs;
  encryption_key = opens;
  tls_pin = pin;
  ++card_serial;
  card = make_card();
  if (card_serial > 1) around.keys_changed(*this);
}

Bytes Node::make_card() const {
  v1::NodeCard out;
  out.set_format(1);
  out.set_identity_key(text_of(id.bytes));
  out.set_country(country);
  out.set_authority(country + " police");
  out.add_addresses("localhost:" + std::to_string(1'000 + index));
  out.set_log_key(text_of(log_key));
  out.set_tls_pin(text_of(tls_pin));
  out.set_encryption_key(text_of(encryption_key));
  out.set_valid_from(clock.base / second - 86'400);
  out.set_valid_until(clock.base / second + card_life);
  out.set_serial(card_serial);
  return bakhita::make_card(out,
                            [&](ByteView message) { return sign(keys::name::identity, message); });
}

}  // namespace bakhita::simulation
