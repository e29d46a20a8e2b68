// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/cli/cli.h"
#include "node/cli/reply.h"

/// Communities and charters on a terminal.
namespace bakhita::cli {

void print_community(const Context& context, const admin::v1::CommunityView& community);
/// One charter, and how it differs from the one before: `+` widens, `-` narrows, `=` neither.
void print_charter(const Context& context, const admin::v1::CharterView& charter);
std::string difference_text(const admin::v1::CharterDifference& difference);

}  // namespace bakhita::cli
