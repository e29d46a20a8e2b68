// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a line of JSON: a report or a reason, and what was accepted survives a round trip.
#include <google/protobuf/util/json_util.h>

#include <cstdlib>

#include "node/intake/json_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using bakhita::v1::IncidentReport;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto made = bakhita::intake::report_from_json(text, {"fuzz", 1, 1});
  const auto* report = std::get_if<IncidentReport>(&made);
  if (report == nullptr) return 0;
  std::string again;
  if (!google::protobuf::util::MessageToJsonString(*report, &again).ok()) return 0;
  const auto back = bakhita::intake::report_from_json(again, {"fuzz", 1, 1});
  const auto* twin = std::get_if<IncidentReport>(&back);
  if (twin == nullptr || twin->SerializeAsString() != report->SerializeAsString()) std::abort();
  return 0;
}
