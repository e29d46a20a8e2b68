// SPDX-License-Identifier: EUPL-1.2
// Any bytes as what comes out of a letter's seal; then as the letter in it, signed by its sender.
#include "protocol/letter/letter.h"

#include "tests/fuzz/signing.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {
namespace {

constexpr NodeId self{{2}};

void open(ByteView signed_letter) {
  const auto keys = [](const NodeId&) { return std::vector<SigningKey>{{public_key()}}; };
  const auto letter = open_letter(signed_letter, self, keys);
  receipt_of(signed_letter);
  if (!letter) return;
  require(check_letter(*letter).has_value() && recipient_of(*letter) == self);
  id_of(*letter);
  thread_of(*letter);
  require(sender_of(*letter) != self);
}

}  // namespace

void fuzz(ByteView input) {
  open(input);
  v1::Letter letter;
  if (!letter.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  const std::string bytes(as_text(input));
  const auto sign_bytes = [](const std::string& text) {
    v1::SignedLetter out;
    out.set_letter(text);
    out.set_signature(std::string(
        as_text(sign(ByteWriter().text("bakhita/1/letter").raw(as_bytes(text)).view()))));
    return out.SerializeAsString();
  };
  open(as_bytes(sign_bytes(bytes)));
  letter.set_format(1);
  letter.set_to(std::string(as_text(self.bytes)));
  letter.mutable_id()->resize(16);
  letter.mutable_from()->resize(32);
  letter.mutable_community()->resize(16);
  if (const auto signed_letter = sign_letter(letter, sign)) open(*signed_letter);
}

}  // namespace bakhita::fuzzing
