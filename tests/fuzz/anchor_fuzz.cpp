// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a head anchor, as they are and under a right seal.
#include "node/store/anchor.h"

#include <sodium.h>

#include "node/store/database.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {
namespace {

constexpr ByteArray<32> key{3};

void open(const std::filesystem::path& file) {
  may_refuse<store::StorageError>([&] {
    const store::AnchorState state = store::Anchor(file, key, false).state();
    store::Anchor again(file, key, false);
    require(again.state() == state);
  });
}

}  // namespace

void fuzz(ByteView input) {
  open(scratch().file("anchor", input));
  Bytes sealed = to_bytes(input);
  ByteArray<32> seal;
  crypto_generichash(seal.data(), seal.size(), sealed.data(), sealed.size(), key.data(),
                     key.size());
  sealed.insert(sealed.end(), seal.begin(), seal.end());
  open(scratch().file("anchor", sealed));
}

}  // namespace bakhita::fuzzing
