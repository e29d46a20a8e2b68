// SPDX-License-Identifier: EUPL-1.2
#include <gmock/gmock.h>

#include "node/intake/report_source.h"
#include "tests/unit/intake/files.h"

namespace bakhita::intake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::string_literals;

constexpr const char* header =
    "report_id,received_at,urgency,acts,means,exploitation_types,victim_count,source_evaluation,"
    "information_evaluation,handling\n";
constexpr const char* identifiers_header = "report_id,type,value,subject_role\n";

std::string report_row(const std::string& id) {
  return id +
         ",2026-04-26T15:57:00Z,life_at_risk,Harbouring,Fraud;ThreatOrForce,Servitude,7,B,1,H1\n";
}

struct Read {
  std::vector<v1::IncidentReport> reports;
  std::vector<RejectItem> rejects;
  std::vector<std::string> summary() const {
    std::vector<std::string> out;
    for (const auto& report : reports) {
      out.push_back(report.id());
      for (const auto& identifier : report.identifiers()) out.back() += " " + identifier.value();
    }
    return out;
  }
};

Read read_all(ReportSource& source) {
  Read out;
  while (auto item = source.next()) {
    if (auto* reject = std::get_if<RejectItem>(&*item))
      out.rejects.push_back(*reject);
    else
      out.reports.push_back(std::get<ReportItem>(*item).report);
  }
  return out;
}

