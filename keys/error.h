// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <stdexcept>
#include <string>

namespace bakhita::keys {

/// What can go wrong with a keystore or a key file. The message says what, where and how to mend
/// it.
class KeyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The keystore could not be written: nobody knows whether the file is the old one or the new. The
/// Keystore is of no use from then on; the process ends, and reads at its next start what is there.
class KeyWriteError : public KeyError {
 public:
  using KeyError::KeyError;
};

}  // namespace bakhita::keys
