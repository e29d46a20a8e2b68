// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/liar.h"

#include "protocol/session/error_code.h"
#include "tests/simulation/node.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

std::optional<FeedId> feed_in(const v1::Want& want) {
  const auto community = to_array<16>(as_bytes(want.community()));
  const auto origin = to_array<32>(as_bytes(want.origin()));
  if (!community || !origin) return std::nullopt;
  return FeedId{{*community}, {*origin}, want.generation()};
}

void turn_bit(std::string& bytes, Random& random) {
  if (bytes.empty()) return;
  char& at = bytes[random.below(bytes.size())];
  at = static_cast<char>(at ^ (1 << random.below(8)));
}

/// The first record alone.
void cut_short(v1::Data& data) {
  const auto first = parse_header(as_bytes(data.headers()).first(header_size));
  const bool erased = !data.erased().empty() && (data.erased()[0] & 1) != 0;
  data.mutable_headers()->resize(header_size);
  data.mutable_bodies()->resize(erased ? 0 : first->body_size);
  if (!data.erased().empty()) data.mutable_erased()->resize(1);
}

/// A start that hides records, or that nothing proves.
void change_start(v1::Data& data, Random& random) {
  v1::Start& start = *data.mutable_start();
  switch (random.below(3)) {
    case 0:
      start.set_first(start.first() + 256);
      data.set_from(start.first());
      break;
    case 1:
      turn_bit(*start.mutable_peaks(0), random);
      break;
    default:
      turn_bit(*start.mutable_floor_body(), random);
      break;
  }
}

}  // namespace

/// The true records with the last few replaced: as many, or fewer.
Fork* Liar::fork_of(Node& self, const FeedId& feed, Random& random) {
  const auto state = self.stores->feeds.find(feed);
  if (!state || state->size < 4 || state->first > 0) return nullptr;
  Fork& fork = forks[feed];
  if (!fork.note.empty() && random.chance(0.7)) return &fork;
  fork = Fork{};
  fork.feed = feed;
  fork.records = self.stores->feeds.read_held(feed, 0, state->size);
  for (Record& record : fork.records)
    if (record.body.empty() && record.header.body_size > 0) return nullptr;  // some are erased
  const std::size_t replaced = random.between(1, 3);
  for (std::size_t i = fork.records.size() - replaced; i < fork.records.size(); ++i)
    fork.records[i] = make_record(RecordKind::advisory, fork.records[i].header.issued_hour,
                                  fork.records[i].header.expiry_day,
                                  to_bytes(as_bytes("other " + std::to_string(random.next()))));
  if (random.chance(0.5)) fork.records.pop_back();
  for (const Record& record : fork.records) fork.tree.append(leaf_hash(encode(record.header)));
  fork.checkpoint = {feed, fork.tree.size(), fork.tree.root()};
  const std::string text = checkpoint_text(fork.checkpoint);
  signing_fork = lied = true;
  fork.note =
      make_note(text, origin_line(feed), self.log_key, self.sign(keys::name::log, as_bytes(text)));
  signing_fork = false;
  return &fork;
}

/// A root that nobody signed, of the feed's size or a larger one.
void Liar::forge(v1::FeedHead& head, const Finder& find, Random& random) const {
  const auto community = to_array<16>(as_bytes(head.community()));
  const auto id = to_array<32>(as_bytes(head.origin()));
  const Node* origin = find({*id});
  if (origin == nullptr) return;
  const FeedId feed{{*community}, {*id}, head.generation()};
  Checkpoint forged{feed, head.size() + random.below(3), {}};
  Signature signature{};
  for (std::uint8_t& byte : forged.root) byte = static_cast<std::uint8_t>(random.next());
  for (std::uint8_t& byte : signature) byte = static_cast<std::uint8_t>(random.next());
  SOMETIMES(origin != nullptr, "a head is forged");
  head.set_size(forged.size);
  head.set_root(text_of(forged.root));
  head.set_note(make_note(checkpoint_text(forged), origin_line(feed), origin->log_key, signature));
}

