// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <stdexcept>

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"

/// Who did what, as an auditor reads it. The reading is in the trail before the answer is given.
namespace bakhita::desk {

class BadAuditQuery : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A record is missing, or not what was written; `bakhita audit verify` says more.
class DamagedTrail : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The newest first, a page at a time; a page may be empty and not the last. Throws BadAuditQuery
/// for what is no date or no row, DamagedTrail.
admin::v1::AuditRecords list_audit(Desk& desk, const admin::v1::AuditList& request);

}  // namespace bakhita::desk
