// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/desk/adoptions.h"
#include "node/desk/open_indicators.h"
#include "node/desk/opening.h"

namespace bakhita::daemon {

using admin::v1::Response;

namespace {

Response decided(std::optional<admin::v1::IndicatorDecisions> decisions) {
  if (!decisions)
    throw refuse(ExitCode::not_found, "no report of this node names that identifier",
                 "import or add the report first; see `bakhita report search`");
  Response response;
  *response.mutable_indicator_decisions() = std::move(*decisions);
  return response;
}

Response shown(std::optional<admin::v1::AdvisoryView> advisory) {
  if (!advisory)
    throw refuse(ExitCode::not_found, "there is no such advisory, or the id is not unique",
                 "see `bakhita advisory list`");
  Response response;
  *response.mutable_advisory() = std::move(*advisory);
  return response;
}

}  // namespace

Response open_indicator(Node& node, const admin::v1::IndicatorChange& request) {
  try {
    return decided(desk::open_indicator(node.desk(), request));
  } catch (const desk::OpeningRefused& problem) {
    throw refuse(ExitCode::refused, problem.what());
  }
}

Response close_indicator(Node& node, const admin::v1::IndicatorChange& request) {
  try {
    Response out = decided(desk::close_indicator(node.desk(), node.lookups(), request));
    node.work_arrived();
    return out;
  } catch (const desk::OpeningRefused& problem) {
    throw refuse(ExitCode::refused, problem.what());
  }
}

Response list_indicators(Node& node, const admin::v1::IndicatorList& request) {
  Response response;
  *response.mutable_indicators() = desk::list_open(node.desk(), request);
  return response;
}

Response new_advisory(Node& node, const admin::v1::AdvisoryNew& request) {
  try {
    Response response;
    *response.mutable_advisories() = desk::publish_advisory(node.desk(), request);
    node.work_arrived();
    return response;
  } catch (const desk::AdvisoryRefused& problem) {
    throw refuse(ExitCode::refused, problem.what());
  }
}

Response list_advisories(Node& node, const admin::v1::AdvisoryList& request) {
  Response response;
  *response.mutable_advisories() = desk::list_advisories(node.desk(), request);
  return response;
}

Response show_advisory(Node& node, const admin::v1::AdvisoryShow& request) {
  const auto advisory = desk::find_advisory(node.desk(), request.id());
  return shown(advisory ? std::optional(desk::view_of(node.desk(), *advisory)) : std::nullopt);
}

Response end_advisory(Node& node, const admin::v1::AdvisoryChange& request) {
  if (!desk::end_advisory(node.desk(), request))
    throw refuse(ExitCode::not_found,
                 "this node has no advisory of that id, or the id is not unique",
                 "see `bakhita advisory list`");
  node.work_arrived();
  Response response;
  response.mutable_ok()->set_message("ended");
  return response;
}

Response adopt_advisory(Node& node, const admin::v1::AdvisoryChange& request) {
  try {
    Response out = shown(desk::adopt_advisory(node.desk(), node.lookups(), request));
    node.work_arrived();
    return out;
  } catch (const desk::AdvisoryRefused& problem) {
    throw refuse(ExitCode::refused, problem.what());
  }
}

Response drop_advisory(Node& node, const admin::v1::AdvisoryChange& request) {
  try {
    Response out = shown(desk::drop_advisory(node.desk(), request));
    node.work_arrived();
    return out;
  } catch (const desk::AdvisoryRefused& problem) {
    throw refuse(ExitCode::refused, problem.what());
  }
}

}  // namespace bakhita::daemon
