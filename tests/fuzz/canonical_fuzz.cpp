// SPDX-License-Identifier: EUPL-1.2
// Any bytes as an identifier of any type, with any region: an answer comes, and a canonical form
// is its own canonical form whatever the region.
#include <cstdlib>
#include <string>

#include "tests/support/tables.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bakhita;
  if (size < 3) return 0;
  static const auto tables = testing_support::tables();
  const IdentifierType type = all_identifier_types[data[0] % all_identifier_types.size()];
  const std::string region = data[1] == 0 ? "" : std::string(data + 1, data + 3);
  const std::string written(reinterpret_cast<const char*>(data) + 3, size - 3);
  const Canonical form = canonicalise(*tables, type, written, region);
  const auto* text = std::get_if<std::string>(&form);
  if (text == nullptr) return 0;
  if (canonicalise(*tables, type, *text, "") != form) std::abort();
  if (canonicalise(*tables, type, *text, region) != form) std::abort();
  if (canonicalise(*tables, type, display(*text), "") != form) std::abort();
  is_benign(*tables, type, *text);
  return 0;
}
