// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Checks a file of known answers of the exchange, so that another implementer can prove his own.
namespace bakhita {

struct CheckOutcome {
  std::string item;     ///< "locks[0].token"
  std::string problem;  ///< empty: as expected
};

/// `json` is an object with any of the lists `locks` and `checkpoints`; the fields of each are
/// those of tests/vectors/bakhita/known-answers.json. A file that cannot be read as that gives one
/// outcome that says why.
std::vector<CheckOutcome> check_known_answers(std::string_view json);

}  // namespace bakhita
