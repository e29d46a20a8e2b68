// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/csv_reader.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/unit/intake/files.h"

namespace bakhita::intake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::string_literals;

class CsvFile : public testing::Test {
 protected:
  struct Read {
    std::vector<std::vector<std::string>> good;
    std::vector<Problem> problems;
    std::vector<std::string> raw;  ///< of the rows with a problem
  };
  Read read(const std::string& bytes) const {
    const auto file = folder_.write("rows.csv", bytes);
    CsvReader reader(file);
    Read out;
    CsvRow row;
    while (reader.next(row)) {
      if (row.problem) {
        out.problems.push_back(*row.problem);
        out.raw.push_back(read_range(file, row.range, 1u << 24));
        continue;
      }
      auto& fields = out.good.emplace_back();
      for (const CsvField& field : row.fields) fields.push_back(field.text);
    }
    return out;
  }
  TestFolder folder_;
};

TEST_F(CsvFile, ReadsQuotesLineEndsAndEmptyFields) {
  const Read rows = read("a,b,c\r\n\"x,\"\"y\"\"\r\nz\",,\n,,\"\"");
  EXPECT_THAT(rows.good, ElementsAre(ElementsAre("a", "b", "c"),
                                     ElementsAre("x,\"y\"\r\nz", "", ""), ElementsAre("", "", "")));
  EXPECT_THAT(rows.problems, IsEmpty());
}

TEST_F(CsvFile, SkipsTheUtf8MarkAndEmptyLines) {
  EXPECT_THAT(read("\xef\xbb\xbf\n\na,b\n\r\n").good, ElementsAre(ElementsAre("a", "b")));
}

TEST_F(CsvFile, CountsColumnsInCharactersAndLinesThroughQuotedFields) {
  const auto file = folder_.write("rows.csv", "\"\u0645\u0646\",\"two\nlines\",x\nnext,y\n");
  CsvReader reader(file);
  CsvRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.fields[1].column, 6u);
  EXPECT_EQ(row.fields[2].line, 2u);
  EXPECT_EQ(row.fields[2].column, 8u);
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.line, 3u);
}

TEST_F(CsvFile, NamesTheEncodingThatAFileHasInstead) {
  for (const auto& [bytes, name] :
       {std::pair{"\xff\xfe"s + "a\0,\0"s, "UTF-16 (little"},
        std::pair{"\xfe\xff\0a"s, "UTF-16 (big"}, std::pair{"r\0e\0p\0"s, "without a mark"},
        std::pair{"PK\x03\x04zip"s, "spreadsheet"}}) {
    try {
      read(bytes);
      ADD_FAILURE() << name;
    } catch (const FileError& error) {
      EXPECT_THAT(error.what(), HasSubstr(name));
    }
  }
}

TEST_F(CsvFile, RejectsARowInAnotherEncodingAndReadsOn) {
  const Read rows = read("ok,1\nna\xefve,2\nok,3\n");
  EXPECT_EQ(rows.good.size(), 2u);
  ASSERT_EQ(rows.problems.size(), 1u);
  EXPECT_EQ(rows.problems[0].place.line, 2u);
  EXPECT_EQ(rows.problems[0].place.column, 3u);
  EXPECT_THAT(rows.problems[0].reason, HasSubstr("0xEF"));
  EXPECT_THAT(rows.problems[0].reason, HasSubstr("Windows-1252"));
}

TEST_F(CsvFile, RejectsTextThatLooksLikeUtf8ButIsNot) {
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_EQ(read("x"s + bad + ",1\n").problems.size(), 1u);
    EXPECT_EQ(read("1,x"s + bad).problems.size(), 1u);
  }
}

TEST_F(CsvFile, RejectsANulByteAtItsPlace) {
  const Read rows = read("a,b\nc,d\0e\nf,g\n"s);
  EXPECT_EQ(rows.good.size(), 2u);
  ASSERT_EQ(rows.problems.size(), 1u);
  EXPECT_EQ(to_string(rows.problems[0].place), (folder_.path() / "rows.csv").string() + ":2:4");
  EXPECT_THAT(rows.raw, ElementsAre("c,d\0e\n"s));
}

