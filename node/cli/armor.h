// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "node/cli/cli.h"

/// Signed objects as text that survives mail: PEM-like lines around base64.
namespace bakhita::cli {

inline constexpr std::string_view charter_label = "BAKHITA CHARTER";
inline constexpr std::string_view evidence_label = "BAKHITA SPLIT VIEW";
inline constexpr std::string_view card_label = "BAKHITA NODE CARD";

/// "-----BEGIN label-----", base64 in lines of 64, "-----END label-----".
std::string armor(std::string_view label, std::string_view bytes);

/// The bytes of the armour with this label in `text`; text around it is ignored. `what` names the
/// source in errors. Throws CommandError.
std::string remove_armor(std::string_view label, std::string_view text, const std::string& what);

/// The SignedNodeCard in the text of a card.
std::string card_bytes(std::string_view text, const std::string& what);

/// A file of at most 1 MiB, or stdin for "-". Throws CommandError.
std::string read_file_or_stdin(const Context& context, const std::filesystem::path& file);

}  // namespace bakhita::cli
