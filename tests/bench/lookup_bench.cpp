// SPDX-License-Identifier: EUPL-1.2
// Blind lookups beside bare scalar multiplications, on one core and on all; matching of arriving
// locks: lookup_bench [CACHED TOKENS]
#include <sodium.h>

#include <cstdlib>
#include <thread>

#include "protocol/voprf/composite.h"
#include "tests/bench/report.h"
#include "tests/support/federation.h"

namespace bakhita::bench {
namespace {

using testing_support::Federation;
using testing_support::TestNode;

voprf::Scalar random_scalar() {
  ByteArray<64> uniform;
  randombytes_buf(uniform.data(), uniform.size());
  return voprf::scalar_from_uniform(uniform);
}

/// Multiplications a second of libsodium alone, on `threads` cores.
double bare(unsigned threads) {
  constexpr int count = 4'000;
  const Stopwatch clock;
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i)
    workers.emplace_back([] {
      voprf::Element element, out;
      crypto_core_ristretto255_random(element.data());
      const voprf::Scalar scalar = random_scalar();
      for (int k = 0; k < count; ++k) {
        if (crypto_scalarmult_ristretto255(out.data(), scalar.data(), element.data()) != 0) return;
        element = out;
      }
    });
  for (std::thread& worker : workers) worker.join();
  return threads * count / clock.seconds();
}

struct Batch {
  std::vector<Bytes> inputs;
  std::vector<voprf::Scalar> blinds;
  std::vector<voprf::Element> blinded;
};

Batch make_batch(std::size_t size) {
  Batch out;
  for (std::size_t i = 0; i < size; ++i) {
    ByteArray<32> random;
    randombytes_buf(random.data(), random.size());
    out.inputs.push_back(pad_input(random));
    out.blinds.push_back(random_scalar());
    out.blinded.push_back(voprf::blind(out.inputs.back(), out.blinds.back()).value());
  }
  return out;
}

/// Whole batches on each of `threads` cores; returns elements a second of origin and of peer.
std::pair<double, double> evaluated(unsigned threads, std::size_t size) {
  constexpr int rounds = 12;
  const voprf::KeyPair key = voprf::derive_key_pair(ByteArray<32>{1}, as_bytes("bench")).value();
  double origin_seconds = 0, peer_seconds = 0;
  std::vector<voprf::Element> answers(size);
  voprf::Proof proof;
  const Batch batch = make_batch(size);
  const auto on_all = [&](auto work) {
    const Stopwatch clock;
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < threads; ++i)
      workers.emplace_back([&] {
        for (int k = 0; k < rounds; ++k) work();
      });
    for (std::thread& worker : workers) worker.join();
    return clock.seconds();
  };
  origin_seconds = on_all([&] {
    const auto elements = voprf::split_elements(
        ByteView(reinterpret_cast<const std::uint8_t*>(batch.blinded.data()), size * 32));
    std::vector<voprf::Element> out(size);
    if (!voprf::evaluate(key.secret, *elements, out)) std::abort();
    const auto nonce = voprf::hedged_nonce(key, ByteArray<32>{7}, *elements, out);
    voprf::prove(key, *elements, out, nonce);
  });
  if (!voprf::evaluate(key.secret, batch.blinded, answers)) std::abort();
  proof = voprf::prove(key, batch.blinded, answers, random_scalar());
  peer_seconds = on_all([&] {
    std::vector<voprf::Element> blinded(size);
    for (std::size_t i = 0; i < size; ++i)
      blinded[i] = voprf::blind(batch.inputs[i], batch.blinds[i]).value();
    if (!voprf::verify(key.public_key, blinded, answers, proof)) std::abort();
    if (voprf::finalize_all(batch.inputs, batch.blinds, answers).size() != size) std::abort();
  });
  const double elements = static_cast<double>(threads * rounds * size);
  return {elements / origin_seconds, elements / peer_seconds};
}

void evaluations() {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  for (const unsigned threads : {1u, cores}) {
    for (const std::size_t size : {std::size_t{16}, std::size_t{64}, std::size_t{256}}) {
      const double before = bare(threads);
      const auto [origin, peer] = evaluated(threads, size);
      const double limit = (before + bare(threads)) / 2;
      const std::string label =
          " in batches of " + std::to_string(size) + ", " + std::to_string(threads) + " threads";
      print("origin / (bare multiplications / 2)" + label, origin / (limit / 2), "ratio",
            "\"elements_per_second\":" + std::to_string(static_cast<long>(origin)));
      // Blind, two sums of the proof, unblind: four multiplications an element at the peer.
      print("peer / (bare multiplications / 4)" + label, peer / (limit / 4), "ratio",
            "\"elements_per_second\":" + std::to_string(static_cast<long>(peer)));
    }
  }
}

/// Arriving locks against a table of so many expected tokens.
void matching(std::uint64_t cached) {
  Federation federation({"FR", "GB"}, "bench-match");
  TestNode &fr = federation[0], &gb = federation[1];
  fr.report("F1", v1::IDENTIFIER_TYPE_PHONE, "+33612345678");
  fr.publish();
  federation.exchange();
  const std::uint32_t number = gb.desk->feeds.find(fr.feed())->number;
  const double before = peak_memory_mib();
  for (std::uint64_t done = 0; done < cached;) {
    store::SortedRows rows;
    for (; rows.size() < 1'000'000 && done < cached; ++done) {
      ByteArray<16> hash;
      randombytes_buf(hash.data(), hash.size());
      rows.emplace_back(ByteWriter().u32(number).raw(hash).take(), to_bytes(hash));
    }
    std::sort(rows.begin(), rows.end());
    gb.desk->database.ingest(store::Table::wanted, rows);
  }
  const auto community = fr.desk->members.communities().at(0);
  std::vector<double> times;
  for (int round = 0; round < 300; ++round) {
    const std::vector<Record> one{make_dummy(desk::scope_of(community, fr.id(), 1),
                                             period_of(fr.now), fr.desk->random.bytes<208>(),
                                             static_cast<std::uint32_t>(fr.now / 3'600),
                                             static_cast<std::uint32_t>(fr.now / 86'400 + 300))};
    fr.desk->feeds.append(fr.feed(), one, keys::ed25519_public(fr.keystore->get(keys::name::log)),
                          [&](ByteView text) { return fr.sign(keys::name::log, text); }, {});
    Federation::fetch(fr, gb);
    std::vector<Bytes> keys;
    ByteArray<16> hash;
    randombytes_buf(hash.data(), hash.size());
    keys.push_back(ByteWriter().u32(number).raw(hash).take());
    const Stopwatch clock;
    gb.desk->database.get_many(store::Table::wanted, keys);
    times.push_back(clock.seconds() * 1e6);
    gb.lookups->match(fr.feed());
  }
  const std::string label = " against " + std::to_string(cached) + " tokens";
  print("match lookup of an arriving lock, p50" + label, percentile(times, 0.5), "us");
  print("match lookup of an arriving lock, p99" + label, percentile(times, 0.99), "us");
  print("memory while they were written and asked", peak_memory_mib() - before, "MiB");
}

}  // namespace
}  // namespace bakhita::bench

int main(int argc, char** argv) {
  if (sodium_init() < 0) return 1;
  bakhita::bench::evaluations();
  bakhita::bench::matching(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000);
}
