// SPDX-License-Identifier: EUPL-1.2
#include "node/capture/reader.h"

#include <string>

#include "protocol/limits.h"

namespace bakhita::capture {
namespace {

/// Bytes that make no frame come in at most one piece behind what was waiting for its frame.
constexpr std::size_t content_size_max = limits::frame_size_max + 64 * 1024;

/// How much of `size` could be read.
std::size_t read_up_to(std::ifstream& in, std::uint8_t* out, std::size_t size) {
  in.read(reinterpret_cast<char*>(out), static_cast<std::streamsize>(size));
  return static_cast<std::size_t>(in.gcount());
}

bool is_known(Direction direction) {
  return direction == Direction::sent || direction == Direction::received;
}
bool is_known(Form form) { return form == Form::frame || form == Form::remains; }

}  // namespace

Reader::Reader(const std::filesystem::path& file) : file_(file), in_(file, std::ios::binary) {
  std::error_code unknown;
  if (std::filesystem::is_directory(file, unknown))
    throw CaptureError(file.string() + ": is a folder; name the files in it");
  if (!in_) throw CaptureError(file.string() + ": cannot be opened");
  std::string begin(magic.size(), '\0');
  in_.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (!in_ || begin != magic) throw CaptureError(file.string() + ": is no capture of frames");
  at_ = magic.size();
}

bool Reader::next(Entry& entry) {
  ByteArray<entry_head_size> head;
  const std::size_t got = read_up_to(in_, head.data(), head.size());
  if (got == 0) return false;
  if (got < head.size()) fail("cut short");
  ByteReader reader(head);
  const std::size_t size = reader.u32();
  entry.time = reader.u64();
  entry.direction = static_cast<Direction>(reader.u8());
  entry.form = static_cast<Form>(reader.u8());
  entry.connection = reader.u64();
  entry.peer.bytes = *to_array<32>(reader.raw(32));
  if (size > content_size_max || !is_known(entry.direction) || !is_known(entry.form))
    fail("malformed");
  entry.content.resize(size);
  if (read_up_to(in_, entry.content.data(), size) < size) fail("cut short");
  at_ += entry_head_size + size;
  return true;
}

void Reader::fail(const std::string& why) const {
  throw CaptureError(file_.string() + ": the entry at byte " + std::to_string(at_) + " is " + why);
}

}  // namespace bakhita::capture
