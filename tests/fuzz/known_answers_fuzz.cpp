// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a file of another implementer's known answers: a list of outcomes, never an
// exception.
#include "protocol/vectors/known_answers.h"

#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

void fuzz(ByteView input) {
  for (const CheckOutcome& outcome : check_known_answers(as_text(input)))
    require(!outcome.item.empty());
}

}  // namespace bakhita::fuzzing
