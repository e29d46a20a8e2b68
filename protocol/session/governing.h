// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <deque>
#include <set>

#include "protocol/session/effects.h"

/// The conversation about charters: each side tells the packages that the other should know, and
/// takes in what it is told. What is in them the host judges.
namespace bakhita::session {

///   announce → ListCharters → CharterNotice (each once a session)     CharterNotice →
///   LearnCharter, one by one
class Governing {
 public:
  void announce(Outbox& outbox);
  void listed(std::vector<CharterNews> news, Outbox& outbox);
  Result<void> on_package(v1::CharterNotice notice, Outbox& outbox);
  void learned(Outbox& outbox);

 private:
  void learn_next(Outbox& outbox);

  bool listing_ = false;
  bool list_again_ = false;
  std::set<Bytes> told_;
  bool learning_ = false;
  std::deque<std::string> waiting_;
};

}  // namespace bakhita::session
