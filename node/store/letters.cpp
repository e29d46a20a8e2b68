// SPDX-License-Identifier: EUPL-1.2
#include "node/store/letters.h"

#include <algorithm>

#include "node/store/sealing.h"

namespace bakhita::store {
namespace {

// Table::letters. "d" ‖ id → Draft; "t" ‖ thread → Thread; "l" ‖ thread ‖ u32 n → KeptLetter; "i" ‖
// id → key of its "l" row; "o" ‖ peer ‖ u64 n → letter id, and for a chunk ‖ digest ‖ u32; "a" ‖
// owner ‖ digest ‖ u32 n → chunk.
Bytes draft_key(const LetterId& id) { return ByteWriter().text("d").raw(id).take(); }
Bytes thread_key(const LetterId& id) { return ByteWriter().text("t").raw(id).take(); }
Bytes letters_prefix(const LetterId& thread) { return ByteWriter().text("l").raw(thread).take(); }
Bytes letter_key(const LetterId& thread, std::uint32_t number) {
  return ByteWriter().raw(letters_prefix(thread)).u32(number).take();
}
Bytes id_key(const LetterId& id) { return ByteWriter().text("i").raw(id).take(); }
Bytes outbox_prefix(const NodeId& peer) { return ByteWriter().text("o").raw(peer.bytes).take(); }
Bytes chunk_key(const AttachmentId& attachment, std::uint32_t number) {
  return ByteWriter()
      .text("a")
      .raw(attachment.owner.bytes)
      .raw(attachment.digest)
      .u32(number)
      .take();
}
Bytes place(ByteView key) { return ByteWriter().text("letters").raw(key).take(); }

constexpr std::size_t outbox_key_size = 1 + 32 + 8;

Bytes encode(const Outgoing& outgoing) {
  ByteWriter out;
  out.raw(outgoing.letter);
  if (outgoing.attachment) out.raw(*outgoing.attachment).u32(outgoing.chunk);
  return out.take();
}

Outgoing decode_outgoing(ByteView row) {
  ByteReader in(row);
  Outgoing out;
  out.letter = to_array<16>(in.raw(16)).value_or(LetterId{});
  if (!in.rest().empty()) {
    out.attachment = to_array<32>(in.raw(32)).value_or(Hash{});
    out.chunk = in.u32();
  }
  if (!in.finished()) throw StorageError("a row of the outbox is malformed");
  return out;
}

}  // namespace

Letters::Letters(Database& database, ByteView seal_key) : database_(database), seal_key_(seal_key) {
  database.scan(Table::letters, as_bytes("o"), {}, [this](ByteView key, ByteView) {
    if (key.size() != outbox_key_size) throw StorageError("a key of the outbox is malformed");
    next_outgoing_ = std::max(next_outgoing_, ByteReader(key.subspan(33)).u64() + 1);
    return true;
  });
}

Bytes Letters::sealed_row(ByteView key, const google::protobuf::Message& message) const {
  return seal(seal_key_, as_bytes(message.SerializeAsString()), place(key));
}

template <class Message>
Message Letters::open_row(ByteView key, ByteView row) const {
  const Bytes plain = unseal(seal_key_, row, place(key));
  Message out;
  if (!out.ParseFromArray(plain.data(), static_cast<int>(plain.size())))
    throw StorageError("a row of the letters is malformed");
  return out;
}

template <class Message>
std::optional<Message> Letters::load(ByteView key) const {
  const auto row = database_.get(Table::letters, key);
  if (!row) return std::nullopt;
  return open_row<Message>(key, *row);
}

Named Letters::draft_named(std::string_view beginning) const {
  return named(database_, Table::letters, as_bytes("d"), beginning);
}

Named Letters::thread_named(std::string_view beginning) const {
  return named(database_, Table::letters, as_bytes("t"), beginning);
}

Named Letters::letter_named(std::string_view beginning) const {
  return named(database_, Table::letters, as_bytes("i"), beginning, [&](ByteView, ByteView key) {
    const auto thread = to_array<16>(key.subspan(1, 16)).value();
    return database_.get(Table::letters, thread_key(thread)).has_value();
  });
}

std::optional<storage::v1::Draft> Letters::draft(const LetterId& id) const {
  return load<storage::v1::Draft>(draft_key(id));
}

std::vector<storage::v1::Draft> Letters::drafts() const {
  std::vector<storage::v1::Draft> out;
  database_.scan(Table::letters, as_bytes("d"), {}, [&](ByteView key, ByteView row) {
    out.push_back(open_row<storage::v1::Draft>(key, row));
    return true;
  });
  return out;
}

void Letters::put_draft(Batch& batch, const storage::v1::Draft& draft) const {
  const Bytes key = draft_key(id_of(draft.letter()));
  batch.put(Table::letters, key, sealed_row(key, draft));
}

void Letters::erase_draft(Batch& batch, const LetterId& id) const {
  batch.erase(Table::letters, draft_key(id));
}

std::optional<storage::v1::Thread> Letters::thread(const LetterId& id) const {
  return load<storage::v1::Thread>(thread_key(id));
}

std::vector<std::pair<LetterId, storage::v1::Thread>> Letters::threads() const {
  std::vector<std::pair<LetterId, storage::v1::Thread>> out;
  database_.scan(Table::letters, as_bytes("t"), {}, [&](ByteView key, ByteView row) {
    out.emplace_back(to_array<16>(key.subspan(1)).value(), open_row<storage::v1::Thread>(key, row));
    return true;
  });
  return out;
}

void Letters::put_thread(Batch& batch, const LetterId& id,
                         const storage::v1::Thread& thread) const {
  const Bytes key = thread_key(id);
  batch.put(Table::letters, key, sealed_row(key, thread));
}

bool Letters::has(const LetterId& id) const {
  return database_.get(Table::letters, id_key(id)).has_value();
}

std::optional<storage::v1::KeptLetter> Letters::letter(const LetterId& id) const {
  const auto key = database_.get(Table::letters, id_key(id));
  if (!key) return std::nullopt;
  auto kept = load<storage::v1::KeptLetter>(*key);
  if (!kept) throw StorageError("a letter is missing that the index names");
  return kept;
}

std::vector<storage::v1::KeptLetter> Letters::letters_of(const LetterId& thread) const {
  std::vector<storage::v1::KeptLetter> out;
  database_.scan(Table::letters, letters_prefix(thread), {}, [&](ByteView key, ByteView row) {
    out.push_back(open_row<storage::v1::KeptLetter>(key, row));
    return true;
  });
  return out;
}

void Letters::add(Batch& batch, const v1::Letter& letter, const storage::v1::KeptLetter& kept,
                  storage::v1::Thread& thread) const {
  const Bytes key = letter_key(thread_of(letter), thread.letters());
  thread.set_letters(thread.letters() + 1);
  batch.put(Table::letters, key, sealed_row(key, kept));
  batch.put(Table::letters, id_key(id_of(letter)), key);
}

void Letters::put(Batch& batch, const LetterId& id, const storage::v1::KeptLetter& kept) const {
  const auto key = database_.get(Table::letters, id_key(id));
  if (key) batch.put(Table::letters, *key, sealed_row(*key, kept));
}

void Letters::erase(Batch& batch, const LetterId& id) const {
  const auto key = database_.get(Table::letters, id_key(id));
  if (!key) return;
  batch.erase(Table::letters, *key);
  batch.erase(Table::letters, id_key(id));
}

void Letters::enqueue(Batch& batch, const NodeId& peer, const Outgoing& outgoing) {
  batch.put(Table::letters, ByteWriter().raw(outbox_prefix(peer)).u64(next_outgoing_++).view(),
            encode(outgoing));
}

std::optional<std::pair<Bytes, Outgoing>> Letters::next(const NodeId& peer, ByteView after) const {
  std::optional<std::pair<Bytes, Outgoing>> out;
  database_.scan(Table::letters, outbox_prefix(peer), after, [&](ByteView key, ByteView row) {
    if (std::ranges::equal(key, after)) return true;
    out.emplace(to_bytes(key), decode_outgoing(row));
    return false;
  });
  return out;
}

void Letters::dequeue(Batch& batch, ByteView outbox_place) const {
  batch.erase(Table::letters, outbox_place);
}

std::uint64_t Letters::outgoing_count(const NodeId& peer) const {
  std::uint64_t out = 0;
  database_.scan(Table::letters, outbox_prefix(peer), {}, [&](ByteView, ByteView) {
    ++out;
    return true;
  });
  return out;
}

bool Letters::has_chunk(const AttachmentId& attachment, std::uint32_t number) const {
  return database_.get(Table::letters, chunk_key(attachment, number)).has_value();
}

void Letters::put_chunk(Batch& batch, const AttachmentId& attachment, std::uint32_t number,
                        ByteView content) const {
  const Bytes key = chunk_key(attachment, number);
  batch.put(Table::letters, key, seal(seal_key_, content, place(key)));
}

std::optional<Bytes> Letters::chunk(const AttachmentId& attachment, std::uint32_t number) const {
  const Bytes key = chunk_key(attachment, number);
  const auto row = database_.get(Table::letters, key);
  if (!row) return std::nullopt;
  return unseal(seal_key_, *row, place(key));
}

std::uint32_t Letters::chunks_held(const AttachmentId& attachment, std::uint32_t count) const {
  std::uint32_t held = 0;
  for (std::uint32_t number = 0; number < count; ++number)
    held += has_chunk(attachment, number) ? 1 : 0;
  return held;
}

}  // namespace bakhita::store
