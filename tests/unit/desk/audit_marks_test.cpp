// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/audit_marks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/exchange/recovery.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::Federation;
using testing_support::TestNode;

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

class AuditMarks : public testing::Test {
 protected:
  AuditMarks() : federation_({"FR", "GB"}, test_name()) { meet(); }

  void meet() {
    Federation::fetch(fr_, gb_);
    Federation::fetch(gb_, fr_);
  }
  void work(int records) {
    for (int i = 0; i < records; ++i)
      fr_.desk->audit.commit({}, fr_.desk->entry("tester", "report.read"));
  }
  void copy(const std::string& from, const std::string& to) {
    fr_.close();
    for (const std::string part : {"", ".anchor", ".written"}) {
      fs::remove_all(fr_.folder / (to + part));
      fs::copy(fr_.folder / (from + part), fr_.folder / (to + part), fs::copy_options::recursive);
      fs::permissions(fr_.folder / (to + part), fs::perms::owner_all);
    }
    fr_.open();
  }
  void an_hour_later() { federation_.advance(3'600); }
  std::string verified() const { return fr_.desk->audit.verify(witnessed_heads(*fr_.desk)); }

  Federation federation_;
  TestNode& fr_ = federation_[0];
  TestNode& gb_ = federation_[1];
};

TEST_F(AuditMarks, PeersKeepWhatTheyCannotReadAndGiveItBack) {
  work(3);
  an_hour_later();
  meet();
  const auto kept = kept_marks(*gb_.desk, fr_.id());
  ASSERT_EQ(2u, kept.size()) << "that of the first meeting, and that of an hour later";
  EXPECT_EQ(own_mark(*fr_.desk), kept[0]);
  EXPECT_EQ(kept[0].size(), kept[1].size()) << "the size of a mark says nothing";
  const auto heads = witnessed_heads(*fr_.desk);
  ASSERT_EQ(1u, heads.size());
  EXPECT_EQ(fr_.desk->audit.size(), heads[0].size);
  EXPECT_EQ("", verified());
  EXPECT_EQ("", fr_.recovery);
  EXPECT_EQ("", judge_returned(*gb_.desk, fr_.id(), kept[0])) << "to GB it is not its own";
}

TEST_F(AuditMarks, AnOldCopyOfTheWholeMachineIsFoundThoughNothingWasPublished) {
  copy("data", "old");
  work(3);
  an_hour_later();
  meet();
  copy("old", "data");
  ASSERT_EQ("", fr_.desk->anchor.problem()) << "database and anchor agree";
  an_hour_later();
  Federation::fetch(fr_, gb_);  // The old copy's own mark comes first, and hides nothing.
  Federation::fetch(gb_, fr_);
  EXPECT_THAT(fr_.recovery, HasSubstr("a peer keeps a mark of"));
  EXPECT_THAT(verified(), HasSubstr("a peer keeps a mark of"));
}

TEST_F(AuditMarks, AfterARecoveryTheTrailGoesOn) {
  copy("data", "old");
  work(3);
  an_hour_later();
  meet();
  copy("old", "data");
  meet();
  ASSERT_NE("", fr_.recovery);
  exchange::finish_recovery(*fr_.desk, "tester", "finish");
  fr_.recovery.clear();
  an_hour_later();
  meet();
  meet();
  EXPECT_EQ("", fr_.recovery);
  EXPECT_EQ("", verified());
  EXPECT_EQ(own_mark(*fr_.desk), kept_marks(*gb_.desk, fr_.id()).at(0));
}

TEST_F(AuditMarks, ATrailWrittenAnewIsFoundByVerify) {
  work(3);
  an_hour_later();
  meet();
  // Whoever holds the keys and the folder could write other rows, a root and an anchor that fit.
  const store::AuditHead real = fr_.desk->audit.head();
  std::vector<store::AuditHead> heads = witnessed_heads(*fr_.desk);
  ASSERT_EQ(1u, heads.size());
  EXPECT_EQ(real.root, heads[0].root);
  heads[0].root[0] ^= 1;
  EXPECT_THAT(fr_.desk->audit.verify(heads),
              HasSubstr("the trail up to here is not the one that peers keep a mark of"));
}

TEST_F(AuditMarks, AFloodOfMarksIsWrittenOnceInTenMinutes) {
  const auto before = kept_marks(*gb_.desk, fr_.id());
  keep_mark(*gb_.desk, fr_.id(), as_bytes("another"));
  EXPECT_EQ(before, kept_marks(*gb_.desk, fr_.id()));
  an_hour_later();
  keep_mark(*gb_.desk, fr_.id(), as_bytes("another"));
  keep_mark(*gb_.desk, fr_.id(), as_bytes("and another"));
  const auto kept = kept_marks(*gb_.desk, fr_.id());
  ASSERT_EQ(2u, kept.size());
  EXPECT_EQ("another", as_text(kept[0]));
  EXPECT_EQ(before.at(0), kept[1]);
}

TEST_F(AuditMarks, GarbageThatComesBackIsNobodysMark) {
  EXPECT_EQ("", judge_returned(*fr_.desk, gb_.id(), as_bytes("garbage")));
  EXPECT_EQ("", judge_returned(*fr_.desk, gb_.id(), own_mark(*gb_.desk)));
  EXPECT_EQ("", verified());
}

}  // namespace
}  // namespace bakhita::desk