class CsvReportFiles : public testing::Test {
 protected:
  Read read(const std::string& reports, const std::string& identifiers) const {
    const auto source = open_csv_reports(folder_.write("reports.csv", reports),
                                         folder_.write("identifiers.csv", identifiers));
    return read_all(*source);
  }
  std::string refusal(const std::string& reports, const std::string& identifiers) const {
    try {
      read(reports, identifiers);
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  }
  TestFolder folder_;
};

TEST_F(CsvReportFiles, MapsColumnsToTheReport) {
  const Read all =
      read(header + report_row("R1"), identifiers_header + "R1,bank_account,12,business\n"s);
  ASSERT_THAT(all.rejects, IsEmpty());
  ASSERT_EQ(all.reports.size(), 1u);
  const v1::IncidentReport& report = all.reports[0];
  EXPECT_EQ(report.id(), "R1");
  EXPECT_EQ(report.received_at().seconds(), 1777219020);
  EXPECT_EQ(report.urgency(), v1::URGENCY_LIFE_AT_RISK);
  EXPECT_EQ(report.means_size(), 2);
  EXPECT_EQ(report.means(1).code(), "ThreatOrForce");
  EXPECT_EQ(report.victims(0).count(), 7u);
  EXPECT_EQ(report.identifiers(0).type(), v1::IDENTIFIER_TYPE_BANK_ACCOUNT);
  EXPECT_EQ(report.identifiers(0).role(), v1::SUBJECT_ROLE_BUSINESS);
}

TEST_F(CsvReportFiles, FindsColumnsByNameInAnyOrder) {
  const Read all =
      read(header + report_row("R1"), "value,subject_role,report_id,type\nx,victim,R1,phone\n");
  EXPECT_THAT(all.summary(), ElementsAre("R1 x"));
}

TEST_F(CsvReportFiles, JoinsFilesInTheSameOrder) {
  const Read all =
      read(header + report_row("R1") + report_row("R2") + report_row("R3"),
           identifiers_header + "R1,phone,a,victim\nR1,phone,b,victim\nR3,phone,c,victim\n"s);
  EXPECT_THAT(all.summary(), ElementsAre("R1 a b", "R2", "R3 c"));
  EXPECT_THAT(all.rejects, IsEmpty());
}

TEST_F(CsvReportFiles, JoinsFilesInDifferentOrders) {
  const Read all =
      read(header + report_row("R1") + report_row("R2") + report_row("R3"),
           identifiers_header +
               "R3,phone,c,victim\nR1,phone,a,victim\nR2,phone,d,victim\nR1,phone,b,victim\n"s);
  EXPECT_THAT(all.summary(), ElementsAre("R1 a b", "R2 d", "R3 c"));
  EXPECT_THAT(all.rejects, IsEmpty());
}

TEST_F(CsvReportFiles, RejectsIdentifiersOfUnknownReportsAtTheirPlace) {
  const Read all =
      read(header + report_row("R1") + report_row("R2"),
           identifiers_header +
               "R9,phone,x,victim\nR2,phone,b,victim\nR1,phone,a,victim\nR8,phone,y,victim\n"s);
  EXPECT_THAT(all.summary(), ElementsAre("R1 a", "R2 b"));
  ASSERT_EQ(all.rejects.size(), 2u);
  EXPECT_EQ(all.rejects[0].problem.place.line, 2u);
  EXPECT_EQ(all.rejects[1].problem.place.line, 5u);
}

TEST_F(CsvReportFiles, RejectsAReportThatStandsTwice) {
  const Read all = read(header + report_row("R1") + report_row("R1"),
                        identifiers_header + "R1,phone,a,victim\n"s);
  EXPECT_THAT(all.summary(), ElementsAre("R1 a"));
  ASSERT_EQ(all.rejects.size(), 1u);
  EXPECT_EQ(all.rejects[0].problem.place.line, 3u);
}

TEST_F(CsvReportFiles, RejectsWrongValuesWithNearestNameButWithoutTheValue) {
  std::string wrong = report_row("R2");
  wrong.replace(wrong.find("life_at_risk"), 12, "urgnet");
  std::string number = report_row("R3");
  number.replace(number.find(",7,"), 3, ",+447700900202,");
  const Read all =
      read(header + report_row("R1") + wrong + number,
           identifiers_header + "R1,phone,a,victim\nR1,fone,b,victim\nR2,phone,c,victim\n"s);
  EXPECT_THAT(all.summary(), ElementsAre("R1 a"));
  ASSERT_EQ(all.rejects.size(), 3u);
  EXPECT_THAT(all.rejects[0].problem.reason,
              HasSubstr("type: unknown name; did you mean `phone`?"));
  EXPECT_THAT(all.rejects[1].problem.reason, HasSubstr("`urgent`"));
  EXPECT_EQ(all.rejects[1].rows.size(), 2u) << "the identifiers go with their report";
  EXPECT_EQ(all.rejects[1].problem.place.column, 25u);
  EXPECT_THAT(all.rejects[2].problem.reason, Not(HasSubstr("7700")));
}

TEST_F(CsvReportFiles, RefusesHeadersThatMissRepeatOrMistypeAColumn) {
  EXPECT_THAT(refusal("report_id,urgency\n", identifiers_header),
              HasSubstr("no column `received_at`"));
  EXPECT_THAT(refusal(header, "report_id,type,value,subject_role,type\n"),
              HasSubstr("1:35: column `type` stands twice"));
  EXPECT_THAT(refusal(header, "report_id,type,value,subject_rol\n"),
              HasSubstr("did you mean `subject_role`?"));
  EXPECT_THAT(refusal("", identifiers_header), HasSubstr("is empty"));
  EXPECT_THAT(refusal("+44 7700 900202,x\n", identifiers_header), Not(HasSubstr("7700")));
}

TEST_F(CsvReportFiles, RejectsANumberThatStandsTwiceAndNamesBothLines) {
  const Read all =
      read(header + report_row("R1") + report_row("R2") + report_row("R1"), identifiers_header);
  EXPECT_THAT(all.summary(), ElementsAre("R1", "R2"));
  ASSERT_EQ(all.rejects.size(), 1u);
  EXPECT_EQ(all.rejects[0].problem.place.line, 4u);
  EXPECT_THAT(all.rejects[0].problem.reason, HasSubstr("on line 2 and on line 4"));
}

TEST(JsonLinesFiles, RejectANumberThatStandsTwiceAndNameBothLines) {
  const TestFolder folder;
  const auto source = open_json_lines(folder.write(
      "reports.jsonl", "{\"id\":\"R1\"}\n\n{\"id\":\"R2\"}\n{\"id\":\"R1\",\"urgency\":2}\n"));
  const Read all = read_all(*source);
  EXPECT_THAT(all.summary(), ElementsAre("R1", "R2"));
  ASSERT_EQ(all.rejects.size(), 1u);
  EXPECT_EQ(all.rejects[0].problem.place.line, 4u);
  EXPECT_THAT(all.rejects[0].problem.reason, HasSubstr("`id` stands twice"));
  EXPECT_THAT(all.rejects[0].problem.reason, HasSubstr("on line 1 and on line 4"));
  EXPECT_THAT(all.rejects[0].problem.reason, Not(HasSubstr("R1")));
  EXPECT_EQ(all.rejects[0].rows.size(), 1u);
}

TEST_F(CsvReportFiles, RejectsRowsWithAnotherNumberOfFields) {
  const Read all =
      read(header + report_row("R1") + "R2,x\n", identifiers_header + "R1,phone,a,victim,extra\n"s);
  EXPECT_THAT(all.summary(), ElementsAre("R1"));
  ASSERT_EQ(all.rejects.size(), 2u);
  EXPECT_THAT(all.rejects[0].problem.reason, HasSubstr("5 fields, the header 4"));
  EXPECT_THAT(all.rejects[1].problem.reason, HasSubstr("2 fields, the header 10"));
}

TEST_F(CsvReportFiles, GivesEveryRejectedRowExactlyOnce) {
  for (const bool in_order : {true, false}) {
    std::string rows = "R1,phone,a,victim\nbad\nR2,phone,b,victim\n\"never closed,\n";
    if (!in_order) rows += "R1,phone,c,victim\n";
    const Read all = read(header + report_row("R1") + report_row("R2"), identifiers_header + rows);
    EXPECT_EQ(all.reports.size(), 2u);
    EXPECT_EQ(all.rejects.size(), 2u);
  }
}

class JsonLinesFile : public testing::Test {
 protected:
  Read read(const std::string& bytes) const {
    return read_all(*open_json_lines(folder_.write("reports.jsonl", bytes)));
  }
  std::string reason(const std::string& line) const {
    const Read all = read(line + "\n{\"id\":\"after\"}\n");
    EXPECT_THAT(all.summary(), ElementsAre("after"));
    EXPECT_EQ(all.rejects.size(), 1u);
    return all.rejects.empty() ? "" : all.rejects[0].problem.reason;
  }
  TestFolder folder_;
};

TEST_F(JsonLinesFile, ReadsOneReportALine) {
  const Read all = read(
      "{\"id\":\"J1\",\"urgency\":\"URGENCY_URGENT\",\"identifiers\":[{\"value\":\"a\"}]}\r\n\n"
      "{\"id\": \"J2\", \"receivedAt\": \"2026-04-26T15:57:00Z\"}");
  EXPECT_THAT(all.summary(), ElementsAre("J1 a", "J2"));
  EXPECT_EQ(all.reports[1].received_at().seconds(), 1777219020);
}

TEST_F(JsonLinesFile, RejectsNestingTenThousandDeep) {
  EXPECT_THAT(
      reason("{\"id\":\"x\",\"a\":" + std::string(10'000, '[') + std::string(10'000, ']') + "}"),
      HasSubstr("deeper than 32"));
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(reason(objects), HasSubstr("deeper than 32"));
}

TEST_F(JsonLinesFile, RejectsUnknownMembersAndWrongValuesWithoutRepeatingThem) {
  EXPECT_THAT(reason(R"({"id":"x","phoneNumber":"+447700900202"})"), HasSubstr("does not have"));
  const std::string wrong = reason(R"({"id":"x","identifiers":[{"role":"+447700900202"}]})");
  EXPECT_THAT(wrong, HasSubstr("wrong form"));
  EXPECT_THAT(wrong, Not(HasSubstr("7700")));
  EXPECT_THAT(reason(R"({"narrative":"x"})"), HasSubstr("no `id`"));
}

TEST_F(JsonLinesFile, RejectsWhatIsNoJson) {
  for (const char* text :
       {"{id:\"x\"}", "{\"id\":\"x\",}", "{'id':'x'}", "[]", "null", "{\"id\":\"x\"} {}",
        "{\"id\":\"x\"", "{\"id\":\"\\x\"}", "{\"id\":01}", "{\"id\":\"x\t\"}",
        "{\"id\":\"\\ud8\"}", "{\"id\" \"x\"}", "{\"id\":\"x\"]", "{\"id\":tru}", "{\"id\":1.}",
        "{\"id\":\"x\",\"victims\":[,]}", "x"})
    EXPECT_FALSE(reason(text).empty()) << text;
}

TEST_F(JsonLinesFile, PassesOverALineAboveTheLimit) {
  EXPECT_THAT(reason("{\"id\":\"x\",\"narrative\":\"" + std::string(5u << 20, 'n') + "\"}"),
              HasSubstr("4 MiB"));
}

TEST_F(JsonLinesFile, PointsAtTheMistake) {
  const Read all = read("{\"id\":\"ok\"}\n{\"id\":\"\u0645\" oops}\n");
  ASSERT_EQ(all.rejects.size(), 1u);
  EXPECT_EQ(all.rejects[0].problem.place.line, 2u);
  EXPECT_EQ(all.rejects[0].problem.place.column, 11u);
}

}  // namespace
}  // namespace bakhita::intake
