// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <memory>

#include "tests/support/federation.h"

namespace bakhita::fuzzing {

using testing_support::Federation;
using testing_support::TestNode;

/// Two nodes in one community, made and prepared anew after so many inputs, as each leaves
/// something behind. One in a program.
class RenewedPair {
 public:
  RenewedPair(std::string name, std::uint32_t inputs_max, std::function<void(Federation&)> prepare)
      : name_(std::move(name)), inputs_max_(inputs_max), prepare_(std::move(prepare)) {}

  /// The pair for one more input.
  Federation& next() {
    if (!pair_ || ++inputs_ > inputs_max_) {
      pair_.reset();
      pair_ = std::make_unique<Federation>(std::vector<std::string>{"AA", "BB"}, name_);
      prepare_(*pair_);
      inputs_ = 1;
    }
    // Made after the first database: so it goes before RocksDB's own statics do.
    static const Closer closer{*this};
    return *pair_;
  }
  /// Since the pair was made, from 1.
  std::uint32_t inputs() const { return inputs_; }

 private:
  struct Closer {
    RenewedPair& owner;
    ~Closer() { owner.pair_.reset(); }
  };

  std::string name_;
  std::uint32_t inputs_max_;
  std::function<void(Federation&)> prepare_;
  std::unique_ptr<Federation> pair_;
  std::uint32_t inputs_ = 0;
};

}  // namespace bakhita::fuzzing
