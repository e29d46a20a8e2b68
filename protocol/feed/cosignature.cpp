// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/cosignature.h"

#include <algorithm>

#include "protocol/feed/merkle.h"

namespace bakhita {
namespace {
constexpr std::uint8_t cosignature_type = 0x04;
}

std::string cosigned_message(std::string_view checkpoint_text, std::uint64_t time) {
  return "cosignature/v1\ntime " + std::to_string(time) + "\n" + std::string(checkpoint_text);
}

ByteArray<4> cosignature_key_id(std::string_view name, const PublicKey& key) {
  const Hash hash = sha256(ByteWriter().text(name).text("\n").u8(cosignature_type).raw(key).view());
  return {hash[0], hash[1], hash[2], hash[3]};
}

std::string make_cosignature(std::string_view name, const PublicKey& key, std::uint64_t time,
                             const Signature& signature) {
  return signature_line(
      name, ByteWriter().raw(cosignature_key_id(name, key)).u64(time).raw(signature).view());
}

Result<std::uint64_t> open_cosignature(std::string_view line, std::string_view note,
                                       std::string_view name, const PublicKey& key,
                                       const SignatureCheck& check) {
  const auto parsed = parse_signature_line(line);
  const std::size_t split = note.rfind("\n\n");
  if (!parsed || parsed->name != name || split == std::string_view::npos) return Error::malformed;
  ByteReader in(parsed->blob);
  const ByteView id = in.raw(4);
  const std::uint64_t time = in.u64();
  const auto signature = to_array<64>(in.raw(64));
  if (!in.finished() || !signature) return Error::malformed;
  const auto expected = cosignature_key_id(name, key);
  if (!std::equal(expected.begin(), expected.end(), id.begin())) return Error::bad_signature;
  const std::string message = cosigned_message(note.substr(0, split + 1), time);
  if (!check(as_bytes(message), *signature, key)) return Error::bad_signature;
  return time;
}

}  // namespace bakhita
