// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "bakhita/v1/recall.pb.h"
#include "node/desk/recalls.h"

namespace bakhita::desk {

/// What an auditor checks without this node (protocol/feed/recall_evidence.h): one recall, or all
/// of the newest generation in a community, with every member's receipts. Audited. Nothing when
/// there is no such recall or community.
std::optional<v1::RecallEvidence> export_recalls(Desk& desk, const admin::v1::RecallExport& request,
                                                 ByteView own_signed_card);

}  // namespace bakhita::desk
