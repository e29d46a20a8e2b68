// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bakhita {

/// ASCII letters, digits, '.', '_' and '-' in lower case, or nothing.
std::optional<std::string> ascii_user_name(std::string_view name);

/// RFC 8265 UsernameCaseMapped: width mapped, lower case, NFC, of letters, marks and digits besides
/// what ascii_user_name takes; nothing for other characters. The Bidi rule is not checked: what a
/// platform let through is a name.
std::optional<std::string> unicode_user_name(std::string_view name);

}  // namespace bakhita
