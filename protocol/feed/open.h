// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "bakhita/v1/feed.pb.h"
#include "protocol/feed/lock.h"

/// Records that every member reads: indicators of sites and machines (kind 2), and advisories
/// (kind 6) (exchange: feed). What comes in is text of another's: each check is made on both ends.
namespace bakhita {

/// Bytes, and values of an advisory.
inline constexpr std::size_t open_value_max = 2'048;
inline constexpr std::size_t advisory_title_max = 200, advisory_text_max = 8'192,
                             advisory_language_max = 35, advisory_values_max = 16;

/// SHA-256("bakhita/1/open" ‖ 0x00 ‖ id_input): by which members know again what was taken back
/// for good. It hides nothing.
Token open_token(IdentifierType type, std::string_view canonical);

/// `salt` is fresh hedged randomness; `summary` has its ref.
Record make_open(IdentifierType type, std::string_view canonical, const v1::LockSummary& summary,
                 const ByteArray<32>& salt, std::uint32_t issued_hour, std::uint32_t expiry_day);
/// Infrastructure only, the summary about the same type, nothing unknown. Whether the value is
/// canonical is for whoever has the tables.
Result<v1::OpenIndicator> parse_open(ByteView body);

/// What an advisory that may be published or shown must be: a known kind, UTF-8 without control
/// characters but line feeds in the text, sizes as above, values where the kind has some. Empty, or
/// what is wrong.
std::string problem_of(const v1::Advisory& advisory);
Result<v1::Advisory> parse_advisory(ByteView body);

/// The token by which a record that was taken back for good is refused again: a lock's own, an open
/// indicator's as above; others have none.
std::optional<Token> recall_token_of(const Record& record);

}  // namespace bakhita
