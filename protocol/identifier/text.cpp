// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/text.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "protocol/characters.h"

namespace bakhita::text {
namespace {

constexpr UChar32 refused = -1, dropped = -2;

/// Forms of version 1 know the characters of Unicode 15.0: what a newer ICU knows besides is
/// refused, or nodes with different libraries would silently disagree.
bool is_known(UChar32 c) {
  UVersionInfo age;
  u_charAge(c, age);
  return age[0] != 0 && age[0] <= 15 && (age[0] < 15 || age[1] == 0);
}

/// One character as the forms want it.
UChar32 fold_character(UChar32 c) {
  if (c == '\t' || c == '\r' || c == '\n') return ' ';
  if (c < 0x20 || c == 0x7f) return refused;
  if (c < 0x7f) return c;
  if (c >= 0xff01 && c <= 0xff5e) return c - 0xff01 + '!';
  if (c == 0x3002 || c == 0xff61) return '.';
  if (!is_known(c)) return refused;
  if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return dropped;
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

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> wrappers{
    {{"<", ">"}, {"\"", "\""}, {"'", "'"}, {"“", "”"}, {"‘", "’"}, {"„", "“"}, {"«", "»"}}};

std::string_view unwrap_once(std::string_view text) {
  for (auto [open, close] : wrappers)
    if (text.size() >= open.size() + close.size() && text.starts_with(open) &&
        text.ends_with(close))
      return trim(text.substr(open.size(), text.size() - open.size() - close.size()));
  return text;
}

/// All layers, so that a form cannot be unwrapped further.
std::string_view unwrap(std::string_view text) {
  for (;;) {
    const std::string_view inner = unwrap_once(text);
    if (inner.size() == text.size()) return text;
    text = inner;
  }
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

std::optional<std::string> fold_inside(std::string_view written) {
  const bool too_long = written.size() > std::numeric_limits<int32_t>::max();
  if (too_long || first_invalid_utf8(written)) return std::nullopt;
  const auto text =
      icu::UnicodeString::fromUTF8({written.data(), static_cast<int32_t>(written.size())});
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
  return ascii ? out : nfc(out);
}

std::optional<std::string> fold(std::string_view written) {
  const auto folded = fold_inside(written);
  if (!folded) return std::nullopt;
  return std::string(unwrap(trim(*folded)));
}

namespace {

struct Defanged {
  std::string_view written;
  std::string_view meant;
};
constexpr std::array<Defanged, 15> defanged_signs{{{"[.]", "."},
                                                   {"(.)", "."},
                                                   {"{.}", "."},
                                                   {"[dot]", "."},
                                                   {"(dot)", "."},
                                                   {"{dot}", "."},
                                                   {"[at]", "@"},
                                                   {"(at)", "@"},
                                                   {"{at}", "@"},
                                                   {"[@]", "@"},
                                                   {"(@)", "@"},
                                                   {"[:]", ":"},
                                                   {"(:)", ":"},
                                                   {"[://]", "://"},
                                                   {"[/]", "/"}}};
constexpr std::array<Defanged, 3> defanged_schemes{
    {{"hxxp", "http"}, {"hxtp", "http"}, {"h**p", "http"}}};

bool ends_with_nocase(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() &&
         lower_ascii(text.substr(text.size() - ending.size())) == ending;
}

/// Brings `text` to its meaning if it ends in a defanged sign; "name [at] host" loses its spaces.
bool refang_end(std::string& text) {
  for (const auto& [written, meant] : defanged_signs) {
    if (!ends_with_nocase(text, written)) continue;
    text.resize(text.size() - written.size());
    while (!text.empty() && text.back() == ' ') text.pop_back();
    text += meant;
    return true;
  }
  return false;
}

/// Schemes where a word begins and "://" or "s://" follows.
void refang_schemes(std::string& text) {
  for (std::size_t colon = text.find("://"); colon != std::string::npos;
       colon = text.find("://", colon + 1)) {
    const std::size_t end =
        colon > 0 && (text[colon - 1] == 's' || text[colon - 1] == 'S') ? colon - 1 : colon;
    if (end < 4 || (end > 4 && std::isalnum(static_cast<unsigned char>(text[end - 5])) != 0))
      continue;
    for (const auto& [written, meant] : defanged_schemes)
      if (lower_ascii(std::string_view(text).substr(end - 4, 4)) == written)
        text.replace(end - 4, 4, meant);
  }
}

}  // namespace

std::string refang(std::string_view text) {
  // A sign is found at the moment its last character arrives, so none can arise from what is left
  // of others.
  std::string out;
  bool skip_spaces = false;
  for (char c : text) {
    if (skip_spaces && c == ' ') continue;
    skip_spaces = false;
    out += c;
    while ((c == ']' || c == ')' || c == '}') && refang_end(out)) {
      skip_spaces = true;
      c = out.back();
    }
  }
  refang_schemes(out);
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<std::string> plain_from_link(std::string_view text) {
  const auto folded = fold(percent_decoded(text));
  if (!folded) return std::nullopt;
  return refang(*folded);
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
  return nfc(out);
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

}  // namespace bakhita::text
