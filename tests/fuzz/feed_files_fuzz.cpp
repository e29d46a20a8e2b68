// SPDX-License-Identifier: EUPL-1.2
// Any bytes as the files of an exported feed: start, which is left out when empty, checkpoint, log
// key and headers with their length before them, then bodies.
#include "node/feed_files/feed_files.h"

#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

void fuzz(ByteView input) {
  constexpr std::uint32_t today = 20'800;
  ByteReader reader(input);
  const ByteView start = reader.prefixed();
  scratch().file("start", start);
  if (start.empty()) std::filesystem::remove(scratch().path() / "start");
  for (const char* name : {"checkpoint", "log_key", "headers"})
    scratch().file(name, reader.prefixed());
  scratch().file("bodies", reader.rest());
  may_refuse<feed_files::FeedFileError>([&] {
    const auto verified = feed_files::verify(scratch().path(), today, std::nullopt);
    require(verified.erased <= verified.records && verified.first <= verified.records);
  });
}

}  // namespace bakhita::fuzzing
