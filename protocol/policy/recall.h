// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bakhita/v1/feed.pb.h"

/// What a person may order taken back, and what members are told of it. Pure.
namespace bakhita {

/// Numbers are stored.
enum class RecallKind : std::uint8_t {
  none = 0,
  erase = 1,  ///< it must not be shared any more
  rectify,    ///< it is wrong; comes again when the reports say something else
  narrow,     ///< it goes too far; comes again when the reports say something else
  expire,     ///< it is over
  victim,     ///< the person whom the identifier belongs to withdraws, or is a victim
  dispute     ///< an objection was right; comes again when the reports say something else
};

/// A stable name for scripts.
std::string_view name_of(RecallKind kind);
std::optional<RecallKind> recall_kind_named(std::string_view name);

/// What members read. A victim's wish has the code of every other erasure: no code may say that a
/// number is a victim's.
v1::WithdrawReason reason_of(RecallKind kind);
/// Members refuse the same token again.
bool is_final(RecallKind kind);
/// A weaker order does not undo a stronger one: what protects a victim stands above what must not
/// be shared any more, and that above what comes again when the reports say something else.
int strength_of(RecallKind kind);
/// The hold ends as soon as the reports say something else.
bool ends_with_a_change(RecallKind kind);

/// How far what a match says can be relied on: from the evaluation of source and information, and
/// lower with each member that objects.
enum class Confidence : std::uint8_t { low = 1, medium, high };
std::string_view name_of(Confidence confidence);
Confidence confidence_of(const v1::LockSummary& summary, std::size_t disputes);

}  // namespace bakhita
