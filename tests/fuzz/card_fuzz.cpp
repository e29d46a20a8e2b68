// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a signed node card; then as the card in one, with the signature of the key that it
// is made to name.
#include "protocol/community/card.h"

#include "node/cli/terminal_text.h"
#include "node/peers/address.h"
#include "tests/fuzz/signing.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {
namespace {

constexpr std::uint64_t now = 1'800'000'000;

void open(ByteView signed_card) {
  const auto card = open_card(signed_card, now);
  if (!card) return;
  require(card_hash(signed_card).has_value());
  require(card->valid_until() >= now && node_of(*card).bytes.size() == 32);
  require(cli::printable(card->country()) == card->country());
  for (const std::string& address : card->addresses()) peers::parse_host_port(address);
}

}  // namespace

void fuzz(ByteView input) {
  open(input);
  v1::NodeCard card;
  if (!card.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  open(make_card(card, sign));
  card.set_format(1);
  card.set_identity_key(public_key_text());
  for (auto* key : {card.mutable_log_key(), card.mutable_tls_pin(), card.mutable_encryption_key()})
    key->resize(32);
  open(make_card(card, sign));
}

}  // namespace bakhita::fuzzing
