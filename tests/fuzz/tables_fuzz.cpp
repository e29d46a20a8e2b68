// SPDX-License-Identifier: EUPL-1.2
// Any bytes in place of one of the shipped tables.
#include "protocol/codes/codes.h"
#include "protocol/identifier/canonical.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

void fuzz(ByteView input) {
  static const std::string names[] = {"numbering_plan.tsv",      "iban_lengths.tsv",
                                      "platforms.tsv",           "email_providers.tsv",
                                      "tracking_parameters.tsv", "benign.tsv"};
  if (input.empty()) return;
  TableTexts texts;
  for (const std::string& name : names) texts[name] = "";
  const std::string& name = names[input[0] % std::size(names)];
  texts[name] = std::string(as_text(input.subspan(1)));
  may_refuse<std::runtime_error>([&] {
    const auto tables = IdentifierTables::parse(texts);
    for (const IdentifierType type : all_identifier_types)
      canonicalise(*tables, type, "+33 6 39 98 23 04", "FR");
  });
  may_refuse<std::runtime_error>([&] { CodeLists::parse({{"codes.tsv", texts[name]}}); });
}

}  // namespace bakhita::fuzzing
