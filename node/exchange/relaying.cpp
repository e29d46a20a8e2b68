// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/deciding.h"
#include "node/exchange/exchange_host.h"

/// What the audit trail says of the feeds that this node hands out.
namespace bakhita::exchange {

/// Each peer's first range of a feed after a start, and after each change of the terms, stands in
/// the audit trail before it leaves.
void ExchangeHost::note_relay(const NodeId& peer, const FeedId& feed) {
  const auto community = desk_.members.community(feed.community);
  if (!community) return;
  const policy::TermsRef terms = desk::reference_of(*community);
  {
    const std::lock_guard lock(mutex_);
    const auto noted = relayed_.find({peer, feed});
    if (noted != relayed_.end() && noted->second == terms) return;
  }
  const auto question = desk::relay_question(desk_, *community, feed.origin, desk_.self, peer);
  const policy::RuleId decided = desk::decide(question, *community);
  desk_.audit.commit(
      {}, desk::with_decision(
              desk_.entry(to_hex(peer.bytes).substr(0, 16), "feed.serve",
                          to_hex(feed.origin.bytes).substr(0, 16), to_hex(feed.community.bytes),
                          std::string(policy::name_of(decided))),
              question, &*community, decided));
  const std::lock_guard lock(mutex_);
  relayed_[{peer, feed}] = terms;
}

Error ExchangeHost::refuse_relay(const NodeId& peer, const FeedId& feed) {
  const auto community = desk_.members.community(feed.community);
  if (!community) return Error::not_a_member;
  const auto question = desk::relay_question(desk_, *community, feed.origin, desk_.self, peer);
  const policy::RuleId decided = desk::decide(question, *community);
  const std::lock_guard charging(desk_.charging);
  const auto note = desk::note_refusal(desk_, desk::refusal_key(peer, decided),
                                       desk::explain(question, *community, decided).text);
  if (note)
    desk_.audit.commit(
        {}, desk::with_decision(desk_.entry(to_hex(peer.bytes).substr(0, 16), "feed.serve",
                                            to_hex(feed.origin.bytes).substr(0, 16),
                                            to_hex(feed.community.bytes), note->outcome),
                                question, &*community, decided, note->count));
  return Error::not_a_member;
}

}  // namespace bakhita::exchange
