// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/desk/charters.h"
#include "node/desk/replaying.h"
#include "node/desk/simulating.h"

namespace bakhita::daemon {
namespace {

using admin::v1::Response;

std::uint32_t day_or_refuse(const std::string& date, std::uint32_t otherwise) {
  if (date.empty()) return otherwise;
  const std::uint32_t day = desk::day_of(date);
  if (day == 0) throw refuse(ExitCode::usage, date + " is no date", "write YYYY-MM-DD");
  return day;
}

}  // namespace

Response simulate_policy(Node& node, const admin::v1::PolicySimulate& request) {
  try {
    Response response;
    *response.mutable_policy_simulated() = desk::simulate(node.desk(), request);
    return response;
  } catch (const desk::NothingToSimulate& problem) {
    throw refuse(ExitCode::not_found, problem.what());
  }
}

Response replay_policy(Node& node, const admin::v1::PolicyReplay& request) {
  desk::ReplayedDays days;
  days.first = day_or_refuse(request.from(), days.first);
  days.last = day_or_refuse(request.to(), days.last);
  std::optional<CharterPackage> instead;
  if (!request.charter().empty()) {
    auto found = desk::charters_named(node.desk(), request.community(), request.charter());
    if (found.size() != 1)
      throw refuse(ExitCode::not_found,
                   found.empty() ? "no charter has this hash" : "several charters have this hash",
                   "see `bakhita community proposals` and `bakhita community history`");
    instead = std::move(found.front());
  }
  Response response;
  *response.mutable_policy_replayed() = desk::replay(node.desk(), days, instead);
  return response;
}

}  // namespace bakhita::daemon
