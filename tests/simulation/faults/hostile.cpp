// SPDX-License-Identifier: EUPL-1.2
#include "protocol/limits.h"
#include "protocol/session/frame.h"
#include "tests/simulation/faults/rate.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

Bytes noise(Random& random, std::size_t size) {
  Bytes out(size);
  for (auto& byte : out) byte = static_cast<std::uint8_t>(random.next());
  return out;
}

/// A question as a peer asks it, with elements of its own choice.
v1::Evaluate make_question(World& world, Node& asker, Node& origin, Random& random) {
  v1::Evaluate out;
  for (const Group& group : world.truth.groups) {
    if (!group.ever.contains(asker.index) || !group.ever.contains(origin.index)) continue;
    out.set_community(text_of(group.id.bytes));
    out.set_epoch(group.key_epoch);
  }
  out.set_request_id(text_of(noise(random, 16)));
  out.set_group(static_cast<std::uint32_t>(random.between(1, 2)));
  out.set_case_hash(text_of(noise(random, 32)));
  out.set_purpose("investigation");
  std::string elements;
  for (std::size_t i = 0; i < limits::batch_scheduled; ++i) {
    Bytes element = noise(random, 32);
    element[31] &= 0x0f;
    elements += text_of(element);
  }
  out.set_elements(std::move(elements));
  const auto community = to_array<16>(as_bytes(out.community()));
  if (!community) return out;
  origin.run([&] {
    const FeedId feed = origin.feed({*community});
    for (const Record& record : origin.stores->feeds.read_held(feed, 0, 100'000)) {
      v1::OprfKey key;
      if (record.header.kind == RecordKind::oprf_key &&
          key.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())) &&
          key.group() == out.group() && key.epoch() == out.epoch())
        out.set_public_key(key.public_key());
    }
  });
  return out;
}

/// A connection of its own beside the real one: asks the host as a session would.
void ask(World& world, Node& asker, Node& origin, const v1::Evaluate& request) {
  origin.run([&] {
    const auto answer = origin.host->answer(asker.id, request);
    world.oracles.lookup_answered(origin, asker, request, answer);
  });
}

Node* other_member(World& world, const Node& node, Random& random) {
  std::vector<Node*> others;
  for (const Group& group : world.truth.groups)
    if (group.members.contains(node.index))
      for (std::size_t i : group.members)
        if (i != node.index && world.nodes[i]->serving()) others.push_back(world.nodes[i].get());
  return others.empty() ? nullptr : others[random.below(others.size())];
}

bool overdraw(World& world, Random& random) {
  Node& asker = world.any_node(random);
  Node* origin = other_member(world, asker, random);
  if (origin == nullptr) return false;
  for (int i = 0; i < 6 && origin->serving(); ++i) {
    v1::Evaluate request = make_question(world, asker, *origin, random);
    ask(world, asker, *origin, request);
    if (!origin->serving()) break;
    if (random.chance(0.4)) ask(world, asker, *origin, request);
    if (!origin->serving()) break;
    if (random.chance(0.4)) {
      std::string elements = request.elements();
      std::swap(elements[0], elements[32]);
      request.set_elements(elements);
      ask(world, asker, *origin, request);
    }
  }
  SOMETIMES(true, "a peer asks beyond its quota");
  return true;
}

bool ask_wrongly(World& world, Random& random) {
  Node& asker = world.any_node(random);
  Node* origin = other_member(world, asker, random);
  if (origin == nullptr) return false;
  v1::Evaluate request = make_question(world, asker, *origin, random);
  std::string elements = request.elements();
  switch (random.below(8)) {
    case 0:
      request.set_community(text_of(noise(random, 16)));
      break;
    case 1:
      request.set_epoch(request.epoch() + 1);
      break;
    case 2:
      request.set_elements(elements.substr(0, 63 * 32));
      break;
    case 3:
      request.set_elements(elements.replace(32, 32, elements, 0, 32));
      break;
    case 4:
      request.set_elements(elements.replace(0, 32, std::string(32, '\xff')));
      break;
    case 5:
      request.set_purpose("curiosity");
      break;
    case 6:
      request.set_public_key(text_of(noise(random, 32)));
      break;
    default:
      request.set_group(3);
      break;
  }
  ask(world, asker, *origin, request);
  return true;
}

