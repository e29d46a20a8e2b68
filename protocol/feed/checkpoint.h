// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.h"
#include "protocol/error.h"

/// Signed statements about a feed's size and root: C2SP signed-note and tlog-checkpoint.
namespace bakhita {

using Signature = ByteArray<64>;
using PublicKey = ByteArray<32>;

struct Checkpoint {
  FeedId feed;
  std::uint64_t size = 0;
  Hash root{};
  bool operator==(const Checkpoint&) const = default;
};

/// "bakhita.v1/<community hex>/<node hex>/<generation>".
std::string origin_line(const FeedId& feed);
/// The feed that a note's first line names; the line must be exactly what origin_line() makes.
Result<FeedId> feed_of_note(std::string_view note);
/// The bytes that are signed: three lines, each ended by a newline.
std::string checkpoint_text(const Checkpoint& checkpoint);
/// First 4 bytes of H(name ‖ "\n" ‖ 0x01 ‖ key).
ByteArray<4> note_key_id(std::string_view name, const PublicKey& key);
/// Text, blank line, signature line.
std::string make_note(std::string_view text, std::string_view name, const PublicKey& key,
                      const Signature& signature);

/// One line of signature under a note.
struct SignatureLine {
  std::string_view name;
  Bytes blob;  ///< key id[4] ‖ signature, of whatever type
};
/// "— <name> <base64(key id ‖ signature)>" without its newline; nothing if the line is not that.
std::optional<SignatureLine> parse_signature_line(std::string_view line);
/// The line, without its newline.
std::string signature_line(std::string_view name, ByteView blob);

/// Verifies an Ed25519 signature; the simulator may put another in its place.
using SignatureCheck = std::function<bool(ByteView message, const Signature&, const PublicKey&)>;
/// libsodium's strict verification.
bool verify_ed25519(ByteView message, const Signature& signature, const PublicKey& key);

/// Parses a note strictly and verifies the signature of `name` by `key`; other signatures are
/// ignored, as C2SP signed-note says. Returns the signed text.
Result<std::string> open_note(std::string_view note, std::string_view name, const PublicKey& key,
                              const SignatureCheck& check = verify_ed25519);
/// A checkpoint of exactly `feed`, signed by `key`.
Result<Checkpoint> open_checkpoint(std::string_view note, const FeedId& feed, const PublicKey& key,
                                   const SignatureCheck& check = verify_ed25519);

}  // namespace bakhita
