// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/attachments.h"

#include <cstring>

#include "node/desk/correspondence.h"
#include "protocol/letter/letter.h"
#include "tests/simulation/points.h"
#include "tests/simulation/world.h"

namespace bakhita::simulation {
namespace {

/// Of a part of a chunk, of chunks that are full to the last byte, and of some and a rest.
std::size_t draw_size(Random& random) {
  switch (random.below(4)) {
    case 0:
      return attachment_chunk_size * random.between(1, 2);
    case 1:
      return attachment_chunk_size * random.between(1, 3) + random.between(1, 5'000);
    default:
      return random.between(64, 20'000);
  }
}

KnownFile draw_file(Random& random, const std::string& name) {
  KnownFile out;
  out.name = name;
  out.content.resize(draw_size(random));
  std::uint64_t word = 0;
  for (std::size_t at = 0; at < out.content.size(); at += sizeof word) {
    word = random.next();
    std::memcpy(out.content.data() + at, &word, std::min(sizeof word, out.content.size() - at));
  }
  // In each chunk, so that any that travels or lies in plain is seen.
  for (std::size_t at = 0; at + canary.size() <= out.content.size(); at += attachment_chunk_size)
    std::memcpy(out.content.data() + at, canary.data(), canary.size());
  out.digest = sha256(out.content);
  return out;
}

std::uint32_t chunks_of(const KnownFile& file) { return chunks_in(file.content.size()); }

void keep(Node& node, const KnownFile& file) {
  for (std::uint32_t number = 0; number < chunks_of(file); ++number) {
    const std::size_t at = std::size_t{number} * attachment_chunk_size;
    const std::size_t size = std::min(attachment_chunk_size, file.content.size() - at);
    desk::keep_chunk(*node.desk, file.digest, number, ByteView(file.content).subspan(at, size));
    always(node.disk.all_synced(), "a piece of a file was acknowledged before it was durable");
  }
}

std::uint32_t held(const Node& recipient, const NodeId& sender, const KnownFile& file) {
  return recipient.stores->letters.chunks_held({sender, file.digest}, chunks_of(file));
}

/// As `bakhita request attachment` reads it.
Bytes read_file(Node& recipient, const std::string& letter, const KnownFile& file) {
  Bytes out;
  for (std::uint32_t number = 0; number < chunks_of(file); ++number) {
    admin::v1::ChunkGet request;
    request.set_letter(letter);
    request.set_attachment(file.name);
    request.set_number(number);
    request.set_operator_("operator");
    const admin::v1::Chunk chunk = desk::read_chunk(*recipient.desk, request);
    always(chunk.chunks() == chunks_of(file), "a file has another number of pieces than was sent");
    const ByteView content = as_bytes(chunk.content());
    out.insert(out.end(), content.begin(), content.end());
  }
  return out;
}

}  // namespace

bool attach_files(World& world, Node& node, KnownLetter& known, v1::Letter& letter) {
  Random random = node.random.fork("attachments", world.truth.letters.size());
  if (!random.chance(world.nodes.size() > 30 ? 0.1 : 0.3)) return true;
  const std::size_t count = random.between(1, 2);
  for (std::size_t i = 0; i < count; ++i) {
    KnownFile file = draw_file(random, "file-" + std::to_string(i));
    v1::Attachment& attachment = *letter.add_attachments();
    attachment.set_digest(text_of(file.digest));
    attachment.set_size(file.content.size());
    attachment.set_name(file.name);
    attachment.set_media_type("application/octet-stream");
    SOMETIMES(true, "a file is attached to a letter");
    if (!node.run([&] { keep(node, file); })) return false;
    known.files.push_back(std::move(file));
  }
  return true;
}

void watch_files(World& world) {
  for (KnownLetter& letter : world.truth.letters)
    for (KnownFile& file : letter.files) {
      Node& recipient = *world.nodes[letter.to];
      if (file.whole || !letter.certain || !recipient.up()) continue;
      recipient.run([&] {
        const std::uint32_t here = held(recipient, world.nodes[letter.from]->id, file);
        file.whole = here == chunks_of(file);
        if (here == 0 || file.whole) return;
        SOMETIMES(true, "a part of a file has come");
        file.begun_in_start = recipient.starts;
      });
    }
}

std::string missing_file(Node& recipient, const Node& sender, KnownLetter& letter) {
  for (KnownFile& file : letter.files) {
    const std::uint32_t here = held(recipient, sender.id, file);
    if (here < chunks_of(file))
      return std::to_string(here) + " of " + std::to_string(chunks_of(file)) +
             " pieces of a file of node " + std::to_string(letter.from) + " are at node " +
             std::to_string(letter.to);
    if (std::exchange(file.compared, true)) continue;
    always(read_file(recipient, letter.id, file) == file.content,
           "a file has come that is not the one that was attached");
    SOMETIMES(chunks_of(file) > 1, "a file of several pieces has come whole");
    SOMETIMES(file.begun_in_start > 0 && file.begun_in_start < recipient.starts,
              "a file has come whole whose recipient crashed in between");
  }
  return {};
}

}  // namespace bakhita::simulation
