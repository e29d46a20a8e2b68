// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/recall.h"

#include <algorithm>

namespace bakhita {

std::string_view name_of(RecallKind kind) {
  switch (kind) {
    case RecallKind::none:
      return "none";
    case RecallKind::erase:
      return "erase";
    case RecallKind::rectify:
      return "rectify";
    case RecallKind::narrow:
      return "narrow";
    case RecallKind::expire:
      return "expire";
    case RecallKind::victim:
      return "victim";
    case RecallKind::dispute:
      return "dispute";
  }
  return "none";
}

std::optional<RecallKind> recall_kind_named(std::string_view name) {
  for (RecallKind kind : {RecallKind::erase, RecallKind::rectify, RecallKind::narrow,
                          RecallKind::expire, RecallKind::victim, RecallKind::dispute})
    if (name_of(kind) == name) return kind;
  return std::nullopt;
}

v1::WithdrawReason reason_of(RecallKind kind) {
  switch (kind) {
    case RecallKind::rectify:
      return v1::WITHDRAW_REASON_RECTIFIED;
    case RecallKind::narrow:
      return v1::WITHDRAW_REASON_NARROWED;
    case RecallKind::expire:
      return v1::WITHDRAW_REASON_EXPIRED;
    case RecallKind::dispute:
      return v1::WITHDRAW_REASON_DISPUTED;
    case RecallKind::none:
    case RecallKind::erase:
    case RecallKind::victim:
      return v1::WITHDRAW_REASON_ERASED;
  }
  return v1::WITHDRAW_REASON_ERASED;
}

bool is_final(RecallKind kind) {
  return kind == RecallKind::erase || kind == RecallKind::expire || kind == RecallKind::victim;
}

bool ends_with_a_change(RecallKind kind) {
  return kind == RecallKind::rectify || kind == RecallKind::narrow || kind == RecallKind::dispute;
}

int strength_of(RecallKind kind) {
  if (kind == RecallKind::none) return 0;
  return kind == RecallKind::victim ? 3 : is_final(kind) ? 2 : 1;
}

std::string_view name_of(Confidence confidence) {
  switch (confidence) {
    case Confidence::low:
      return "low";
    case Confidence::medium:
      return "medium";
    case Confidence::high:
      return "high";
  }
  return "low";
}

Confidence confidence_of(const v1::LockSummary& summary, std::size_t disputes) {
  // A 1 is the best of both; 0 is not said.
  const auto worst = [](std::uint32_t evaluation) { return evaluation == 0 ? 4u : evaluation; };
  const std::uint32_t evaluation =
      std::max(worst(summary.source_evaluation()), worst(summary.information_evaluation()));
  const std::size_t level = evaluation <= 2 ? 3 : evaluation == 3 ? 2 : 1;
  return static_cast<Confidence>(level - std::min(level - 1, disputes));
}

}  // namespace bakhita
