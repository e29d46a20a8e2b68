// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>

#include "protocol/identifier/canonical.h"

/// Reads the shipped data files from disk; what they mean is decided by their parsers in protocol/.
namespace bakhita {

/// The folder that holds `tables/` (identifier rules) and `codes/` (code lists): ../share/bakhita
/// beside the running program, else the place of installation.
std::filesystem::path default_share_folder();

/// All `*.tsv` files of the folder, by file name. Throws std::runtime_error naming the file or
/// folder that cannot be read, is no plain file, or is larger than 16 MiB.
TableTexts read_table_texts(const std::filesystem::path& folder);

/// The identifier tables of a share folder, parsed. Throws as read_table_texts and the parser do.
std::shared_ptr<const IdentifierTables> load_identifier_tables(const std::filesystem::path& share);

/// The code lists of a share folder, unparsed.
TableTexts read_code_lists(const std::filesystem::path& share);

}  // namespace bakhita
