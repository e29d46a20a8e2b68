// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

/// The officially assigned alpha-2 codes of ISO 3166-1.
namespace bakhita {

bool is_country_code(std::string_view text);
/// The code that `typed`, a code or a name in any case, was probably meant to be, with its name:
/// "GB (United Kingdom)".
std::string nearest_country(std::string_view typed);

}  // namespace bakhita