void Liar::change_heads(Node& self, std::vector<v1::FeedHead>& heads, const Finder& find) {
  Random& random = self.random;
  if (sends_bad_ranges && !heads.empty() && random.chance(0.3))
    forge(heads[random.below(heads.size())], find, random);
  if (!equivocates) return;
  for (v1::FeedHead& head : heads) {
    if (head.origin() != as_text(self.id.bytes) || random.chance(0.5)) continue;
    const auto community = to_array<16>(as_bytes(head.community()));
    Fork* fork = fork_of(self, {{*community}, self.id, head.generation()}, random);
    if (fork == nullptr) continue;
    SOMETIMES(true, "an origin shows another history");
    head.set_size(fork->checkpoint.size);
    head.set_root(text_of(fork->checkpoint.root));
    head.set_note(fork->note);
  }
}

void Liar::change_range(const v1::Want& want, Result<v1::Data>& data, Random& random) {
  if (withholds && random.chance(0.7)) {
    SOMETIMES(true, "a peer withholds records that it announced");
    data = Error::not_found;
    return;
  }
  if (!data) return;
  const auto feed = feed_in(want);
  const auto fork = feed ? forks.find(*feed) : forks.end();
  if (equivocates && fork != forks.end() && want.to() == fork->second.checkpoint.size) {
    const Fork& other = fork->second;
    v1::Data out = *data;
    out.clear_headers();
    out.clear_bodies();
    out.clear_erased();
    out.clear_proof();
    const std::uint64_t end = std::min<std::uint64_t>(want.to(), want.from() + 200);
    for (std::uint64_t i = want.from(); i < end; ++i) {
      out.mutable_headers()->append(text_of(encode(other.records[i].header)));
      out.mutable_bodies()->append(text_of(other.records[i].body));
    }
    out.set_note(other.note);
    if (end < other.tree.size())
      for (const Hash& hash : other.tree.consistency_proof(
               end, other.tree.size(), [&](std::uint64_t from, std::uint64_t n) {
                 std::vector<Hash> leaves;
                 for (std::uint64_t i = from; i < from + n; ++i)
                   leaves.push_back(leaf_hash(encode(other.records[i].header)));
                 return leaves;
               }))
        out.add_proof(text_of(hash));
    SOMETIMES(true, "an origin hands out another history");
    data = std::move(out);
    return;
  }
  if (!sends_bad_ranges || random.chance(0.4)) return;
  if (data->has_start() && random.chance(0.7)) return change_start(*data, random);
  switch (random.below(6)) {
    case 0:
      SOMETIMES(true, "a header in a range is altered");
      turn_bit(*data->mutable_headers(), random);
      break;
    case 1:
      SOMETIMES(!data->bodies().empty(), "a body in a range is altered");
      turn_bit(*data->mutable_bodies(), random);
      break;
    case 2:
      SOMETIMES(true, "a range is cut short, and its proof left out");
      cut_short(*data);
      data->clear_proof();
      break;
    case 3:
      SOMETIMES(true, "a note in a range is altered");
      turn_bit(*data->mutable_note(), random);
      break;
    case 4:
      SOMETIMES(true, "a live body is claimed to be erased");
      data->set_erased(std::string((data->headers().size() / header_size + 7) / 8, '\xff'));
      data->clear_bodies();
      break;
    default:
      SOMETIMES(true, "a range begins elsewhere");
      data->set_from(data->from() + 1);
      break;
  }
}

void Liar::change_answer(peers::Host::Answer& answer, Random& random) {
  auto* evaluated = std::get_if<v1::Evaluated>(&answer);
  if (!answers_wrongly || evaluated == nullptr || random.chance(0.2)) return;
  switch (random.below(4)) {
    case 3:
      if (evaluated->elements().size() == 16 * 32) return;
      SOMETIMES(true, "evaluations are left out");
      evaluated->mutable_elements()->resize(16 * 32);
      left_out = true;
      break;
    case 0:
      SOMETIMES(true, "a wrong evaluation is sent");
      turn_bit(*evaluated->mutable_elements(), random);
      break;
    case 1: {
      SOMETIMES(true, "two evaluations are exchanged");
      std::string& all = *evaluated->mutable_elements();
      if (all.size() < 64) return;
      const std::string first = all.substr(0, 32);
      all.replace(0, 32, all, 32, 32);
      all.replace(32, 32, first);
      break;
    }
    default:
      SOMETIMES(true, "a wrong proof is sent");
      turn_bit(*evaluated->mutable_proof(), random);
      break;
  }
}

}  // namespace bakhita::simulation
