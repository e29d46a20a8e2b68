// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a capture of frames; and as a stream that is captured and read again, byte for byte.
#include "node/capture/reader.h"
#include "node/capture/writer.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {
namespace {

using namespace capture;

void read_any(ByteView input) {
  const std::string file = std::string(magic) + std::string(as_text(input));
  may_refuse<CaptureError>([&] {
    Entry entry;
    Reader reader(scratch().file("any", as_bytes(file)));
    while (reader.next(entry)) require(entry.content.size() <= input.size());
  });
}

void write_and_read(ByteView input) {
  const auto folder = scratch().path() / "captures";
  std::filesystem::path file;
  {
    Writer writer(folder, 1 << 24, [](const std::string&) { std::abort(); });
    file = writer.state().file;
    Tap tap(writer, {{1}});
    for (std::size_t at = 0; at < input.size(); at += 11)
      tap.received(input.subspan(at, std::min<std::size_t>(11, input.size() - at)));
  }
  Bytes stream;
  Entry entry;
  for (Reader reader(file); reader.next(entry);) {
    if (entry.form == Form::frame)
      for (const unsigned shift : {24u, 16u, 8u, 0u})
        stream.push_back(static_cast<std::uint8_t>(entry.content.size() >> shift));
    stream.insert(stream.end(), entry.content.begin(), entry.content.end());
  }
  require(as_text(stream) == as_text(input));
  std::filesystem::remove(file);
}

}  // namespace

void fuzz(ByteView input) {
  read_any(input);
  write_and_read(input);
}

}  // namespace bakhita::fuzzing
