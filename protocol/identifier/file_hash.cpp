// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {

Canonical canonical_file(std::string_view text) {
  if (text.size() > 256) return Refusal::too_long;
  for (std::string_view prefix : {"sha256:", "sha-256:", "sha256=", "sha256 "})
    if (text::starts_with_nocase(text, prefix)) text.remove_prefix(prefix.size());
  const std::string out = text::lower_ascii(text::without(text, " :-"));
  if (out.empty()) return Refusal::empty;
  if (!text::all_of_set(out, "0123456789abcdef")) return Refusal::not_hexadecimal;
  if (out.size() != 64) return Refusal::bad_length;
  return out;
}

}  // namespace bakhita
