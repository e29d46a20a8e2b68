// SPDX-License-Identifier: EUPL-1.2
// Import beside bare RocksDB with batches of the same rows, then search and start over all that was
// imported: desk_bench [REPORTS]
#include <rocksdb/db.h>
#include <sodium.h>

#include <cstdlib>

#include "node/desk/reading.h"
#include "tests/bench/report.h"
#include "tests/support/federation.h"

namespace bakhita::bench {
namespace {

using testing_support::Federation;
using testing_support::TestNode;

std::string phone_of(std::uint64_t i) {
  const std::string digits = std::to_string(100'000'000 + i);
  return "+336" + digits.substr(digits.size() - 8);
}

admin::v1::ImportRows rows_of(std::uint64_t first, std::uint64_t count, std::uint64_t now) {
  admin::v1::ImportRows rows;
  for (std::uint64_t i = first; i < first + count; ++i) {
    auto& report = *rows.add_rows()->mutable_report();
    report.set_id("R" + std::to_string(i));
    report.mutable_received_at()->set_seconds(static_cast<std::int64_t>(now));
    report.set_narrative("Offered work in a restaurant; papers taken on arrival; debt named.");
    auto* identifier = report.add_identifiers();
    identifier->set_type(v1::IDENTIFIER_TYPE_PHONE);
    identifier->set_value(phone_of(i));
    identifier->set_role(v1::SUBJECT_ROLE_RECRUITER);
  }
  return rows;
}

void check(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

/// The rows that one report makes, as random bytes of like size, in synced batches of 1,000
/// reports.
double bare(const std::filesystem::path& folder, std::uint64_t reports, std::size_t report_size) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  rocksdb::DB* raw = nullptr;
  check(rocksdb::DB::Open(options, folder.string(), &raw));
  const std::unique_ptr<rocksdb::DB> db(raw);
  // Report, id, wrapped key, list row, identifier: key and value sizes as in node/store.
  const std::pair<std::size_t, std::size_t> rows[] = {
      {12, report_size}, {16, 28}, {16, 72}, {12, 120}, {16, 160}};
  std::string bytes(report_size + 512, 'x');
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const Stopwatch clock;
  for (std::uint64_t done = 0; done < reports;) {
    rocksdb::WriteBatch batch;
    for (int i = 0; i < 1'000; ++i, ++done)
      for (const auto& [key_size, value_size] : rows) {
        randombytes_buf(bytes.data(), key_size);
        check(batch.Put(rocksdb::Slice(bytes.data(), key_size),
                        rocksdb::Slice(bytes.data() + key_size, value_size)));
      }
    check(db->Write(durable, &batch));
  }
  return static_cast<double>(reports) / clock.seconds();
}

int run(std::uint64_t count) {
  constexpr std::uint64_t step = 1'000;
  Federation federation({"FR", "GB"}, "bench-desk");
  TestNode& node = federation[0];
  const std::uint64_t before = node.desk->database.size_bytes();
  double import_seconds = 0;
  desk::Importer importer(*node.desk, "bench", "bench", false);
  for (std::uint64_t done = 0; done < count; done += step) {
    const auto rows = rows_of(done, step, node.now);
    const Stopwatch clock;
    importer.add(rows);
    import_seconds += clock.seconds();
    importer.progress();
  }
  const double ours = static_cast<double>(count) / import_seconds;
  const double peak = peak_memory_mib();
  const double raw =
      bare(federation[1].folder / "bare", std::min<std::uint64_t>(count, 200'000), 400);
  print("import, one identifier each, encrypted, indexed, audited, synced", ours, "reports/s");
  print("bare RocksDB, rows of the same sizes, synced", raw, "reports/s");
  print("import / bare RocksDB", ours / raw, "ratio");
  print("disk for each report",
        static_cast<double>(node.desk->database.size_bytes() - before) / static_cast<double>(count),
        "bytes");
  print("peak memory during import", peak, "MiB");
  std::vector<double> times;
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    admin::v1::ReportSearch search;
    search.set_type(v1::IDENTIFIER_TYPE_PHONE);
    search.set_value(phone_of(i * 7'919 % count));
    search.set_operator_("bench");
    const Stopwatch clock;
    if (desk::search_reports(*node.desk, search).hits_size() != 1) std::abort();
    times.push_back(clock.seconds() * 1e3);
  }
  const std::string label = " over " + std::to_string(count) + " reports, audited";
  print("search, p50" + label, percentile(times, 0.5), "ms");
  print("search, p99" + label, percentile(times, 0.99), "ms");
  node.close();
  const Stopwatch start;
  node.open();
  print("start with these reports", start.seconds() * 1e3, "ms");
  return 0;
}

}  // namespace
}  // namespace bakhita::bench

int main(int argc, char** argv) {
  return bakhita::bench::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000);
}
