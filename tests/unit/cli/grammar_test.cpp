// SPDX-License-Identifier: EUPL-1.2
#include <gmock/gmock.h>

#include <sstream>

#include "node/cli/armor.h"
#include "node/cli/reply.h"
#include "node/cli/verification.h"

namespace bakhita::cli {
namespace {

using testing::HasSubstr;

class Grammar : public testing::Test {
 protected:
  std::istringstream in_{"typed\nmore\n"};
  std::ostringstream out_, err_;
  Context context_{.in = in_, .out = out_, .err = err_};
};

TEST_F(Grammar, NeverAsksWhereNobodyCanAnswer) {
  try {
    ask(context_, "sure?", "--yes");
    FAIL() << "asked";
  } catch (const CommandError& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_THAT(error.help(), HasSubstr("--yes"));
  }
}

TEST_F(Grammar, ConfirmsByTheTypedWordOnly) {
  context_.in_is_terminal = true;
  EXPECT_NO_THROW(confirm(context_, "all is lost", "typed"));
  EXPECT_THROW(confirm(context_, "all is lost", "typed"), CommandError);
  context_.yes = true;
  EXPECT_NO_THROW(confirm(context_, "all is lost", "typed"));
}

TEST_F(Grammar, ReadsAValueFromStdinForADash) {
  EXPECT_EQ(argument_or_stdin(context_, "value"), "value");
  EXPECT_EQ(argument_or_stdin(context_, "-"), "typed");
}

TEST_F(Grammar, PrintsOneJsonDocumentWithItsVersionAndAllFields) {
  admin::v1::Done done;
  print_json(context_, done);
  EXPECT_EQ(out_.str(), "{\"v\":1,\"message\":\"\"}\n");
  out_.str("");
  print_json(context_, admin::v1::PeerList(), "\"a\":2");
  EXPECT_EQ(out_.str(), "{\"v\":1,\"a\":2}\n");
  admin::v1::ReportRow row;
  row.set_received_at("x");
  EXPECT_THAT(to_json(row), HasSubstr("\"received_at\":\"x\""));
  EXPECT_THAT(to_json(row), HasSubstr("\"matches\":0"));
}

TEST(Armor, GivesBackWhatItTook) {
  for (const std::string& bytes :
       {std::string(1, '\0'), std::string(48, 'x'), std::string(1000, '\xff')}) {
    const std::string text = "Dear colleagues,\r\n" + armor(charter_label, bytes) + "Regards\n";
    EXPECT_EQ(remove_armor(charter_label, text, "file"), bytes);
  }
}

TEST(Armor, RefusesDamagedAndForeignText) {
  std::string text = armor(charter_label, "some bytes");
  EXPECT_THROW(remove_armor(card_label, text, "file"), CommandError);
  EXPECT_THROW(remove_armor(charter_label, "", "file"), CommandError);
  text.insert(text.find('\n') + 1, "*");
  EXPECT_THROW(remove_armor(charter_label, text, "file"), CommandError);
}

TEST(VerificationNumber, IsReadInAnyGroupingButNothingElse) {
  EXPECT_EQ(digits_only("12345 67890\n1-2"), "123456789012");
  EXPECT_EQ(digits_only("12345x"), "");
  const std::string digits(60, '7');
  EXPECT_EQ(digits_only(in_groups(digits)), digits);
}

TEST(Numbers, AreReadable) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(byte_size(1023), "1023 B");
  EXPECT_EQ(byte_size(1536), "1.5 KiB");
  EXPECT_EQ(byte_size(5ull << 40), "5.0 TiB");
}

}  // namespace
}  // namespace bakhita::cli
