// SPDX-License-Identifier: EUPL-1.2
// Blind lookups beside bare scalar multiplications, on one core and on all; matching of arriving
// locks: lookup_bench [CACHED TOKENS]
#include <sodium.h>

#include <cmath>
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
  constexpr int count = 1'024;
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

/// Elements a second, on each of `threads` cores; `work` does `size` elements.
template <typename Work>
double rate(unsigned threads, std::size_t size, Work work) {
  constexpr std::size_t elements = 1'024;
  const std::size_t rounds = elements / size;
  const Stopwatch clock;
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i)
    workers.emplace_back([&] {
      for (std::size_t k = 0; k < rounds; ++k) work();
    });
  for (std::thread& worker : workers) worker.join();
  return static_cast<double>(threads * rounds * size) / clock.seconds();
}

/// One batch as origin and peer see it.
class Evaluation {
 public:
  explicit Evaluation(std::size_t size) : batch_(make_batch(size)), answers_(size) {
    if (!voprf::evaluate(key_.secret, batch_.blinded, answers_)) std::abort();
    proof_ = voprf::prove(key_, batch_.blinded, answers_, random_scalar()).value();
  }
  void as_origin() const {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(batch_.blinded.data());
    const auto elements = voprf::split_elements(ByteView(bytes, batch_.blinded.size() * 32));
    std::vector<voprf::Element> out(elements->size());
    if (!voprf::evaluate(key_.secret, *elements, out)) std::abort();
    const auto nonce = voprf::hedged_nonce(key_, ByteArray<32>{7}, *elements, out);
    if (!voprf::prove(key_, *elements, out, nonce)) std::abort();
  }
  void as_peer() const {
    std::vector<voprf::Element> blinded(answers_.size());
    for (std::size_t i = 0; i < blinded.size(); ++i)
      blinded[i] = voprf::blind(batch_.inputs[i], batch_.blinds[i]).value();
    if (!voprf::verify(key_.public_key, blinded, answers_, proof_)) std::abort();
    if (voprf::finalize_all(batch_.inputs, batch_.blinds, answers_).size() != blinded.size())
      std::abort();
  }

 private:
  voprf::KeyPair key_ = voprf::derive_key_pair(ByteArray<32>{1}, as_bytes("bench")).value();
  Batch batch_;
  std::vector<voprf::Element> answers_;
  voprf::Proof proof_{};
};

/// Medians of turns that alternate with the bare library's, so that a busy machine slows both.
void evaluations() {
  constexpr int turns = 9;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  for (const unsigned threads : {1u, cores}) {
    for (const std::size_t size : {std::size_t{16}, std::size_t{64}, std::size_t{256}}) {
      const Evaluation evaluation(size);
      std::vector<double> origin, peer, origin_ratio, peer_ratio;
      for (int turn = 0; turn < turns; ++turn) {
        const double before = bare(threads);
        origin.push_back(rate(threads, size, [&] { evaluation.as_origin(); }));
        const double between = bare(threads);
        peer.push_back(rate(threads, size, [&] { evaluation.as_peer(); }));
        const double after = bare(threads);
        origin_ratio.push_back(origin.back() / ((before + between) / 4));
        // Blind, two sums of the proof, unblind: four multiplications an element at the peer.
        peer_ratio.push_back(peer.back() / ((between + after) / 8));
      }
      const std::string label =
          " in batches of " + std::to_string(size) + ", " + std::to_string(threads) + " threads";
      const auto beside = [](const std::vector<double>& rates) {
        return "\"elements_per_second\":" + std::to_string(std::lround(percentile(rates, 0.5)));
      };
      print("origin / (bare multiplications / 2)" + label, percentile(origin_ratio, 0.5), "ratio",
            beside(origin));
      print("peer / (bare multiplications / 4)" + label, percentile(peer_ratio, 0.5), "ratio",
            beside(peer));
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