TEST_F(CsvFile, PassesOverAFieldOfTenMegabytesWhetherQuotedOrNot) {
  const std::string big(10u << 20, 'x');
  for (const std::string& field : {big, "\"" + big + "\"", "\"" + big + "\nwith a line end\""}) {
    const Read rows = read("a,1\nb," + field + "\nc,3\n");
    EXPECT_THAT(rows.good, ElementsAre(ElementsAre("a", "1"), ElementsAre("c", "3")));
    ASSERT_EQ(rows.problems.size(), 1u);
    EXPECT_EQ(rows.problems[0].place.line, 2u);
    EXPECT_THAT(rows.problems[0].reason, HasSubstr("64 KiB"));
    EXPECT_EQ(rows.raw[0], "b," + field + "\n");
  }
}

TEST_F(CsvFile, DoesNotLetAStrayQuoteSwallowTheRowsBehindIt) {
  const Read open = read("a,1\n\"b,2\nc,3\nd,4\n");
  EXPECT_THAT(open.good,
              ElementsAre(ElementsAre("a", "1"), ElementsAre("c", "3"), ElementsAre("d", "4")));
  ASSERT_EQ(open.problems.size(), 1u);
  EXPECT_THAT(open.problems[0].reason, HasSubstr("never closed"));
  EXPECT_EQ(open.problems[0].place.line, 2u);
  EXPECT_THAT(open.raw, ElementsAre("\"b,2\n"));

  const Read twice = read("a,\"1\nb,2\n\"c\",3\nd,4\n");
  EXPECT_EQ(twice.problems.size(), 1u);
  EXPECT_EQ(twice.problems[0].place.line, 3u) << "where the text after the quote stands";
  EXPECT_THAT(twice.good,
              ElementsAre(ElementsAre("b", "2"), ElementsAre("c", "3"), ElementsAre("d", "4")));

  const Read inside = read("5\" pipe,1\nb,2");
  EXPECT_EQ(inside.problems.size(), 1u);
  EXPECT_THAT(inside.good, ElementsAre(ElementsAre("b", "2")));
}

TEST_F(CsvFile, RejectsLoneCarriageReturns) {
  EXPECT_EQ(read("a\rb,1\nc,2\n").problems.size(), 1u);
  EXPECT_EQ(read("\"a\"\r,1\nc,2\n").problems.size(), 1u);
  EXPECT_EQ(read("a\r").problems.size(), 1u);
}

TEST_F(CsvFile, BoundsTheFieldsOfARow) {
  const Read rows = read(std::string(100'000, ',') + "\na,b\n");
  EXPECT_EQ(rows.problems.size(), 1u);
  EXPECT_EQ(rows.good.size(), 1u);
}

TEST_F(CsvFile, ReadsAnyRowsThatAWriterQuotes) {
  std::mt19937 random(7);
  const std::string alphabet = "ab,\"\r\n ;\u00e9";
  for (int round = 0; round < 50; ++round) {
    std::vector<std::vector<std::string>> rows(1 + random() % 5);
    std::string bytes;
    for (auto& row : rows) {
      row.resize(2 + random() % 3);
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::size_t length = random() % 6;
        for (std::size_t c = 0; c < length; ++c) row[i] += alphabet[random() % 8];
        std::string doubled;
        for (const char c : row[i]) doubled += c == '"' ? "\"\"" : std::string(1, c);
        bytes += (i == 0 ? "" : ",") + ("\"" + doubled + "\"");
      }
      bytes += random() % 2 ? "\r\n" : "\n";
    }
    const Read back = read(bytes);
    EXPECT_EQ(back.good, rows);
    EXPECT_THAT(back.problems, IsEmpty());
  }
}

TEST_F(CsvFile, RefusesFoldersAndMissingFiles) {
  EXPECT_THROW(CsvReader(folder_.path()), FileError);
  EXPECT_THROW(CsvReader(folder_.path() / "none.csv"), FileError);
}

}  // namespace
}  // namespace bakhita::intake
