// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sodium.h>

#include <map>
#include <string>
#include <vector>

#include "protocol/community/charter.h"
#include "protocol/feed/merkle.h"

/// Members with keys made from their names, and charters of theirs.
namespace bakhita::testing_support {

inline std::string bytes_of(ByteView bytes) { return std::string(as_text(bytes)); }

struct Key {
  NodeId node;
  ByteArray<64> secret{};
};

inline const Key& key_of(const std::string& country) {
  static std::map<std::string, Key> made;
  const auto [entry, is_new] = made.try_emplace(country);
  if (is_new) {
    const Hash seed = sha256(as_bytes(country));
    crypto_sign_seed_keypair(entry->second.node.bytes.data(), entry->second.secret.data(),
                             seed.data());
  }
  return entry->second;
}
inline NodeId id_of(const std::string& country) { return key_of(country).node; }

inline Sign signer(const std::string& country) {
  return [country](ByteView message) {
    Signature out;
    crypto_sign_detached(out.data(), nullptr, message.data(), message.size(),
                         key_of(country).secret.data());
    return out;
  };
}

inline void add_member(v1::Charter& charter, const std::string& country) {
  auto* member = charter.add_members();
  member->set_node(bytes_of(id_of(country).bytes));
  member->set_card_hash(bytes_of(sha256(as_bytes("card of " + country))));
  member->set_country(country);
  member->set_encryption_key(bytes_of(sha256(as_bytes("key of " + country))));
}

/// One row: all members with all.
inline void let_all_exchange(v1::Charter& charter) {
  charter.clear_bases();
  v1::LegalBasis& basis = *charter.add_bases();
  basis.set_basis("invented treaty");
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(charter.members_size()); ++i) {
    basis.add_from(i);
    basis.add_to(i);
  }
}

/// A valid first charter; the first country is the steward.
inline v1::Charter first_charter(const std::vector<std::string>& countries) {
  v1::Charter out;
  out.set_community(std::string(16, 'c'));
  out.set_epoch(1);
  out.set_key_epoch(1);
  out.set_name("test");
  out.set_steward(bytes_of(id_of(countries[0]).bytes));
  out.set_proposer(out.steward());
  for (const std::string& country : countries) add_member(out, country);
  out.add_purposes("investigation");
  out.add_purposes("victim-identification");
  out.set_highest_tlp(4);
  out.set_retention_days(365);
  out.set_live_locks_per_origin(1'000);
  out.set_key_commitment(bytes_of(commit_to_secret(as_bytes("secret 1"))));
  let_all_exchange(out);
  return out;
}

/// Signed by the countries; the outcome of reading it back.
inline CharterResult<CharterPackage> signed_by(const v1::Charter& charter,
                                               const std::vector<std::string>& countries) {
  v1::SignedCharter package = make_package(charter);
  for (const std::string& country : countries)
    add_signature(package, id_of(country), signer(country));
  return open_package(as_bytes(package.SerializeAsString()));
}

/// The next charter, with the same contents.
inline v1::Charter next_of(const v1::Charter& previous) {
  v1::Charter out = previous;
  out.set_epoch(previous.epoch() + 1);
  out.set_previous(bytes_of(charter_hash(make_package(previous))));
  return out;
}

inline void remove_member(v1::Charter& charter, const std::string& country) {
  const auto place = place_of(charter, id_of(country));
  charter.mutable_members()->DeleteSubrange(static_cast<int>(*place), 1);
  let_all_exchange(charter);
}

inline void renew_keys(v1::Charter& charter) {
  charter.set_key_epoch(charter.key_epoch() + 1);
  charter.set_key_commitment(
      bytes_of(commit_to_secret(as_bytes("secret " + std::to_string(charter.key_epoch())))));
}

}  // namespace bakhita::testing_support
