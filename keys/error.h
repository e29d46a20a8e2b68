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

}  // namespace bakhita::keys
