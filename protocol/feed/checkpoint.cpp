// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/checkpoint.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>

#include "protocol/characters.h"
#include "protocol/feed/merkle.h"

namespace bakhita {
namespace {

constexpr std::uint8_t ed25519_type = 0x01;
constexpr std::string_view signature_mark = "\xe2\x80\x94 ";  // em dash and space
/// Bounds what an unread note may make us look at.
constexpr std::size_t note_size_max = 8 * 1024;
constexpr int signatures_max = 16;
constexpr std::size_t key_id_size = 4;

/// Cuts the next line off `rest`; nothing when no newline is left.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

/// UTF-8 without control characters other than the newline.
bool is_note_text(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
  return std::ranges::none_of(text, is_control) && !first_invalid_utf8(text);
}

/// The Ed25519 signature on a line of `name` by the key with `key_id`, if it is that.
std::optional<Signature> signature_of(const SignatureLine& line, std::string_view name,
                                      const ByteArray<4>& key_id) {
  if (line.name != name || !std::equal(key_id.begin(), key_id.end(), line.blob.begin()))
    return std::nullopt;
  return to_array<64>(ByteView(line.blob).subspan(key_id_size));
}

/// Decimal without sign or leading zeros.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<SignatureLine> parse_signature_line(std::string_view line) {
  if (!line.starts_with(signature_mark)) return std::nullopt;
  line.remove_prefix(signature_mark.size());
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string_view::npos) return std::nullopt;
  const std::string_view name = line.substr(0, space);
  auto blob = from_base64(line.substr(space + 1));
  if (name.find('+') != std::string_view::npos || !blob || blob->size() <= key_id_size)
    return std::nullopt;
  return SignatureLine{name, std::move(*blob)};
}

std::string signature_line(std::string_view name, ByteView blob) {
  return std::string(signature_mark) + std::string(name) + " " + to_base64(blob);
}

std::string origin_line(const FeedId& feed) {
  return "bakhita.v1/" + to_hex(feed.community.bytes) + "/" + to_hex(feed.origin.bytes) + "/" +
         std::to_string(feed.generation);
}

Result<FeedId> feed_of_note(std::string_view note) {
  const std::string_view line = note.substr(0, note.find('\n'));
  std::vector<std::string_view> parts;
  for (std::string_view rest = line; parts.size() < 5;) {
    const std::size_t end = rest.find('/');
    parts.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (parts.size() != 4) return Error::malformed;
  const auto community_bytes = from_hex(parts[1]), origin_bytes = from_hex(parts[2]);
  if (!community_bytes || !origin_bytes) return Error::malformed;
  const auto community = to_array<16>(*community_bytes);
  const auto origin = to_array<32>(*origin_bytes);
  if (!community || !origin) return Error::malformed;
  FeedId feed{{*community}, {*origin}, 0};
  std::from_chars(parts[3].data(), parts[3].data() + parts[3].size(), feed.generation);
  if (feed.generation == 0 || origin_line(feed) != line) return Error::malformed;
  return feed;
}

std::string checkpoint_text(const Checkpoint& checkpoint) {
  return origin_line(checkpoint.feed) + "\n" + std::to_string(checkpoint.size) + "\n" +
         to_base64(checkpoint.root) + "\n";
}

ByteArray<4> note_key_id(std::string_view name, const PublicKey& key) {
  const Hash hash = sha256(ByteWriter().text(name).text("\n").u8(ed25519_type).raw(key).view());
  return {hash[0], hash[1], hash[2], hash[3]};
}

std::string make_note(std::string_view text, std::string_view name, const PublicKey& key,
                      const Signature& signature) {
  ByteWriter blob;
  blob.raw(note_key_id(name, key)).raw(signature);
  return std::string(text) + "\n" + signature_line(name, blob.view()) + "\n";
}

bool verify_ed25519(ByteView message, const Signature& signature, const PublicKey& key) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     key.data()) == 0;
}

Result<std::string> open_note(std::string_view note, std::string_view name, const PublicKey& key,
                              const SignatureCheck& check) {
  if (note.size() > note_size_max) return Error::too_large;
  if (!is_note_text(note)) return Error::malformed;
  const std::size_t split = note.rfind("\n\n");
  if (split == std::string_view::npos || note.back() != '\n') return Error::malformed;
  const std::string_view text = note.substr(0, split + 1);
  std::string_view rest = note.substr(split + 2);
  const ByteArray<4> key_id = note_key_id(name, key);
  bool verified = false;
  int count = 0;
  while (auto line = take_line(rest)) {
    const auto parsed = parse_signature_line(*line);
    if (!parsed || ++count > signatures_max) return Error::malformed;
    const auto signature = signature_of(*parsed, name, key_id);
    if (!signature) continue;
    if (!check(as_bytes(text), *signature, key)) return Error::bad_signature;
    verified = true;
  }
  if (!rest.empty() || count == 0) return Error::malformed;
  if (!verified) return Error::bad_signature;
  return std::string(text);
}

Result<Checkpoint> open_checkpoint(std::string_view note, const FeedId& feed, const PublicKey& key,
                                   const SignatureCheck& check) {
  const std::string name = origin_line(feed);
  const auto text = open_note(note, name, key, check);
  if (!text) return text.error();
  std::string_view rest = *text;
  const auto origin = take_line(rest), size_line = take_line(rest), root_line = take_line(rest);
  if (!origin || !size_line || !root_line || !rest.empty()) return Error::malformed;
  if (*origin != name) return Error::wrong_peer;
  const auto size = parse_size(*size_line);
  const auto root_bytes = from_base64(*root_line);
  if (!size || !root_bytes) return Error::malformed;
  const auto root = to_array<32>(*root_bytes);
  if (!root) return Error::malformed;
  return Checkpoint{feed, *size, *root};
}

}  // namespace bakhita
