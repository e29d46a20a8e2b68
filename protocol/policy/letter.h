// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string_view>

#include "bakhita/v1/community.pb.h"
#include "bakhita/v1/letter.pb.h"

/// Which letters may travel under a charter: asked when sending and when receiving, so that both
/// ends answer alike. Pure, total, default no.
namespace bakhita {

enum class LetterRule : std::uint8_t {
  allowed,
  not_members,     ///< one of the two is not in the charter
  no_legal_basis,  ///< no row of the charter lets it pass from the sender to the recipient
  purpose_not_in_charter,
  tlp_over_charter,
};

/// What carries content needs a legal basis from its sender to its recipient, and for its purpose.
/// A letter that carries none (an acknowledgement, a cancellation) needs one between the two in any
/// direction, so that a correspondence under a basis for one direction can be acknowledged and
/// ended.
LetterRule decide_letter(const v1::Letter& letter, const v1::Charter& charter);
/// A stable name for scripts, and a sentence for people.
std::string_view name_of(LetterRule rule);
std::string_view explain(LetterRule rule);

}  // namespace bakhita
