// SPDX-License-Identifier: EUPL-1.2
#include "protocol/unix_time.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

namespace bakhita {

std::string time_text(std::uint64_t unix_seconds) {
  using google::protobuf::util::TimeUtil;
  if (unix_seconds == 0) return {};
  constexpr std::uint64_t last = TimeUtil::kTimestampMaxSeconds;
  return TimeUtil::ToString(
      TimeUtil::SecondsToTimestamp(static_cast<std::int64_t>(std::min(unix_seconds, last))));
}

}  // namespace bakhita
