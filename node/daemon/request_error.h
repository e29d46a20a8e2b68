// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace bakhita::daemon {

/// Exit codes of the command line, sent back in a Failure.
enum class ExitCode : std::uint32_t {
  failed = 1,
  usage = 2,
  not_found = 4,
  refused = 5,
  not_authorised = 6,
  locked = 7,
  unreachable = 8,
  conflict = 9,
  not_verified = 10,
  try_again = 75,
};

/// What an operator asked cannot be done, why, and what to do about it.
struct RequestError : std::runtime_error {
  RequestError(ExitCode exit_code, const std::string& message, std::string advice = {})
      : std::runtime_error(message), code(exit_code), help(std::move(advice)) {}
  ExitCode code;
  std::string help;
};

}  // namespace bakhita::daemon
