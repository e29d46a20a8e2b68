// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "bakhita/v1/feed.pb.h"
#include "keys/keystore.h"
#include "node/store/feeds.h"
#include "protocol/feed/lock.h"

/// An origin's and a peer's feeds, each in a database of its own.
namespace bakhita::store {

namespace fs = std::filesystem;

inline constexpr std::uint32_t today = 20'000;

/// One node's database, anchor and feeds, which can be closed and opened again.
class Disk {
 public:
  explicit Disk(const std::string& name)
      : folder_(fs::path(testing::TempDir()) /
                (name + std::to_string(::getpid()) +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    open();
  }
  ~Disk() {
    close();
    fs::remove_all(folder_);
  }
  void open() {
    const bool is_new = !fs::exists(folder_ / "data");
    database = std::make_unique<Database>(folder_ / "data", Database::Options{});
    anchor = std::make_unique<Anchor>(folder_ / "anchor", ByteArray<32>{7}, is_new);
    feeds = std::make_unique<Feeds>(*database, *anchor);
  }
  void close() {
    feeds.reset();
    anchor.reset();
    database.reset();
  }
  const fs::path& folder() const { return folder_; }
  std::unique_ptr<Database> database;
  std::unique_ptr<Anchor> anchor;
  std::unique_ptr<Feeds> feeds;

 private:
  fs::path folder_;
};

struct Origin {
  keys::SecretBytes seed = keys::SecretBytes::copy_of(ByteArray<32>{1, 2, 3});
  PublicKey key = keys::ed25519_public(seed);
  FeedId feed{{{1}}, {{2}}, 1};
  Feeds::Signer signer() const {
    return [this](ByteView text) { return keys::sign(seed, text); };
  }
};

inline Record lock(std::uint32_t number, std::uint32_t expiry_day = today + 10) {
  ByteArray<208> random{};
  for (std::size_t i = 0; i < 4; ++i)
    random[i] = random[32 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  return make_dummy({.community = {{1}}, .node = {{2}}, .epoch = 1, .group = 1}, 24'000, random,
                    480'000, expiry_day);
}

inline std::vector<Record> locks(std::uint32_t from, std::uint32_t count) {
  std::vector<Record> out;
  for (std::uint32_t i = 0; i < count; ++i) out.push_back(lock(from + i));
  return out;
}

inline Record withdrawal_of(std::uint64_t index) {
  v1::Withdraw withdraw;
  withdraw.set_index(index);
  withdraw.set_reason(v1::WITHDRAW_REASON_ERASED);
  return make_record(RecordKind::withdraw, 480'000, today + 10,
                     to_bytes(as_bytes(withdraw.SerializeAsString())));
}

inline Record floor_at(std::uint64_t first) { return make_floor(first, 480'000); }

/// Fetches until the receiver has all, from a floor on where there is one; returns how many ranges
/// it took.
inline int fetch(const Feeds& from, Feeds& to, const Origin& origin) {
  int ranges = 0;
  for (;;) {
    const auto state = to.find(origin.feed);
    const std::uint64_t held = state ? state->size : 0;
    const auto range = from.read(origin.feed, held, 1'000'000, held == 0);
    if (!range) return ranges;
    const auto accepted = to.accept(origin.feed, *range, origin.key, today);
    if (!accepted) ADD_FAILURE() << describe(accepted.error());
    if (!accepted) return ranges;
    ++ranges;
  }
}

}  // namespace bakhita::store
