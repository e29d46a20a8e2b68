// SPDX-License-Identifier: EUPL-1.2
// Any text around and in an armour: the bytes, or an error; what is armoured comes back.
#include "node/cli/armor.h"

#include "node/cli/terminal_text.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

void fuzz(ByteView input) {
  const std::string_view text = as_text(input);
  may_refuse<cli::CommandError>([&] {
    const std::string bytes = cli::remove_armor(cli::charter_label, text, "input");
    require(cli::remove_armor(cli::charter_label, cli::armor(cli::charter_label, bytes), "again") ==
            bytes);
  });
  may_refuse<cli::CommandError>([&] { cli::card_bytes(text, "input"); });
  if (!text.empty())
    require(cli::remove_armor(cli::card_label, cli::armor(cli::card_label, text), "own") == text);
  for (const char c : cli::printable(text)) require(static_cast<unsigned char>(c) >= 0x20);
  if (const auto bytes = from_base64(text)) require(to_base64(*bytes) == text);
  if (const auto bytes = from_hex(text)) require(to_hex(*bytes).size() == text.size());
}

}  // namespace bakhita::fuzzing
