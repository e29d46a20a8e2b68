// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/text.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>

namespace bakhita::text {
namespace {

constexpr UChar32 refused = -1, dropped = -2;

/// One character as the forms want it.
UChar32 fold_character(UChar32 c) {
  if (c == '\t' || c == '\r' || c == '\n') return ' ';
  if (c < 0x20 || c == 0x7f) return refused;
  if (c < 0x7f) return c;
  if (c >= 0xff01 && c <= 0xff5e) return c - 0xff01 + '!';
  if (c == 0x3002 || c == 0xff61) return '.';
  if (const int digit = u_charDigitValue(c); digit >= 0) return '0' + digit;
  switch (u_charType(c)) {
    case U_FORMAT_CHAR:
      return dropped;
    case U_SPACE_SEPARATOR:
      return ' ';
    case U_DASH_PUNCTUATION:
      return '-';
    case U_CONTROL_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
    case U_SURROGATE:
    case U_PRIVATE_USE_CHAR:
    case U_UNASSIGNED:
      return refused;
    default:
      return c == 0x2212 ? '-' : c;  // the minus sign is a symbol, not a dash
  }
}

std::string_view unwrap(std::string_view text) {
  for (auto [open, close] : {std::pair{'<', '>'}, {'"', '"'}, {'\'', '\''}})
    if (text.size() >= 2 && text.front() == open && text.back() == close)
      return trim(text.substr(1, text.size() - 2));
  return text;
}

std::string nfc(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFCInstance(status);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  form->normalizeUTF8(0, text, sink, nullptr, status);
  return U_SUCCESS(status) ? out : text;
}

}  // namespace

std::optional<std::string> fold(std::string_view written) {
  std::u16string wide(written.size(), u'\0');
  int32_t wide_size = 0;
  UErrorCode status = U_ZERO_ERROR;
  u_strFromUTF8(wide.data(), static_cast<int32_t>(wide.size()), &wide_size, written.data(),
                static_cast<int32_t>(written.size()), &status);
  if (U_FAILURE(status)) return std::nullopt;
  const icu::UnicodeString text(wide.data(), wide_size);
  std::string out;
  bool ascii = true;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 folded = fold_character(text.char32At(i));
    if (folded == refused) return std::nullopt;
    if (folded == dropped) continue;
    ascii = ascii && folded < 0x80;
    if (folded < 0x80)
      out += static_cast<char>(folded);
    else
      icu::UnicodeString(folded).toUTF8String(out);
  }
  if (!ascii) out = nfc(out);
  return std::string(unwrap(trim(out)));
}

std::string refang(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> forms{
      {{"hxxps", "https"},
       {"hxxp", "http"},
       {"[.]", "."},
       {"(.)", "."},
       {"{.}", "."},
       {"[dot]", "."},
       {"(dot)", "."},
       {"[at]", "@"},
       {"(at)", "@"},
       {"[@]", "@"},
       {"(@)", "@"},
       {"[://]", "://"},
       {"[:]", ":"},
       {"[/]", "/"}}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    bool found = false;
    for (const auto& [from, to] : forms) {
      if (!starts_with_nocase(text.substr(at), from)) continue;
      if (from[0] == 'h' && at != 0) continue;  // a scheme stands at the start
      while (from[0] != 'h' && !out.empty() && out.back() == ' ')
        out.pop_back();  // "name [at] host"
      out += to;
      at += from.size();
      while (from[0] != 'h' && at < text.size() && text[at] == ' ') ++at;
      found = true;
      break;
    }
    if (!found) out += text[at++];
  }
  return out;
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string upper_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::string lower(std::string_view text) {
  icu::UnicodeString unicode =
      icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())});
  unicode.toLower(icu::Locale::getRoot());
  std::string out;
  unicode.toUTF8String(out);
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool starts_with_nocase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && lower_ascii(text.substr(0, prefix.size())) == prefix;
}

std::string without(std::string_view text, std::string_view which) {
  std::string out;
  for (char c : text)
    if (which.find(c) == std::string_view::npos) out += c;
  return out;
}

bool all_of_set(std::string_view text, std::string_view set) {
  return text.find_first_not_of(set) == std::string_view::npos;
}

bool is_digits(std::string_view text) { return !text.empty() && all_of_set(text, "0123456789"); }

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = text.find(separator);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace bakhita::text
