// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/replaying.h"

#include "node/desk/audit_marks.h"
#include "node/desk/charters.h"
#include "node/desk/deciding.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

constexpr int differences_max = 100;
constexpr std::uint64_t seconds_per_day = 86'400;

/// The terms that were in effect, made anew from the charters that the members signed.
class KnownTerms {
 public:
  explicit KnownTerms(const Desk& desk) {
    for (const CharterPackage& package : charters_named(desk, {}, {}))
      charters_.emplace(package.hash, package.charter);
  }
  /// Nothing when one of the charters is not known here.
  const store::Community* find(const policy::TermsRef& terms) {
    const auto known = effective_.find(terms);
    if (known != effective_.end()) return &known->second;
    const auto newest = charters_.find(terms.newest), accepted = charters_.find(terms.accepted);
    if (newest == charters_.end() || accepted == charters_.end() ||
        newest->second.community() != as_text(terms.community.bytes))
      return nullptr;
    store::Community& out = effective_[terms];
    out.newest = newest->second;
    out.accepted = accepted->second;
    out.frozen = terms.frozen;
    out.derive();
    return &out;
  }

 private:
  std::map<Hash, v1::Charter> charters_;
  std::map<policy::TermsRef, store::Community> effective_;
};

struct Answer {
  std::string rule;
  std::string explanation;
};

class Replay {
 public:
  Replay(const Desk& desk, const std::optional<CharterPackage>& instead)
      : known_(desk), instead_(instead) {}

  void take(std::uint64_t index, const store::AuditEntry& entry, admin::v1::PolicyReplayed& out) {
    out.set_records(out.records() + 1);
    if (entry.decision.empty()) return;
    const auto recorded = policy::decode_recorded(entry.decision);
    if (recorded && instead_ && !is_about_it(*recorded)) return;
    out.set_decisions(out.decisions() + 1);
    out.set_answers(out.answers() + (recorded ? recorded->count : 0));
    const Answer now =
        recorded ? again(*recorded)
                 : Answer{"unreadable", "the record is of another version, or was changed"};
    if (recorded && now.rule == recorded->rule) return;
    out.set_differing(out.differing() + 1);
    if (out.differences_size() == differences_max) return;
    admin::v1::PolicyDifference& row = *out.add_differences();
    row.set_record(index);
    row.set_at(time_text(entry.time));
    row.set_action(entry.action);
    row.set_count(recorded ? recorded->count : 0);
    row.set_recorded(recorded ? recorded->rule : "unreadable");
    row.set_recomputed(now.rule);
    row.set_explanation(now.explanation);
  }

 private:
  bool is_about_it(const policy::Recorded& recorded) const {
    return recorded.has_terms &&
           instead_->charter.community() == as_text(recorded.terms.community.bytes);
  }
  Answer again(const policy::Recorded& recorded) {
    policy::Terms terms;
    if (instead_) {
      terms.charter = &instead_->charter;
    } else if (recorded.has_terms) {
      const store::Community* community = known_.find(recorded.terms);
      if (community == nullptr)
        return {"charter-unknown",
                "the charter " + to_hex(recorded.terms.newest).substr(0, 16) + " is not kept here"};
      terms = terms_of(*community);
    }
    const policy::RuleId decided = policy::decide(recorded.question, terms);
    Answer out{std::string(policy::name_of(decided)),
               policy::explain(recorded.question, terms, decided).text};
    if (recorded.rules_version != policy::rules_version)
      out.explanation += "; recorded under version " + std::to_string(recorded.rules_version) +
                         " of the rules, now " + std::to_string(policy::rules_version);
    return out;
  }

  KnownTerms known_;
  const std::optional<CharterPackage>& instead_;
};

}  // namespace

admin::v1::PolicyReplayed replay(const Desk& desk, const ReplayedDays& days,
                                 const std::optional<CharterPackage>& instead) {
  admin::v1::PolicyReplayed out;
  out.set_problem(desk.audit.verify(witnessed_heads(desk)));
  Replay replay(desk, instead);
  if (!out.problem().empty()) return out;
  desk.audit.for_each([&](std::uint64_t index, const store::AuditEntry& entry) {
    const std::uint64_t day = entry.time / seconds_per_day;
    if (day >= days.first && day <= days.last) replay.take(index, entry, out);
  });
  return out;
}

}  // namespace bakhita::desk
