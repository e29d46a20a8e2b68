// SPDX-License-Identifier: EUPL-1.2
// Any bytes as the rows in which feeds lie in the database: what opens is written again the same.
#include "node/store/feed_rows.h"

#include "node/store/database.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

void fuzz(ByteView input) {
  may_refuse<store::StorageError>([&] {
    const Bytes again = encode(store::decode_feed_row(1, input));
    require(encode(store::decode_feed_row(1, again)) == again);
  });
  ByteReader reader(input);
  const ByteView headers = reader.prefixed();
  may_refuse<store::StorageError>([&] {
    const store::BodyTile tile = store::decode_body_tile(reader.rest(), headers);
    require(tile.bodies.size() == headers.size() / header_size);
    require(store::decode_body_tile(encode(tile), headers).bodies == tile.bodies);
  });
}

}  // namespace bakhita::fuzzing
