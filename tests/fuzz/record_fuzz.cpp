// SPDX-License-Identifier: EUPL-1.2
// Any bytes as the header and as the body of a record; and as a summary that was sealed into a lock
// by a hostile origin.
#include "protocol/feed/record.h"

#include "protocol/feed/open.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {
namespace {

void as_body(ByteView body) {
  const auto lock = parse_lock(body);
  const auto head = lock_head(body);
  const auto token = token_of(body);
  require(head.has_value() == token.has_value());
  if (const auto open = parse_open(body)) {
    require(is_infrastructure(static_cast<IdentifierType>(open->type())));
    require(open->canonical().size() <= open_value_max && !lock);
  }
  if (const auto advisory = parse_advisory(body)) require(problem_of(*advisory).empty());
  if (!lock) return;
  require(head && head->group == lock->group() && head->epoch == lock->epoch());
  require(head->period == lock->period() && head->token == *token);
  require(as_text(*token) == lock->token());
}

void as_summary(ByteView bytes) {
  v1::LockSummary summary;
  if (!summary.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  if (summary.ByteSizeLong() > 127) return;
  const Scope scope{{{1}}, {{2}}, 3, 1};
  const Prk prk{4};
  const Record lock = make_lock(prk, scope, 5, {6}, summary, 7, 8);
  as_body(lock.body);
  require(parse_header(encode(lock.header)).value() == lock.header);
  const auto opened = open_lock(prk, scope, lock.header, lock.body);
  if (opened) require(opened->SerializeAsString() == summary.SerializeAsString());
  require(!open_lock(Prk{5}, scope, lock.header, lock.body));
}

}  // namespace

void fuzz(ByteView input) {
  if (const auto header = parse_header(input)) require(as_text(encode(*header)) == as_text(input));
  as_body(input);
  as_summary(input);
}

}  // namespace bakhita::fuzzing
