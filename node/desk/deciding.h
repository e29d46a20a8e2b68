// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <unordered_map>

#include "node/desk/desk.h"
#include "protocol/policy/decision.h"
#include "protocol/policy/record.h"

/// Questions to the policy as the desk asks them, and how the answers come into the audit trail.
namespace bakhita::desk {

policy::Terms terms_of(const store::Community& community);
/// By which charters the terms can be had again.
policy::TermsRef reference_of(const store::Community& community);

/// With what this node knows of the two (acceptances, trust) and of the time; the content is the
/// caller's.
policy::Question question_between(const Desk& desk, const store::Community& community,
                                  policy::Act act, const NodeId& from, const NodeId& to);
/// May the identifier become an indicator in this node's feed?
policy::Question release_question(const Desk& desk, const store::Community& community,
                                  const storage::v1::IdentifierState& state);
/// May `via` hand the feed of `origin` to `to`? One of the two is this node, the other the peer.
policy::Question relay_question(const Desk& desk, const store::Community& community,
                                const NodeId& origin, const NodeId& via, const NodeId& to);

/// May `holder` hold the feed of `origin`, whoever brings it?
policy::Question holding_question(const Desk& desk, const store::Community& community,
                                  const NodeId& origin, const NodeId& holder);
/// May this node publish there at all? One person, nothing live: the caller says more.
policy::Question publication_question(const Desk& desk, const store::Community& community);
/// May this node ask the origin, on schedule? For the first purpose that a legal basis allows.
policy::Question scheduled_question(const Desk& desk, const store::Community& community,
                                    const NodeId& origin);

policy::RuleId decide(const policy::Question& question, const store::Community& community);
policy::Explanation explain(const policy::Question& question, const store::Community& community,
                            policy::RuleId decided);

/// The entry with the decision in it, so that it can be made again later. `community` may be
/// missing.
store::AuditEntry with_decision(store::AuditEntry entry, const policy::Question& question,
                                const store::Community* community, policy::RuleId decided,
                                std::uint64_t count = 1);

/// What the audit trail says of a refusal that a peer can bring about at will: once an hour for
/// each key, with how many there were since; nothing meanwhile. The caller holds Desk::charging.
struct RefusalNote {
  std::string outcome;
  std::uint64_t count = 1;
};
std::optional<RefusalNote> note_refusal(Desk& desk, const Bytes& key, const std::string& why);
/// One key for each peer and rule, beside those of accounts.
Bytes refusal_key(const NodeId& peer, policy::RuleId rule);

/// Many identifiers between the same parties: equal questions are decided once, counted, and
/// recorded together.
class Tally {
 public:
  /// `common` holds all but facts and marks.
  Tally(const store::Community& community, policy::Question common);
  policy::RuleId decide(const storage::v1::IdentifierState& state);
  /// One for each kind of question, in a stable order.
  std::vector<store::AuditEntry> entries(const Desk& desk, const std::string& actor,
                                         const std::string& action) const;

 private:
  struct Group {
    policy::Question question;
    policy::RuleId decided = policy::RuleId::unknown_act;
    std::uint64_t count = 0;
  };
  const store::Community& community_;
  policy::Question common_;
  std::unordered_map<std::uint64_t, Group> groups_;
};

}  // namespace bakhita::desk