/// Somebody who is in no community with the origin, or was taken off its charter.
bool ask_as_stranger(World& world, Random& random) {
  Node& asker = world.any_node(random);
  Node& origin = world.any_node(random);
  if (&asker == &origin || !origin.serving() || world.truth.groups.empty()) return false;
  const Group& group = world.truth.groups[random.below(world.truth.groups.size())];
  const auto held = origin.desk->members.community(group.id);
  if (!held || world.truth.charters.at(held->charter_hash).contains(asker.index)) return false;
  SOMETIMES(true, "a stranger asks");
  SOMETIMES(group.ever.contains(asker.index), "a removed member asks");
  v1::Evaluate request = make_question(world, asker, origin, random);
  request.set_community(text_of(group.id.bytes));
  request.set_epoch(held->newest.key_epoch());
  ask(world, asker, origin, request);
  if (!origin.serving()) return true;
  origin.run([&] {
    const auto own = origin.stores->feeds.find(origin.feed(group.id));
    if (!own || own->size == 0) return;
    v1::Want want;
    want.set_community(text_of(group.id.bytes));
    want.set_origin(text_of(origin.id.bytes));
    want.set_generation(1);
    want.set_to(own->size);
    const auto data = origin.host->read(asker.id, want);
    always(!data, "a node that the charter does not name was given records");
    SOMETIMES(true, "a stranger wants records");
    for (const v1::FeedHead& head : origin.host->heads_for(asker.id))
      always(head.community() != want.community(),
             "a node that the charter does not name was given a head");
  });
  return true;
}

Bytes garbage(Random& random) {
  v1::Frame frame;
  switch (random.below(7)) {
    case 0:
      SOMETIMES(true, "noise is sent");
      return noise(random, random.between(1, 300));
    case 1:
      SOMETIMES(true, "a frame over the limit is announced");
      return {0xff, 0xff, 0xff, 0xff, 1, 2, 3};
    case 2:
      SOMETIMES(true, "records come unasked");
      frame.mutable_data()->set_from(random.below(100));
      break;
    case 3:
      SOMETIMES(true, "an evaluation comes unasked");
      frame.mutable_evaluated()->set_request_id(text_of(noise(random, 16)));
      break;
    case 4:
      SOMETIMES(true, "a letter that nobody sealed comes");
      frame.mutable_letter()->set_sealed(text_of(noise(random, 60)));
      break;
    case 5:
      SOMETIMES(true, "a second Hello comes");
      frame.mutable_hello()->set_version(1);
      break;
    default:
      SOMETIMES(true, "a Pong comes unasked");
      frame.mutable_pong()->set_nonce(7);
      break;
  }
  const auto encoded = session::encode_frame(frame);
  return encoded ? *encoded : Bytes();
}

/// What a later version may send: unknown frames and fields are ignored.
Bytes later_frame() {
  SOMETIMES(true, "a frame of an unknown kind comes");
  // Field 99, two bytes long: length 5 of the frame.
  return {0, 0, 0, 5, 0x9a, 0x06, 2, 'h', 'i'};
}

bool flood(World& world, Random& random) {
  Node& node = world.any_node(random);
  if (!node.up()) return false;
  node.hostile = true;
  Bytes frames;
  const std::size_t count = random.between(50, 1'500);
  v1::Frame frame;
  if (random.chance(0.5))
    frame.mutable_ping()->set_nonce(1);
  else
    frame.mutable_clock();
  const Bytes one = *session::encode_frame(frame);
  for (std::size_t i = 0; i < count; ++i) frames.insert(frames.end(), one.begin(), one.end());
  SOMETIMES(true, "a peer floods");
  return world.network.inject(node, random, [&](Node&) { return frames; });
}

}  // namespace

void plan_hostile_peers(World& world) {
  plan_faults(world, Fault::overdraw, [&world](Random& random) {
    return random.chance(0.4) ? ask_wrongly(world, random) : overdraw(world, random);
  });
  plan_faults(world, Fault::stranger,
              [&world](Random& random) { return ask_as_stranger(world, random); });
  plan_faults(world, Fault::flood, [&world](Random& random) { return flood(world, random); });
  plan_faults(world, Fault::garbage, [&world](Random& random) {
    Node& node = world.any_node(random);
    node.hostile = true;
    return node.up() && world.network.inject(node, random, [&](Node&) { return garbage(random); });
  });
  plan_faults(world, Fault::mixed_version, [&world](Random& random) {
    Node& node = world.any_node(random);
    return node.up() && world.network.inject(node, random, [&](Node&) { return later_frame(); });
  });
}

}  // namespace bakhita::simulation
