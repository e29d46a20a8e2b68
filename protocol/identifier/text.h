// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What all canonical forms share: how people write is brought to plain text first.
namespace bakhita::text {

/// Strict UTF-8 → NFC with characters that nobody sees (bidi marks, zero width) dropped, digits of
/// every script, full-width letters and dots as ASCII, all spaces as ' ', all dashes as '-',
/// trimmed, and freed of surrounding <> and quotes. Nothing when it is no UTF-8 or holds control
/// characters.
std::optional<std::string> fold(std::string_view written);
/// The same without trimming and unwrapping: for a piece from the middle of a text.
std::optional<std::string> fold_inside(std::string_view written);
/// Undoes defanging: hxxp, [.], (.), [dot], (dot), [at], (at), [:], [://]. What comes out holds
/// none of them.
std::string refang(std::string_view text);
/// Decodes every %XX; other characters stay. The result may be no UTF-8 and hold anything.
std::string percent_decoded(std::string_view text);
/// fold and refang of what percent_decoded gives: for the parts of links that are names.
std::optional<std::string> plain_from_link(std::string_view text);
/// The value of a hexadecimal digit, or -1.
int hex_value(char c);

std::string lower_ascii(std::string_view text);
std::string upper_ascii(std::string_view text);
/// Unicode lower case, root locale, NFC.
std::string lower(std::string_view text);
std::string_view trim(std::string_view text);
/// `prefix` is in lower case.
bool starts_with_nocase(std::string_view text, std::string_view prefix);
/// Drops every character of `which`.
std::string without(std::string_view text, std::string_view which);
bool all_of_set(std::string_view text, std::string_view set);
/// ASCII digits, at least one.
bool is_digits(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace bakhita::text
