// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a keystore file: it opens with its key file, or says why not.
#include "keys/keystore.h"

#include "keys/error.h"
#include "keys/private_file.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

void fuzz(ByteView input) {
  // The corpus holds a keystore that this opens.
  static const keys::Credential key{
      keys::Credential::Kind::key_file,
      keys::SecretBytes::copy_of(as_bytes("no secret: the fuzzer has it, too"))};
  const auto file = scratch().file("keystore", input);
  try {
    const auto keystore = keys::Keystore::open(file, key);
    for (const std::string& name : keystore.names()) require(keystore.get(name).view().size() > 0);
  } catch (const keys::KeyError&) {
  } catch (const keys::FileError&) {
  }
}

}  // namespace bakhita::fuzzing
