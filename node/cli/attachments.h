// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>

#include "bakhita/v1/letter.pb.h"
#include "node/cli/cli.h"

/// Files that go with letters, in pieces between disk and daemon; never whole in memory.
namespace bakhita::cli {

/// Hands the file to the daemon, and says how a letter names it.
v1::Attachment upload_attachment(const Context& context, const std::filesystem::path& file);

/// Writes a received file; it appears under its name only when its SHA-256 is right.
void download_attachment(const Context& context, const std::string& letter, const std::string& name,
                         const std::filesystem::path& out);

}  // namespace bakhita::cli
