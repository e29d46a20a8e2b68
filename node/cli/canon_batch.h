// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <iosfwd>

#include "protocol/identifier/canonical.h"

/// Canonical forms of many identifiers, one a line: for implementers that compare theirs.
namespace bakhita::cli {

/// Longest line that is read, without its end.
inline constexpr std::size_t batch_line_size_max = 65'536;

/// For each line `type TAB written [TAB region]` of `in` a line of `out`: `form TAB canonical` or
/// `refused TAB reason`, the reason by its name. In a written value `\u{hex}` stands for a
/// character, `\xhh` for a byte, `\\` for a backslash; in a canonical form `\u{1f}` for the
/// separator and `\\` for a backslash. Empty lines and lines that begin with '#' are skipped.
/// Throws CommandError (usage) naming the first line that is not so.
/// With `json` each answer is a JSON document of one line, with "form" or "refused".
void canon_batch(const IdentifierTables& tables, std::istream& in, std::ostream& out, bool json);

}  // namespace bakhita::cli
