// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"
#include "node/desk/letters.h"

/// Correspondences as people work with them: what is proposed, listed, read, and may be used.
/// Reading content is in the audit trail before the answer is given.
namespace bakhita::desk {

/// Fills in what the operator left out, from the match (recipient, indicator, marks, urgency, and
/// what both sides know) or from the correspondence (recipient, marks, which letter it answers),
/// keeps it as a draft, and sends it when one person is enough. Throws LetterRefused.
admin::v1::LetterWritten write(Desk& desk, const admin::v1::LetterWrite& request);

admin::v1::Drafts list_drafts(const Desk& desk);
/// What is due first stands first.
admin::v1::Threads list_threads(const Desk& desk, const admin::v1::ThreadList& request);
std::optional<admin::v1::ThreadDetail> show_thread(Desk& desk,
                                                   const admin::v1::ThreadShow& request);

/// The decision of the policy with the consents that are in force, audited.
admin::v1::OnwardAnswer use_onward(Desk& desk, const admin::v1::OnwardUse& request);

/// A piece of a received file; the whole is here when all its chunks are.
admin::v1::Chunk read_chunk(Desk& desk, const admin::v1::ChunkGet& request);

/// By its id or a unique beginning.
LetterId draft_named(const Desk& desk, const std::string& beginning);

/// Correspondences in which this node is late, or the peer is.
struct Overdue {
  std::uint64_t ours = 0;
  std::uint64_t theirs = 0;
};
Overdue count_overdue(const Desk& desk);

/// "request", "reply", …: the name of a letter's kind.
std::string kind_of(const v1::Letter& letter);

}  // namespace bakhita::desk
