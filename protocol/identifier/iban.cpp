// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

// ISO 13616; check digits by ISO 7064 MOD 97-10.

namespace bakhita {

Canonical canonical_iban(const Tables& tables, std::string_view written) {
  if (written.size() > 128) return Refusal::too_long;
  std::string text = text::upper_ascii(text::without(written, " -.:_/"));
  if (text.starts_with("IBAN")) text.erase(0, 4);
  if (text.empty()) return Refusal::empty;
  if (!text::all_of_set(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")) return Refusal::bad_form;
  if (text.size() < 4) return Refusal::too_short;
  const auto length = tables.iban_lengths.find(text.substr(0, 2));
  if (length == tables.iban_lengths.end()) return Refusal::unknown_country;
  if (text.size() != length->second) return Refusal::bad_length;
  if (!text::is_digits(text.substr(2, 2))) return Refusal::bad_form;
  unsigned remainder = 0;
  for (char c : text.substr(4) + text.substr(0, 4))
    remainder = c <= '9' ? (remainder * 10 + static_cast<unsigned>(c - '0')) % 97
                         : (remainder * 100 + static_cast<unsigned>(c - 'A') + 10) % 97;
  if (remainder != 1) return Refusal::bad_check_digits;
  return text;
}

}  // namespace bakhita
