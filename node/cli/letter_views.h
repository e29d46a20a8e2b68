// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/cli/cli.h"

/// Correspondences on a terminal, or as --json.
namespace bakhita::cli {

void show_drafts(const Context& context, const admin::v1::Drafts& drafts);
void show_threads(const Context& context, const admin::v1::Threads& threads);
void show_tallies(const Context& context, const admin::v1::RequestTallies& tallies);
void show_thread(const Context& context, const admin::v1::ThreadDetail& detail);

}  // namespace bakhita::cli
