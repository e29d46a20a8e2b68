// SPDX-License-Identifier: EUPL-1.2
// A member that signs any feed: bodies of every kind with any bytes, in a tree and under a note
// that are right. The receiver takes the feed or refuses it, matches, and stays sound.
#include "protocol/limits.h"
#include "protocol/session/shape.h"
#include "tests/fuzz/federation.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {
namespace {

RenewedPair& pairs() {
  static RenewedPair only("hostile_feed_fuzz", 500, [](Federation& pair) {
    pair[1].report("BB-1", v1::IDENTIFIER_TYPE_PHONE, "+33639982304");
  });
  return only;
}

/// u8 kind ‖ u8 days to live ‖ LP(body), repeated.
v1::Data make_data(TestNode& origin, const FeedId& feed, ByteView input) {
  const auto hour = static_cast<std::uint32_t>(origin.now / 3'600);
  ByteReader reader(input);
  Frontier tree;
  Bytes headers, bodies;
  while (!reader.rest().empty() && tree.size() < limits::data_records_max) {
    const auto kind = static_cast<RecordKind>(reader.u8() % 9 + 1);
    const std::uint32_t expiry = hour / 24 + reader.u8();
    const Record record = make_record(kind, hour, expiry, to_bytes(reader.prefixed()));
    if (!reader.ok()) break;
    const auto header = encode(record.header);
    tree.append(leaf_hash(header));
    headers.insert(headers.end(), header.begin(), header.end());
    bodies.insert(bodies.end(), record.body.begin(), record.body.end());
  }
  const std::string text = checkpoint_text({feed, tree.size(), tree.root()});
  const PublicKey key = keys::ed25519_public(origin.keystore->get(keys::name::log));
  v1::Data data;
  session::set_feed(data, feed);
  data.set_headers(std::string(as_text(headers)));
  data.set_bodies(std::string(as_text(bodies)));
  data.set_note(
      make_note(text, origin_line(feed), key, origin.sign(keys::name::log, as_bytes(text))));
  return data;
}

}  // namespace

void fuzz(ByteView input) {
  Federation& pair = pairs().next();
  TestNode& origin = pair[0];
  TestNode& receiver = pair[1];
  FeedId feed = origin.feed();
  feed.generation = pairs().inputs();
  const v1::Data data = make_data(origin, feed, input);
  if (data.headers().empty()) return;
  const auto taken = receiver.host->accept(origin.id(), {data});
  const auto state = receiver.desk->feeds.find(feed);
  require(state && state->size == (taken ? data.headers().size() / header_size : 0));
  if (!taken) return;
  receiver.lookups->match(feed);
  receiver.lookups->plan();
  const PublicKey key = keys::ed25519_public(origin.keystore->get(keys::name::log));
  require(receiver.desk->feeds.verify(feed, key).empty() && receiver.matches().empty());
}

}  // namespace bakhita::fuzzing
