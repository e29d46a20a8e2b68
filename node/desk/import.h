// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"

namespace bakhita::desk {

/// Takes reports in, a batch at a time; each batch is one synced and audited write.
class Importer {
 public:
  /// `strict`: nothing is written, and what could be imported counts as unchanged. Who wants all
  /// rows or none sends them twice: nothing of them is held here meanwhile, however many there are.
  Importer(Desk& desk, std::string source, std::string actor, bool strict);
  void add(const admin::v1::ImportRows& rows);
  /// Totals since the start, with the rejects and invalid identifiers since the last call.
  admin::v1::ImportProgress progress();

 private:
  struct Prepared {
    std::string place;
    std::string problem;
    storage::v1::StoredReport content;
  };
  void commit(std::vector<Prepared> batch);
  Prepared prepare(const admin::v1::ImportRow& row);

  Desk& desk_;
  std::string source_, actor_;
  bool strict_;
  admin::v1::ImportProgress progress_;
  std::map<IdentifierType, std::uint64_t> by_type_;
};

/// Rows in one write: enough to share an fsync, few enough to answer often.
inline constexpr std::size_t import_batch_rows = 1'000;

}  // namespace bakhita::desk
