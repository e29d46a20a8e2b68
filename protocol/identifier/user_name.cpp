// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/user_name.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

constexpr std::string_view ascii_characters = "abcdefghijklmnopqrstuvwxyz0123456789._-";

icu::UnicodeString from_utf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())});
}

/// Half-width and full-width characters as their ordinary ones (RFC 8264 section 5.2.1).
icu::UnicodeString width_mapped(const icu::UnicodeString& text, const icu::Normalizer2& nfkc) {
  icu::UnicodeString out;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    const int32_t kind = u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE);
    icu::UnicodeString mapped;
    if ((kind == U_DT_NARROW || kind == U_DT_WIDE) && nfkc.getDecomposition(c, mapped))
      out.append(mapped);
    else
      out.append(c);
  }
  return out;
}

/// The IdentifierClass of RFC 8264 beyond ASCII, without its lists of single exceptions.
bool is_identifier_character(UChar32 c) {
  constexpr uint32_t taken = U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK | U_GC_LM_MASK |
                             U_GC_MN_MASK | U_GC_MC_MASK | U_GC_ND_MASK;
  return (U_GET_GC_MASK(c) & taken) != 0;
}

}  // namespace

std::optional<std::string> ascii_user_name(std::string_view name) {
  std::string out = text::lower_ascii(name);
  if (!text::all_of_set(out, ascii_characters)) return std::nullopt;
  if (std::all_of(out.begin(), out.end(), [](char c) { return c == '.' || c == '-'; }))
    return std::nullopt;
  return out;
}

std::optional<std::string> unicode_user_name(std::string_view name) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status)) return std::nullopt;
  std::string mapped;
  width_mapped(from_utf8(name), *nfkc).toUTF8String(mapped);
  const std::string out = text::lower(mapped);
  const icu::UnicodeString unicode = from_utf8(out);
  // Characters that only look like others (ﬁ, ℌ, ²) have no place in a name.
  if (!nfkc->isNormalized(unicode, status) || U_FAILURE(status)) return std::nullopt;
  bool has_letter = false;
  for (int32_t i = 0; i < unicode.length(); i = unicode.moveIndex32(i, 1)) {
    const UChar32 c = unicode.char32At(i);
    const bool is_sign = c == '.' || c == '-';
    if (c < 0x80 ? ascii_characters.find(static_cast<char>(c)) == std::string_view::npos
                 : !is_identifier_character(c))
      return std::nullopt;
    has_letter = has_letter || !is_sign;
  }
  if (!has_letter) return std::nullopt;
  return out;
}

}  // namespace bakhita
