// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <stdexcept>

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"

/// Who would get what, before anything leaves.
namespace bakhita::desk {

/// There is no such report, community, charter or form.
class NothingToSimulate : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The decisions on the identifiers of a report, or on one that is written, for each member of each
/// community: who would hold it, and whom this node would ask about it. With a proposal's hash, as
/// if that charter were in force and accepted by all. Reading the report is in the audit trail
/// before the answer is given. Throws NothingToSimulate.
admin::v1::PolicySimulated simulate(Desk& desk, const admin::v1::PolicySimulate& request);

}  // namespace bakhita::desk
