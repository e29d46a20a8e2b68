// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>

#include "node/cli/cli.h"

namespace bakhita::cli {

inline constexpr std::string_view recalls_label = "BAKHITA RECALLS";

/// Checks what `recall export` wrote against the origin's card, off line, and says what it proves.
/// Throws CommandError.
void verify_recall_file(const Context& context, const std::filesystem::path& file,
                        const std::filesystem::path& card_file);

}  // namespace bakhita::cli
