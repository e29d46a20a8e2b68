// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "bakhita/v1/letter.pb.h"

/// What a letter lacks that check_letter refuses, in the words of who writes it.
namespace bakhita::desk {

/// Names what is missing and what is too long by the option that says it, of this kind of letter
/// alone: "missing: --tlp, --legal-basis; too long: --facts (at most 16384 bytes)".
std::string what_is_wrong(const v1::Letter& letter);

}  // namespace bakhita::desk
