// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "keys/error.h"
#include "keys/keystore.h"

namespace bakhita::store {

/// The keystore does not open this database's rows.
[[noreturn]] inline void refuse_keystore(const keys::Keystore& keystore, const std::string& rows) {
  throw keys::KeyError(
      keystore.file().string() + ": lacks keys of this database's " + rows +
      "; it is an older copy, or another node's keystore: put the newest copy of this node's back. "
      "If there is none, go on as after a lost machine, with `bakhita init --restore`");
}

}  // namespace bakhita::store
