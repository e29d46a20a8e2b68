// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <stdexcept>

#include "node/desk/desk.h"
#include "protocol/policy/decision.h"

/// What leaves the node as a file.
namespace bakhita::desk {

/// The text is the policy's explanation.
class ExportRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Decides whether something of `from` may be written to a file, and puts the answer into the audit
/// trail before it is. `community` is the one that another's feed belongs to, else missing.
policy::Explanation decide_export(Desk& desk, policy::FileKind file, const NodeId& from,
                                  const store::Community* community, store::AuditEntry entry);

}  // namespace bakhita::desk
