// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/limits.h"

/// What a file may make the readers hold or repeat.
namespace bakhita::intake {

/// One CSV field: a narrative of thirty pages.
inline constexpr std::size_t field_size_max = 64 * 1024;
/// One CSV row, all fields together.
inline constexpr std::size_t row_size_max = limits::report_size_max;
/// Fields in one row; the formats know some thirty columns.
inline constexpr std::size_t row_fields_max = 256;
/// How far a quoted field is followed to see where it ends, without keeping it.
inline constexpr std::uint64_t quoted_scan_max = 16u << 20;
/// One line of JSON.
inline constexpr std::size_t json_line_size_max = 4u << 20;
/// Nesting of JSON; a report needs five levels.
inline constexpr std::size_t json_depth_max = 32;
/// Entries in a `;`-separated field.
inline constexpr std::size_t list_entries_max = 100;

}  // namespace bakhita::intake
