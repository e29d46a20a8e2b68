// SPDX-License-Identifier: EUPL-1.2
#include "node/store/reports.h"

#include <sodium.h>

#include <algorithm>
#include <set>

#include "node/store/lacking_keys.h"
#include "node/store/sealing.h"
#include "protocol/limits.h"

namespace bakhita::store {
namespace {

constexpr std::string_view next_number_key = "next-report-number";
constexpr std::string_view dropped_key = "dropped-reports";
/// Deletions that are written at once.
constexpr std::size_t drop_step_bytes = 4 << 20;
/// Bucket keys made at once: one keystore write for 65,536 reports.
constexpr std::uint64_t buckets_ahead = 16;

std::uint64_t bucket_of(std::uint64_t number) { return number / limits::reports_per_bucket; }

Bytes report_row_key(std::uint64_t number, std::uint32_t version) {
  return ByteWriter().u64(number).u32(version).take();
}
Bytes wrapped_key_key(std::uint64_t number) {
  return ByteWriter().u64(bucket_of(number)).u64(number).take();
}
Bytes generation_key(std::uint64_t bucket) {
  return ByteWriter().text("bucket/").u64(bucket).take();
}
Bytes position_key(std::uint64_t number) {
  return ByteWriter().text("list-row/").u64(number).take();
}
Bytes place(std::string_view table, ByteView key) {
  return ByteWriter().text(table).u8(0).raw(key).take();
}

std::string key_name(std::uint64_t bucket, std::uint32_t generation) {
  return keys::name::bucket(bucket) + "/" + std::to_string(generation);
}

/// The generations of each bucket's key that the keystore has.
std::map<std::uint64_t, std::set<std::uint32_t>> generations_held(const keys::Keystore& keystore) {
  std::map<std::uint64_t, std::set<std::uint32_t>> out;
  for (const std::string& name : keystore.names()) {
    if (!name.starts_with("bucket/")) continue;
    const std::size_t slash = name.rfind('/');
    out[std::stoull(name.substr(7, slash - 7))].insert(
        static_cast<std::uint32_t>(std::stoul(name.substr(slash + 1))));
  }
  return out;
}

Bytes encode(const DroppedReports& dropped) {
  return ByteWriter().u64(dropped.count).u32(dropped.first_day).u32(dropped.last_day).take();
}

/// Rows sort newest first: the day received, turned round.
Bytes list_key(const storage::v1::ReportRow& row, std::uint64_t number) {
  std::uint64_t day = 0;
  for (char c : row.received_at().substr(0, 10))
    if (c >= '0' && c <= '9') day = day * 10 + static_cast<std::uint64_t>(c - '0');
  return ByteWriter().u32(~static_cast<std::uint32_t>(day)).u64(~number).take();
}

std::uint64_t number_of(const Bytes& value) { return ByteReader(value).u64(); }

/// Sealed rows carry a commitment to their key: AEAD alone lets one ciphertext open under two keys.
Bytes seal_committed(const ByteArray<32>& key, ByteView plain, ByteView where) {
  ByteArray<32> commitment;
  crypto_generichash(commitment.data(), commitment.size(), where.data(), where.size(), key.data(),
                     key.size());
  return ByteWriter().raw(commitment).raw(seal(key, plain, where)).take();
}

Bytes open_committed(const ByteArray<32>& key, ByteView sealed, ByteView where) {
  ByteArray<32> commitment;
  crypto_generichash(commitment.data(), commitment.size(), where.data(), where.size(), key.data(),
                     key.size());
  if (sealed.size() < commitment.size() ||
      sodium_memcmp(commitment.data(), sealed.data(), commitment.size()) != 0)
    throw StorageError("a report's row is not under its key: damaged or moved");
  return unseal(key, sealed.subspan(commitment.size()), where);
}

template <class Message>
Message parse(const Bytes& plain) {
  Message out;
  if (!out.ParseFromArray(plain.data(), static_cast<int>(plain.size())))
    throw StorageError("a report's row is malformed");
  return out;
}

}  // namespace

Reports::Reports(Database& database, keys::Keystore& keystore)
    : database_(database), keystore_(keystore), id_key_(keystore.derive("report-ids").view()) {
  if (const auto stored = database.get(Table::meta, as_bytes(next_number_key)))
    next_number_ = number_of(*stored);
  find_outdated();
}

std::uint32_t Reports::bucket_generation(std::uint64_t bucket) const {
  const auto stored = database_.get(Table::meta, generation_key(bucket));
  return stored ? ByteReader(*stored).u32() : 0;
}

void Reports::ensure_bucket_keys(std::uint64_t bucket) {
  if (keystore_.has(key_name(bucket, bucket_generation(bucket)))) return;
  std::map<std::string, std::optional<keys::SecretBytes>> fresh;
  for (std::uint64_t i = bucket; i < bucket + buckets_ahead; ++i)
    if (!keystore_.has(key_name(i, bucket_generation(i))))
      fresh.emplace(key_name(i, bucket_generation(i)), keys::SecretBytes::random(32));
  keystore_.change(std::move(fresh));
}

ByteArray<32> Reports::bucket_key(std::uint64_t bucket) const {
  const std::lock_guard lock(mutex_);
  return locked_bucket_key(bucket);
}

const ByteArray<32>& Reports::locked_bucket_key(std::uint64_t bucket) const {
  if (cached_bucket_ != bucket) {
    cached_key_ =
        keys::SecretKey(keystore_.get(key_name(bucket, bucket_generation(bucket))).view());
    cached_bucket_ = bucket;
  }
  return cached_key_;
}

std::optional<ByteArray<32>> Reports::report_key(std::uint64_t number) const {
  const Bytes key = wrapped_key_key(number);
  // Row and bucket key are of one generation: an erasure replaces both under the lock.
  const std::lock_guard lock(mutex_);
  const auto wrapped = database_.get(Table::report_keys, key);
  if (!wrapped) return std::nullopt;
  return to_array<32>(
      unseal(locked_bucket_key(bucket_of(number)), *wrapped, place("report_keys", key)));
}

bool Reports::holds(std::uint64_t number) const {
  return database_.get(Table::report_keys, wrapped_key_key(number)).has_value();
}

std::optional<ReportHead> Reports::find(std::string_view id) const {
  const auto row = database_.get(Table::report_ids, keyed_hash(id_key_, as_bytes(id)));
  if (!row) return std::nullopt;
  ByteReader in(*row);
  ReportHead out;
  out.number = in.u64();
  out.version = in.u32();
  out.digest = to_array<16>(in.raw(16)).value_or(ByteArray<16>{});
  return out;
}

ByteArray<16> Reports::digest(const storage::v1::StoredReport& content) const {
  storage::v1::StoredReport without_version = content;
  without_version.mutable_report()->clear_version();
  return keyed_hash(id_key_, as_bytes(without_version.SerializeAsString()));
}

ReportHead Reports::put(Batch& batch, const std::optional<ReportHead>& head,
                        const storage::v1::StoredReport& content,
                        const storage::v1::ReportRow& row) {
  ReportHead next{.number = head ? head->number : next_number_,
                  .version = head ? head->version + 1 : 1,
                  .digest = digest(content)};
  ByteArray<32> key;
  if (head) {
    key = report_key(next.number).value();
    if (const auto position = database_.get(Table::meta, position_key(next.number)))
      batch.erase(Table::report_filters, *position);
  } else {
    ++next_number_;
    ensure_bucket_keys(bucket_of(next.number));
    randombytes_buf(key.data(), key.size());
    const Bytes wrapped_at = wrapped_key_key(next.number);
    batch.put(Table::report_keys, wrapped_at,
              seal(bucket_key(bucket_of(next.number)), key, place("report_keys", wrapped_at)));
    batch.put(Table::meta, as_bytes(next_number_key), number_key(next_number_));
  }
  storage::v1::StoredReport stored = content;
  stored.mutable_report()->set_version(next.version);
  const Bytes at = report_row_key(next.number, next.version);
  batch.put(Table::reports, at,
            seal_committed(key, as_bytes(stored.SerializeAsString()), place("reports", at)));
  storage::v1::ReportRow listed = row;
  listed.set_version(next.version);
  const Bytes position = list_key(listed, next.number);
  batch.put(
      Table::report_filters, position,
      seal_committed(key, as_bytes(listed.SerializeAsString()), place("report_filters", position)));
  batch.put(Table::meta, position_key(next.number), position);
  ByteWriter id_row;
  batch.put(Table::report_ids, keyed_hash(id_key_, as_bytes(content.report().id())),
            id_row.u64(next.number).u32(next.version).raw(next.digest).view());
  return next;
}

std::optional<storage::v1::StoredReport> Reports::load(std::uint64_t number,
                                                       std::uint32_t version) const {
  const auto key = report_key(number);
  const Bytes at = report_row_key(number, version);
  const auto row = database_.get(Table::reports, at);
  if (!key || !row) return std::nullopt;
  return parse<storage::v1::StoredReport>(open_committed(*key, *row, place("reports", at)));
}

std::optional<storage::v1::ReportRow> Reports::row(std::uint64_t number) const {
  const auto position = database_.get(Table::meta, position_key(number));
  if (!position) return std::nullopt;
  const auto sealed = database_.get(Table::report_filters, *position);
  const auto key = report_key(number);
  if (!sealed || !key) return std::nullopt;
  return parse<storage::v1::ReportRow>(
      open_committed(*key, *sealed, place("report_filters", *position)));
}

void Reports::for_each_row(
    ByteView after,
    const std::function<bool(ByteView, const storage::v1::ReportRow&)>& visit) const {
  database_.scan(Table::report_filters, {}, after, [&](ByteView position, ByteView sealed) {
    if (as_text(position) == as_text(after)) return true;
    const std::uint64_t number = ~ByteReader(position.subspan(4)).u64();
    const auto key = report_key(number);
    if (!key) return true;
    return visit(position, parse<storage::v1::ReportRow>(
                               open_committed(*key, sealed, place("report_filters", position))));
  });
}

std::size_t Reports::erase(std::string_view id, Batch batch,
                           const std::function<void(Batch)>& commit) {
  const auto head = find(id);
  if (!head) return 0;
  const std::uint64_t bucket = bucket_of(head->number);
  const std::uint32_t generation = bucket_generation(bucket);
  const ByteArray<32> old_key = bucket_key(bucket);
  std::map<std::string, std::optional<keys::SecretBytes>> added;
  added.emplace(key_name(bucket, generation + 1), keys::SecretBytes::random(32));
  keystore_.change(std::move(added));
  // From here on a crash leaves one key too many, which finish_erasures destroys.
  const auto new_key = to_array<32>(keystore_.get(key_name(bucket, generation + 1)).view()).value();
  std::size_t rewrapped = 0;
  database_.scan(Table::report_keys, number_key(bucket), {}, [&](ByteView at, ByteView wrapped) {
    if (ByteReader(at.subspan(8)).u64() == head->number) return true;
    const Bytes key = unseal(old_key, wrapped, place("report_keys", at));
    batch.put(Table::report_keys, at, seal(new_key, key, place("report_keys", at)));
    ++rewrapped;
    return true;
  });
  batch.erase(Table::report_keys, wrapped_key_key(head->number));
  for (std::uint32_t version = 1; version <= head->version; ++version)
    batch.erase(Table::reports, report_row_key(head->number, version));
  if (const auto position = database_.get(Table::meta, position_key(head->number)))
    batch.erase(Table::report_filters, *position);
  batch.erase(Table::meta, position_key(head->number));
  batch.erase(Table::report_ids, keyed_hash(id_key_, as_bytes(id)));
  batch.put(Table::meta, generation_key(bucket), ByteWriter().u32(generation + 1).view());
  {
    const std::lock_guard lock(mutex_);  // who reads meanwhile waits: see report_key
    commit(std::move(batch));
    cached_bucket_ = ~0ull;
  }
  std::map<std::string, std::optional<keys::SecretBytes>> destroyed;
  destroyed.emplace(key_name(bucket, generation), std::nullopt);
  keystore_.change(std::move(destroyed));
  return rewrapped;
}

void Reports::finish_erasures() {
  std::map<std::string, std::optional<keys::SecretBytes>> unused;
  for (const auto& [bucket, generations] : generations_held(keystore_))
    for (const std::uint32_t generation : generations)
      if (generation != bucket_generation(bucket))
        unused.emplace(key_name(bucket, generation), std::nullopt);
  if (!unused.empty()) keystore_.change(std::move(unused));
}

/// Buckets without the key that the database names.
void Reports::find_outdated() {
  const auto held = generations_held(keystore_);
  for (const auto& [bucket, generations] : held) {
    const std::uint32_t named = bucket_generation(bucket), newest = *generations.rbegin();
    if (newest > named && !generations.contains(named)) outdated_.emplace(bucket, newest);
  }
  const std::uint64_t used = next_number_ == 0 ? 0 : bucket_of(next_number_ - 1) + 1;
  for (std::uint64_t bucket = 0; bucket < used; ++bucket)
    if (!outdated_.contains(bucket) && !keystore_.has(key_name(bucket, bucket_generation(bucket))))
      refuse_keystore(keystore_, "reports");
}

std::vector<std::uint64_t> Reports::outdated() const {
  std::vector<std::uint64_t> out;
  for (const auto& [bucket, generation] : outdated_) out.push_back(bucket);
  return out;
}

/// Its row for lists is sealed; the row's place says when it was received.
void Reports::drop_report(std::uint64_t number, std::uint32_t version, DroppedReports& dropped,
                          Batch& batch) const {
  batch.erase(Table::report_keys, wrapped_key_key(number));
  for (std::uint32_t each = 1; each <= version; ++each)
    batch.erase(Table::reports, report_row_key(number, each));
  ++dropped.count;
  const auto position = database_.get(Table::meta, position_key(number));
  if (!position) return;
  batch.erase(Table::report_filters, *position);
  batch.erase(Table::meta, position_key(number));
  const std::uint32_t day = ~ByteReader(*position).u32();
  dropped.first_day = dropped.first_day == 0 ? day : std::min(dropped.first_day, day);
  dropped.last_day = std::max(dropped.last_day, day);
}

void Reports::drop_outdated(const std::function<void(Batch)>& commit) {
  DroppedReports dropped = this->dropped();
  Batch batch;
  database_.scan(Table::report_ids, {}, {}, [&](ByteView key, ByteView row) {
    ByteReader in(row);
    const std::uint64_t number = in.u64();
    const std::uint32_t version = in.u32();
    if (!outdated_.contains(bucket_of(number))) return true;
    drop_report(number, version, dropped, batch);
    batch.erase(Table::report_ids, key);
    if (batch.size_bytes() < drop_step_bytes) return true;
    batch.put(Table::meta, as_bytes(dropped_key), encode(dropped));
    database_.commit(std::exchange(batch, Batch()));
    return true;
  });
  for (const auto& [bucket, generation] : outdated_)
    batch.put(Table::meta, generation_key(bucket), ByteWriter().u32(generation).view());
  if (dropped.count > 0) batch.put(Table::meta, as_bytes(dropped_key), encode(dropped));
  commit(std::move(batch));
  outdated_.clear();
  const std::lock_guard lock(mutex_);
  cached_bucket_ = ~0ull;
}

DroppedReports Reports::dropped() const {
  const auto row = database_.get(Table::meta, as_bytes(dropped_key));
  if (!row) return {};
  ByteReader in(*row);
  DroppedReports out;
  out.count = in.u64();
  out.first_day = in.u32();
  out.last_day = in.u32();
  return out;
}

void Reports::forget_dropped(Batch& batch) { batch.erase(Table::meta, as_bytes(dropped_key)); }

}  // namespace bakhita::store
