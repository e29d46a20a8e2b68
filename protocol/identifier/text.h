// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What all canonical forms share: how people write is brought to plain text first.
namespace bakhita::text {

/// Strict UTF-8 → NFC with format characters (bidi marks, zero width) dropped, digits of every
/// script, full-width letters and dots as ASCII, all spaces as ' ', all dashes as '-', trimmed, and
/// freed of surrounding <>, quotes. Nothing when it is no UTF-8 or holds control characters.
std::optional<std::string> fold(std::string_view written);
/// Undoes defanging: hxxp, [.], (.), [dot], (dot), [at], (at), [:], [://].
std::string refang(std::string_view text);

std::string lower_ascii(std::string_view text);
std::string upper_ascii(std::string_view text);
/// Unicode lower case, root locale.
std::string lower(std::string_view text);
std::string_view trim(std::string_view text);
bool starts_with_nocase(std::string_view text, std::string_view prefix);
/// Drops every character of `which`.
std::string without(std::string_view text, std::string_view which);
bool all_of_set(std::string_view text, std::string_view set);
bool is_digits(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::size_t code_points(std::string_view text);

}  // namespace bakhita::text
