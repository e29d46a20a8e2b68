// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/identifier/tables.h"

/// One function for each type, each in the file of its name. `text` is folded (text::fold) and
/// refanged.
namespace bakhita {

Canonical canonical_phone(const Tables& tables, std::string_view text, std::string_view region);
Canonical canonical_email(const Tables& tables, std::string_view text);
Canonical canonical_account(const Tables& tables, std::string_view text, std::string_view region);
Canonical canonical_url(const Tables& tables, std::string_view text);
Canonical canonical_domain(std::string_view text);
Canonical canonical_iban(const Tables& tables, std::string_view text);
Canonical canonical_wallet(std::string_view text);
Canonical canonical_bank_account(const Tables& tables, std::string_view text,
                                 std::string_view region);
Canonical canonical_vehicle_plate(const Tables& tables, std::string_view text,
                                  std::string_view region);
Canonical canonical_travel_document(const Tables& tables, std::string_view text,
                                    std::string_view region);
Canonical canonical_file(std::string_view text);
Canonical canonical_ip_address(std::string_view text);

inline constexpr char form_separator = '\x1f';

/// A host name as UTS #46 A-labels, lower case, no trailing dot.
Canonical canonical_host(std::string_view host);
/// Without one leading label `www`.
std::string without_www(std::string host);
/// Dotted decimal or anything that a URL parser would take for an IPv4 address; or a bracketed
/// literal.
bool is_ip_literal(std::string_view host);
/// An ISO 3166-1 alpha-2 code that numbering plans know, in capitals; empty when it is none.
std::string known_region(const Tables& tables, std::string_view text);

}  // namespace bakhita
