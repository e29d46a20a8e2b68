// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/charters.h"

#include <algorithm>

#include "keys/rotation.h"
#include "node/store/charters.h"
#include "protocol/community/succession.h"
#include "protocol/feed/merkle.h"

namespace bakhita::desk {
namespace {

using store::Batch;
using store::Community;

/// Proposals kept of one member: whoever writes many blocks nobody's but its own.
constexpr std::size_t proposals_per_member_max = 4;
/// Forks kept as evidence; the first freezes the community, and more prove nothing more.
constexpr std::size_t forks_max = 8;
/// Charters handed to a peer at once; the next announcement goes on.
constexpr std::size_t packages_max = 16;

Bytes serialise(const v1::SignedCharter& package) {
  return to_bytes(as_bytes(package.SerializeAsString()));
}

CommunityId community_of(const v1::Charter& charter) {
  return {to_array<16>(as_bytes(charter.community())).value_or(ByteArray<16>{})};
}

store::AuditEntry entry_of(const Desk& desk, const std::string& actor, const std::string& action,
                           const CharterPackage& package) {
  return desk.entry(actor, action, to_hex(as_bytes(package.charter.community())), {},
                    "epoch " + std::to_string(package.charter.epoch()) + ", " +
                        to_hex(package.hash).substr(0, 16));
}

/// The secret for this node, if it is the one that the members signed for.
std::optional<keys::SecretBytes> open_secret(const Desk& desk, const CharterPackage& package) {
  for (const v1::SealedSecret& sealed : package.signed_charter.secrets()) {
    if (sealed.node() != as_text(desk.self.bytes)) continue;
    auto secret =
        keys::open_sealed(desk.keystore, keys::name::encryption, as_bytes(sealed.sealed()));
    if (secret && secret->size() == 32 &&
        as_text(commit_to_secret(secret->view())) == package.charter.key_commitment())
      return secret;
  }
  return std::nullopt;
}

/// Durable before the charter is used. False when there is none that this node can open. Two
/// branches of a fork may have two secrets of one key epoch: that of the other one goes.
bool keep_secret(Desk& desk, const CharterPackage& package) {
  const std::string name =
      keys::name::community_secret(community_of(package.charter), package.charter.key_epoch());
  const bool has_one = desk.keystore.has(name);
  if (has_one &&
      as_text(commit_to_secret(desk.keystore.get(name).view())) == package.charter.key_commitment())
    return true;
  auto secret = open_secret(desk, package);
  const bool opened = secret.has_value();
  if (!has_one && !opened) return false;
  std::map<std::string, std::optional<keys::SecretBytes>> change;
  change.emplace(name, std::move(secret));
  desk.keystore.change(std::move(change));
  return opened;
}

void put_in_force(Desk& desk, Community community, const CharterPackage& package,
                  const std::string& actor) {
  keep_secret(desk, package);
  community.put_in_force(package, desk.self);
  Batch rows;
  store::put_charter(rows, community.id, package.charter.epoch(), package.serialise());
  // Those of this epoch are decided; a later one may wait for this charter.
  for (const Bytes& bytes : store::proposals(desk.database, community.id))
    if (const auto proposal = open_package(bytes);
        proposal && proposal->charter.epoch() <= package.charter.epoch())
      store::erase_proposal(rows, community.id, proposal->hash);
  desk.members.put(community, entry_of(desk, actor, "community.in-force", package),
                   std::move(rows));
}

/// The package with everything that is known of its charter besides.
CharterPackage with_known(const CharterPackage& package, ByteView known) {
  v1::SignedCharter stored;
  if (!stored.ParseFromArray(known.data(), static_cast<int>(known.size())) ||
      stored.charter() != package.signed_charter.charter())
    return package;
  const auto both = open_package(serialise(merged(stored, package.signed_charter)));
  if (both) return *both;
  // Too much came beside it: what is held has its signatures already.
  const auto held = open_package(known);
  return held ? *held : package;
}

Learning learn_more(Desk& desk, const Community& community, const CharterPackage& package,
                    const std::string& actor) {
  const CharterPackage both = with_known(package, community.signed_charter);
  if (both.serialise() == community.signed_charter) return {};
  put_in_force(desk, community, both, actor);
  return {.learned = Learned::more, .fault = {}, .seen = {}};
}

/// Is it in force at its epoch, with the signatures that it came with? False when the one before it
/// is not known here.
bool is_in_force(const Desk& desk, const Community& community, const CharterPackage& package) {
  const std::uint32_t epoch = package.charter.epoch();
  if (epoch == 1) {
    // Anybody can sign a first charter under any community's id: only its founder can contradict
    // himself.
    const auto ours = store::charter(desk.database, community.id, 1);
    const auto first =
        ours ? open_package(*ours) : CharterResult<CharterPackage>(CharterFault::malformed);
    return first && first->charter.steward() == package.charter.steward() &&
           !check_founding(package);
  }
  const auto before = store::charter(desk.database, community.id, epoch - 1);
  const auto previous =
      before ? open_package(*before) : CharterResult<CharterPackage>(CharterFault::malformed);
  return previous && !check_succession(previous->charter, previous->hash, package);
}

Learning learn_rival(Desk& desk, Community community, const CharterPackage& package,
                     const std::string& actor) {
  if (store::forks(desk.database, community.id).size() >= forks_max) return {};
  const bool in_chain = std::ranges::find(community.chain, package.hash) != community.chain.end();
  // One that this node missed while it was away contradicts none that it knows.
  const bool missed = !store::charter(desk.database, community.id, package.charter.epoch());
  if (in_chain || missed || !is_in_force(desk, community, package)) return {};
  for (const Bytes& known : store::forks(desk.database, community.id))
    if (const auto fork = open_package(known); fork && fork->hash == package.hash) return {};
  Batch rows;
  store::put_fork(rows, community.id, package.hash, package.serialise());
  community.frozen = true;
  community.derive();
  desk.members.put(community, entry_of(desk, actor, "community.fork", package), std::move(rows));
  return {.learned = Learned::fork, .fault = {}, .seen = {}};
}

Learning learn_proposal(Desk& desk, const Community& community, const CharterPackage& package,
                        CharterFault waits_for, const std::string& actor) {
  const NodeId proposer{
      to_array<32>(as_bytes(package.charter.proposer())).value_or(ByteArray<32>{})};
  if (!package.is_signed_by(proposer) || !names_member(community.newest, proposer))
    return {.learned = Learned::nothing, .fault = CharterFault::proposer_missing, .seen = {}};
  const auto stored = store::proposals(desk.database, community.id);
  const Bytes bytes = package.serialise();
  const bool known = std::ranges::find(stored, bytes) != stored.end();
  bool is_new = true;
  std::size_t by_proposer = 0;
  for (const Bytes& other : stored) {
    v1::SignedCharter outer;
    v1::Charter charter;
    if (!outer.ParseFromArray(other.data(), static_cast<int>(other.size())) ||
        !charter.ParseFromString(outer.charter()))
      continue;
    is_new = is_new && outer.charter() != package.signed_charter.charter();
    by_proposer += charter.proposer() == package.charter.proposer() ? 1 : 0;
  }
  if (known || (is_new && by_proposer >= proposals_per_member_max))
    return {.learned = Learned::nothing, .fault = waits_for, .seen = {}};
  Batch rows;
  store::put_proposal(rows, community.id, package.hash, bytes);
  desk.audit.commit(std::move(rows), entry_of(desk, actor, "community.proposed", package));
  return {.learned = Learned::proposed, .fault = waits_for, .seen = {}};
}

Learning learn_next(Desk& desk, const Community& community, CharterPackage package,
                    const std::string& actor) {
  if (const auto fault = check_contents(community.newest, community.charter_hash, package.charter))
    return {.learned = Learned::nothing, .fault = fault, .seen = {}};
  for (const Bytes& stored : store::proposals(desk.database, community.id))
    package = with_known(package, stored);
  const auto waits_for = check_succession(community.newest, community.charter_hash, package);
  if (waits_for) return learn_proposal(desk, community, package, *waits_for, actor);
  put_in_force(desk, community, package, actor);
  return {.learned = Learned::in_force, .fault = {}, .seen = {}};
}

/// Without what nodes added that neither the charter nor the one in force names: keys are free to
/// make, and their signatures would leave no room for those of members.
CharterPackage of_members(const CharterPackage& package, const v1::Charter& newest) {
  const auto is_named = [&](const std::string& node) {
    const auto id = to_array<32>(as_bytes(node));
    return id && (names_member(package.charter, {*id}) || names_member(newest, {*id}));
  };
  v1::SignedCharter kept;
  kept.set_charter(package.signed_charter.charter());
  for (const v1::CharterSignature& signature : package.signed_charter.signatures())
    if (is_named(signature.node())) *kept.add_signatures() = signature;
  for (const v1::SealedSecret& secret : package.signed_charter.secrets())
    if (is_named(secret.node())) *kept.add_secrets() = secret;
  CharterPackage out = package;
  out.signed_charter = std::move(kept);
  std::erase_if(out.signers,
                [&](const NodeId& node) { return !is_named(std::string(as_text(node.bytes))); });
  return out;
}

Learning learn(Desk& desk, const CharterPackage& came, const std::string& actor) {
  const auto community = desk.members.community(community_of(came.charter));
  if (!community) return {};
  const CharterPackage package = of_members(came, community->newest);
  Learning out;
  if (package.hash == community->charter_hash)
    out = learn_more(desk, *community, package, actor);
  else if (package.charter.epoch() <= community->newest.epoch())
    out = learn_rival(desk, *community, package, actor);
  else if (package.charter.epoch() == community->newest.epoch() + 1 && !community->frozen)
    out = learn_next(desk, *community, package, actor);
  // Who tells a proposal is not there yet.
  if (is_in_force(desk, *community, package))
    out.seen = std::pair{community->id, package.charter.epoch()};
  return out;
}

std::optional<CharterPackage> package_of(const Desk& desk, const Community& community,
                                         const Hash& hash) {
  std::vector<Bytes> all = store::proposals(desk.database, community.id);
  all.push_back(community.signed_charter);
  for (const Bytes& bytes : all)
    if (const auto package = open_package(bytes); package && package->hash == hash) return *package;
  return std::nullopt;
}

/// The charter in force and those that contradict it; proposals are none of them.
std::vector<CharterPackage> rivals(const Desk& desk, const Community& community) {
  std::vector<Bytes> all = store::forks(desk.database, community.id);
  all.push_back(community.signed_charter);
  std::vector<CharterPackage> out;
  for (const Bytes& bytes : all)
    if (auto package = open_package(bytes)) out.push_back(std::move(*package));
  return out;
}

/// Charters of the chain after `epoch` that name the peer, or removed it: what was decided while it
/// was no member is not its business.
std::vector<Bytes> charters_about(const Desk& desk, const Community& community, const NodeId& peer,
                                  std::uint32_t epoch) {
  std::vector<Bytes> out;
  bool was = false;
  for (Bytes& bytes : store::charters(desk.database, community.id)) {
    v1::SignedCharter package;
    v1::Charter charter;
    if (!package.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
        !charter.ParseFromString(package.charter()))
      throw store::StorageError("a charter's row is malformed");
    const bool is = names_member(charter, peer);
    if ((is || std::exchange(was, is)) && charter.epoch() > epoch) out.push_back(std::move(bytes));
    was = is;
  }
  return out;
}

}  // namespace

Learning learn_charter(Desk& desk, ByteView bytes, const std::string& actor) {
  const std::lock_guard governing(desk.governing);
  // What is known whole costs no signature check.
  for (const Community& community : desk.members.communities())
    if (as_text(community.signed_charter) == as_text(bytes))
      return {.learned = Learned::nothing,
              .fault = {},
              .seen = std::pair{community.id, community.newest.epoch()}};
  const auto package = open_package(bytes);
  if (!package) return {.learned = Learned::nothing, .fault = package.error(), .seen = {}};
  return learn(desk, *package, actor);
}

bool join_under(Desk& desk, const CharterPackage& package, const std::string& actor) {
  const std::lock_guard governing(desk.governing);
  if (!keep_secret(desk, package)) return false;
  Community community;
  if (const auto known = desk.members.community(community_of(package.charter))) community = *known;
  v1::SignedCharter signed_charter = package.signed_charter;
  const keys::SecretBytes identity = desk.keystore.get(keys::name::identity);
  add_signature(signed_charter, desk.self,
                [&](ByteView message) { return keys::sign(identity, message); });
  put_in_force(desk, community, open_package(serialise(signed_charter)).value(), actor);
  return true;
}

Learning sign_charter(Desk& desk, const CommunityId& id, const Hash& hash,
                      const std::string& actor) {
  const std::lock_guard governing(desk.governing);
  const auto community = desk.members.community(id);
  auto package = community ? package_of(desk, *community, hash) : std::nullopt;
  if (!package) return {};
  const keys::SecretBytes identity = desk.keystore.get(keys::name::identity);
  add_signature(package->signed_charter, desk.self,
                [&](ByteView message) { return keys::sign(identity, message); });
  desk.audit.commit({}, entry_of(desk, actor, "community.sign", *package));
  return learn(desk, open_package(serialise(package->signed_charter)).value(), actor);
}

std::optional<Hash> signed_otherwise(const Desk& desk, const Community& community,
                                     std::uint32_t epoch, const Hash& hash) {
  for (const Bytes& bytes : store::proposals(desk.database, community.id))
    if (const auto other = open_package(bytes); other && other->charter.epoch() == epoch &&
                                                other->hash != hash &&
                                                other->is_signed_by(desk.self))
      return other->hash;
  return std::nullopt;
}

void leave_community(Desk& desk, const CommunityId& id, const std::string& actor) {
  const std::lock_guard governing(desk.governing);
  const auto known = desk.members.community(id);
  if (!known) return;
  Community community = *known;
  const keys::SecretBytes identity = desk.keystore.get(keys::name::identity);
  community.add(make_departure(community.charter_hash, desk.self,
                               [&](ByteView message) { return keys::sign(identity, message); }));
  desk.members.put(community, desk.entry(actor, "community.leave", to_hex(id.bytes)));
}

std::vector<Hash> rivals_named(const Desk& desk, const Community& community,
                               std::string_view beginning) {
  std::vector<Hash> out;
  for (const CharterPackage& rival : rivals(desk, community))
    if (to_hex(rival.hash).starts_with(beginning)) out.push_back(rival.hash);
  return out;
}

bool settle_fork(Desk& desk, const CommunityId& id, const Hash& hash, const std::string& actor) {
  const std::lock_guard governing(desk.governing);
  const auto known = desk.members.community(id);
  if (!known || !known->frozen) return false;
  Community community = *known;
  const std::vector<CharterPackage> all = rivals(desk, community);
  const auto chosen = std::ranges::find(all, hash, &CharterPackage::hash);
  if (chosen == all.end()) return false;
  community.frozen = false;
  if (chosen->hash == community.charter_hash) {
    community.derive();
    desk.members.put(community, entry_of(desk, actor, "community.settle", *chosen));
    return true;
  }
  // The other branch is kept as evidence, like the one that froze the community.
  Batch rows;
  store::put_fork(rows, id, community.charter_hash, community.signed_charter);
  desk.audit.commit(std::move(rows), entry_of(desk, actor, "community.settle", *chosen));
  put_in_force(desk, std::move(community), *chosen, actor);
  return true;
}

std::vector<CharterPackage> charters_named(const Desk& desk, const std::string& name,
                                           const std::string& hash) {
  std::vector<CharterPackage> out;
  for (const Community& community : desk.members.communities()) {
    const bool by_id = name.size() >= 6 && to_hex(community.id.bytes).starts_with(name);
    if (!name.empty() && community.newest.name() != name && !by_id) continue;
    for (const auto& rows :
         {store::charters(desk.database, community.id), store::forks(desk.database, community.id),
          store::proposals(desk.database, community.id)})
      for (const Bytes& bytes : rows)
        if (auto package = open_package(bytes); package && to_hex(package->hash).starts_with(hash))
          out.push_back(std::move(*package));
  }
  return out;
}

std::vector<session::CharterNews> packages_for(
    const Desk& desk, const NodeId& peer,
    const std::map<CommunityId, std::uint32_t>& their_epochs) {
  std::vector<session::CharterNews> out;
  for (const Community& community : desk.members.communities()) {
    const bool is_member = names_member(community.newest, peer);
    if (!is_member && !community.had_member(peer)) continue;
    const auto theirs = their_epochs.find(community.id);
    const bool is_known = theirs != their_epochs.end();
    std::vector<Bytes> chain = charters_about(desk, community, peer, is_known ? theirs->second : 0);
    if (!is_known && chain.size() > 1) chain.erase(chain.begin(), chain.end() - 1);
    if (chain.size() > packages_max) chain.resize(packages_max);
    if (is_member) chain.push_back(community.signed_charter);
    // A charter in force is told once, whoever signs it later; a proposal with each signature.
    for (Bytes& package : chain) {
      v1::SignedCharter parsed;
      parsed.ParseFromArray(package.data(), static_cast<int>(package.size()));
      out.push_back({to_bytes(charter_hash(parsed)), std::move(package)});
    }
    if (!is_member) continue;
    for (Bytes& package : store::proposals(desk.database, community.id))
      out.push_back({to_bytes(sha256(package)), std::move(package)});
    for (Bytes& package : store::forks(desk.database, community.id))
      out.push_back({to_bytes(sha256(package)), std::move(package)});
  }
  return out;
}

}  // namespace bakhita::desk
