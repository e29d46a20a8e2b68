// SPDX-License-Identifier: EUPL-1.2
// What must hold of all decisions, tried on many questions drawn from a fixed seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "protocol/community/terms.h"
#include "protocol/policy/record.h"
#include "tests/unit/policy/questions.h"

namespace bakhita::policy {
namespace {

using testing_support::all_acts;
using testing_support::first_charter;
using testing_support::harmless;
using testing_support::id_of;
using testing_support::policy_now;

/// The same numbers with every library: no distribution of the standard's is used.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t upto(std::uint32_t most) {
    return static_cast<std::uint32_t>(engine_() % (std::uint64_t{most} + 1));
  }
  bool often() { return upto(9) != 0; }

 private:
  std::mt19937 engine_;
};

constexpr int draws = 20'000;

std::string a_country(Random& random) { return std::array{"FR", "GB", "SE", "RO"}[random.upto(3)]; }
std::string a_purpose(Random& random) {
  return std::array{"investigation", "victim-identification", "tax"}[random.upto(2)];
}

/// Mostly harmless, so that each rule has its turn.
Question a_question(Random& random) {
  Question q = harmless(all_acts[random.upto(8)]);
  if (!random.often()) q.act = static_cast<Act>(random.upto(11));
  if (!random.often()) q.from = id_of(a_country(random));
  if (!random.often()) q.via = id_of(a_country(random));
  if (!random.often()) q.to = id_of(a_country(random));
  for (bool* flag : {&q.from_accepts, &q.via_accepts, &q.to_accepts, &q.peer_is_trusted,
                     &q.origin_is_trusted, &q.has_reason})
    *flag = random.often();
  q.persons_needed = random.often() ? 1 : 2;
  q.facts = {.type = random.often() ? 1 + random.upto(11) : random.upto(13),
             .releasable_role = random.often(),
             .shielded_role = !random.often(),
             .benign = !random.often(),
             .recalled = random.often() ? RecallKind::none : RecallKind::narrow,
             .open = !random.often(),
             .roles = random.often() ? 1u << (1 + random.upto(5)) : random.upto(127)};
  q.marks.handling = random.often() ? random.upto(3) : 4;
  q.marks.tlp = random.often() ? 1 + random.upto(4) : random.upto(6);
  q.marks.pap = random.often() ? 1 + random.upto(3) : random.upto(5);
  q.marks.do_not_contact_subject = !random.often();
  q.marks.do_not_notify_platform_until =
      static_cast<std::uint32_t>(policy_now / 86'400) + random.upto(2) - 1;
  q.marks.purpose = random.often() ? "investigation" : a_purpose(random);
  q.purpose = random.often() ? "investigation" : a_purpose(random);
  q.has_case = random.upto(1) == 1;
  q.live_locks = random.upto(1'200);
  q.retention_days = random.upto(400);
  q.key_epoch = random.often() ? 1 : random.upto(3);
  q.quota_wait = random.often() ? 0 : 5;
  q.part = random.often() ? LetterPart::content : static_cast<LetterPart>(random.upto(4));
  q.use = static_cast<OnwardUse>(random.often() ? 1 + random.upto(5) : random.upto(7));
  q.recipient = a_country(random);
  for (std::uint32_t i = random.upto(2); i > 0; --i)
    q.consents.push_back({a_country(random), a_purpose(random), policy_now + random.upto(2) - 1});
  q.file = static_cast<FileKind>(random.often() ? 3 + random.upto(1) : random.upto(5));
  return q;
}

v1::Charter a_charter(Random& random) {
  v1::Charter out = first_charter({"FR", "GB", "SE"});
  out.clear_purposes();
  for (const char* purpose : {"investigation", "victim-identification"})
    if (random.upto(1) == 1) out.add_purposes(purpose);
  out.set_highest_tlp(1 + random.upto(4));
  out.set_retention_days(30 + random.upto(335));
  out.set_live_locks_per_origin(1 + random.upto(1'000));
  for (std::uint32_t type : {1u, 2u, 6u})
    if (random.upto(7) == 0) out.add_identifier_types(type);
  for (std::uint32_t role : {1u, 2u, 6u})
    if (random.upto(7) == 0) out.add_subject_roles(role);
  out.clear_bases();
  for (std::uint32_t rows = random.upto(3); rows > 0; --rows) {
    v1::LegalBasis& basis = *out.add_bases();
    basis.set_basis("invented treaty " + std::to_string(rows));
    for (std::uint32_t place = 0; place < 3; ++place) {
      if (random.upto(2) != 0) basis.add_from(place);
      if (random.upto(2) != 0) basis.add_to(place);
    }
    if (random.upto(1) == 1) basis.add_purposes("investigation");
  }
  out.set_key_epoch(1 + random.upto(1));
  out.set_former_keys_until_day(static_cast<std::uint32_t>(policy_now / 86'400) + random.upto(1));
  return out;
}

bool allows(const Question& question, const v1::Charter& charter) {
  return decide(question, {&charter, false}) == RuleId::allowed;
}

/// Each makes a question more restricted than it was.
std::vector<std::function<void(Question&, Random&)>> restrictions() {
  return {
      [](Question& q, Random&) { q.from_accepts = false; },
      [](Question& q, Random&) { q.via_accepts = false; },
      [](Question& q, Random&) { q.to_accepts = false; },
      [](Question& q, Random&) { q.peer_is_trusted = false; },
      [](Question& q, Random&) { q.origin_is_trusted = false; },
      [](Question& q, Random&) { ++q.persons_needed; },
      [](Question& q, Random&) { q.facts.shielded_role = true; },
      [](Question& q, Random&) { q.facts.benign = true; },
      [](Question& q, Random&) { q.facts.recalled = RecallKind::dispute; },
      [](Question& q, Random&) { q.facts.open = true; },
      [](Question& q, Random&) { q.facts.releasable_role = false; },
      [](Question& q, Random& random) { q.facts.roles |= 1u << random.upto(31); },
      [](Question& q, Random&) { ++q.marks.handling; },
      [](Question& q, Random&) { q.marks.tlp += q.marks.tlp == 0 ? 0 : 1; },
      [](Question& q, Random&) { q.marks.pap += q.marks.pap == 0 ? 0 : 1; },
      [](Question& q, Random&) { q.marks.do_not_contact_subject = true; },
      [](Question& q, Random&) { q.marks.do_not_notify_platform_until += 7; },
      [](Question& q, Random&) { q.has_case = false; },
      [](Question& q, Random& random) { q.live_locks += random.upto(1'000); },
      [](Question& q, Random& random) { q.retention_days += random.upto(400); },
      [](Question& q, Random& random) { q.quota_wait += random.upto(9); },
      [](Question& q, Random&) { q.consents.clear(); },
      [](Question& q, Random&) { q.has_reason = false; },
  };
}

/// GB goes, and with it its places in the rows.
void remove_second_member(v1::Charter& charter) {
  charter.mutable_members()->DeleteSubrange(1, 1);
  for (v1::LegalBasis& basis : *charter.mutable_bases())
    for (auto* places : {basis.mutable_from(), basis.mutable_to()}) {
      std::vector<std::uint32_t> kept;
      for (std::uint32_t place : *places)
        if (place != 1) kept.push_back(place == 2 ? 1 : place);
      places->Assign(kept.begin(), kept.end());
    }
}

/// Each makes a charter narrower than it was.
std::vector<std::function<void(v1::Charter&)>> narrowings() {
  return {
      [](v1::Charter& c) { c.set_highest_tlp(c.highest_tlp() - 1); },
      [](v1::Charter& c) { c.set_retention_days(c.retention_days() / 2); },
      [](v1::Charter& c) { c.set_live_locks_per_origin(c.live_locks_per_origin() / 2); },
      [](v1::Charter& c) { c.set_former_keys_until_day(0); },
      [](v1::Charter& c) {
        if (c.bases_size() > 0) c.mutable_bases()->RemoveLast();
      },
      [](v1::Charter& c) {
        for (v1::LegalBasis& basis : *c.mutable_bases())
          if (basis.purposes().empty()) basis.add_purposes("victim-identification");
      },
      [](v1::Charter& c) {
        if (c.purposes().empty()) c.add_purposes("victim-identification");
      },
      [](v1::Charter& c) {
        if (c.identifier_types().empty()) c.add_identifier_types(6);
      },
      [](v1::Charter& c) {
        if (c.subject_roles().empty()) c.add_subject_roles(1);
      },
      remove_second_member,
  };
}

TEST(EveryDecision, AddingARestrictionNeverWidens) {
  Random random(1);
  std::map<std::size_t, int> narrowed;
  const auto all = restrictions();
  for (int i = 0; i < draws; ++i) {
    const v1::Charter charter = a_charter(random);
    const Question question = a_question(random);
    const bool allowed = allows(question, charter);
    for (std::size_t which = 0; which < all.size(); ++which) {
      Question stricter = question;
      all[which](stricter, random);
      const bool still = allows(stricter, charter);
      if (allowed && !still) ++narrowed[which];
      ASSERT_TRUE(allowed || !still) << "restriction " << which << ", draw " << i;
    }
  }
  EXPECT_EQ(all.size(), narrowed.size()) << "each restriction must have mattered at least once";
}

TEST(EveryDecision, ANarrowerCharterNeverWidens) {
  Random random(2);
  std::map<std::size_t, int> narrowed;
  const auto all = narrowings();
  for (int i = 0; i < draws; ++i) {
    const v1::Charter charter = a_charter(random);
    const Question question = a_question(random);
    const bool allowed = allows(question, charter);
    for (std::size_t which = 0; which < all.size(); ++which) {
      v1::Charter narrower = charter;
      all[which](narrower);
      const bool still = allows(question, narrower);
      if (allowed && !still) ++narrowed[which];
      ASSERT_TRUE(allowed || !still) << "narrowing " << which << ", draw " << i;
    }
  }
  EXPECT_EQ(all.size(), narrowed.size()) << "each narrowing must have mattered at least once";
}

TEST(EveryDecision, UnderTheStrictestOfTwoChartersIsOneThatBothAllow) {
  Random random(3);
  int allowed = 0;
  for (int i = 0; i < draws; ++i) {
    const v1::Charter one = a_charter(random);
    v1::Charter other = a_charter(random);
    other.set_key_epoch(one.key_epoch());
    other.set_former_keys_until_day(one.former_keys_until_day());
    const v1::Charter both = strictest(one, other);
    const Question question = a_question(random);
    if (!allows(question, both)) continue;
    ++allowed;
    ASSERT_TRUE(allows(question, one)) << i;
    ASSERT_TRUE(allows(question, other)) << i;
  }
  EXPECT_LT(draws / 100, allowed);
}

TEST(EveryDecision, IsAllowedExactlyWhenPartiesAndContentAre) {
  Random random(4);
  for (int i = 0; i < draws; ++i) {
    const v1::Charter charter = a_charter(random);
    const Terms terms{&charter, !random.often()};
    const Question question = a_question(random);
    ASSERT_EQ(decide(question, terms) == RuleId::allowed,
              decide_parties(question, terms) == RuleId::allowed &&
                  decide_content(question, terms) == RuleId::allowed)
        << i;
  }
}

/// Another node has the question and the charter as bytes, and the members in another order.
TEST(EveryDecision, IsTheSameOnEveryNode) {
  Random random(5);
  for (int i = 0; i < draws; ++i) {
    const v1::Charter charter = a_charter(random);
    Recorded recorded;
    recorded.question = a_question(random);
    recorded.has_terms = true;
    recorded.rule = name_of(decide(recorded.question, {&charter, false}));
    const auto read = decode_recorded(encode(recorded));
    ASSERT_TRUE(read);
    v1::Charter reordered = charter;
    std::swap(*reordered.mutable_members(0), *reordered.mutable_members(2));
    for (v1::LegalBasis& basis : *reordered.mutable_bases())
      for (auto* places : {basis.mutable_from(), basis.mutable_to()}) {
        for (std::uint32_t& place : *places) place = 2 - place;
        std::sort(places->begin(), places->end());
      }
    std::reverse(reordered.mutable_bases()->begin(), reordered.mutable_bases()->end());
    std::reverse(reordered.mutable_purposes()->begin(), reordered.mutable_purposes()->end());
    ASSERT_EQ(recorded.rule, name_of(decide(read->question, {&reordered, false}))) << i;
  }
}

/// A change of any rule changes this; whoever means it raises rules_version with it.
TEST(EveryDecision, IsTheOneOfThisVersionOfTheRules) {
  Random random(6);
  ByteWriter all;
  std::map<std::string_view, int> seen;
  for (int i = 0; i < draws; ++i) {
    const v1::Charter charter = a_charter(random);
    const Question question = a_question(random);
    const std::string_view rule = name_of(decide(question, {&charter, i % 50 == 0}));
    ++seen[rule];
    all.prefixed(as_bytes(rule));
  }
  for (const Rule& rule : rules()) EXPECT_LT(0, seen[rule.name]) << rule.name << " never decided";
  EXPECT_EQ(2, rules_version);
  EXPECT_EQ("a6ca846d74d1c06a", to_hex(sha256(all.view())).substr(0, 16));
}

}  // namespace
}  // namespace bakhita::policy
