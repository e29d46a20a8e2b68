// SPDX-License-Identifier: EUPL-1.2
// `report import` against a daemon that only counts.
#include "node/cli/import.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "node/service/server.h"

namespace bakhita::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ImportConversation : public testing::Test {
 protected:
  ImportConversation() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("import_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    context_.socket = folder_ / "run" / "admin.sock";
    context_.operator_name = "analyst";
    server_.emplace(context_.socket,
                    [this](const Request& request, service::Connection& connection) {
                      count(request, connection);
                    });
  }
  ~ImportConversation() override {
    server_.reset();
    fs::remove_all(folder_);
  }

  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  ImportResult import(const std::vector<fs::path>& files, std::optional<fs::path> rejects = {}) {
    Import running(context_, "test", false, std::move(rejects));
    for (const ImportInput& input : import_inputs(files)) running.add(*open_input(input));
    return running.finish();
  }

  /// Takes reports; those whose number begins with "bad" are refused, as the desk does.
  void count(const Request& begin, service::Connection& connection) {
    operator_seen_ = begin.import_begin().operator_();
    Response response;
    auto* progress = response.mutable_import_progress();
    while (const auto request = connection.receive()) {
      progress->clear_rejects();
      progress->clear_invalid_identifiers();
      for (const auto& row : request->import_rows().rows()) {
        if (row.report().id().starts_with("bad")) {
          auto* reject = progress->add_rejects();
          reject->set_place(row.place());
          reject->set_reason("unknown code");
        } else {
          progress->set_created(progress->created() + 1);
          for (int i = 0; i < row.report().identifiers_size(); ++i)
            if (row.report().identifiers(i).value() == "wrong") {
              auto* invalid = progress->add_invalid_identifiers();
              invalid->set_place(row.place());
              invalid->set_identifier(static_cast<std::uint32_t>(i) + 1);
              invalid->set_reason("too short");
            }
          progress->set_identifiers(progress->identifiers() +
                                    static_cast<std::uint64_t>(row.report().identifiers_size()));
        }
      }
      response.set_done(request->has_import_end());
      connection.send(response);
      if (response.done()) return;
    }
  }

  fs::path folder_;
  std::string operator_seen_;
  std::istringstream in_;
  std::ostringstream out_, err_;
  Context context_{.in = in_, .out = out_, .err = err_};
  std::optional<service::Server> server_;
};

const std::string header =
    "report_id,received_at,urgency,exploitation_types,source_evaluation,information_evaluation,"
    "handling\n";
const std::string identifiers_header = "report_id,type,value,subject_role\n";

std::string row(const std::string& id) {
  return id + ",2026-04-26T15:57:00Z,routine,Servitude,B,1,H1\n";
}

TEST_F(ImportConversation, SendsEverythingAndCounts) {
  std::string reports = header, identifiers = identifiers_header;
  for (int i = 0; i < 5'000; ++i) {
    reports += row("R" + std::to_string(i));
    identifiers += "R" + std::to_string(i) + ",phone,+33639980001,recruiter\n";
  }
  const ImportResult result =
      import({write("reports.csv", reports), write("identifiers.csv", identifiers)});
  EXPECT_EQ(result.totals.created(), 5'000u);
  EXPECT_EQ(result.totals.identifiers(), 5'000u);
  EXPECT_EQ(result.rejected, 0u);
  EXPECT_EQ(operator_seen_, "analyst");
}

TEST_F(ImportConversation, PutsRowsThatEitherSideRefusesIntoRejectsFiles) {
  const fs::path reports =
      write("reports.csv", header + row("R1") + row("bad1") + "short,row\n" + row("R2"));
  const fs::path identifiers = write(
      "identifiers.csv",
      identifiers_header + "R1,phone,a,recruiter\nbad1,phone,b,recruiter\nR2,fone,c,victim\n");
  const ImportResult result = import({identifiers, reports});
  EXPECT_EQ(result.totals.created(), 2u);
  EXPECT_EQ(result.rejected, 3u);
  EXPECT_THAT(result.rejects_files, ElementsAre(folder_ / "reports.csv.rejects.csv",
                                                folder_ / "identifiers.csv.rejects.csv"));
  EXPECT_EQ(text_of(result.rejects_files[0]), header + "short,row\n" + row("bad1"));
  EXPECT_EQ(text_of(result.rejects_files[1]),
            identifiers_header + "R2,fone,c,victim\nbad1,phone,b,recruiter\n");
  struct stat info {};
  ASSERT_EQ(::stat(result.rejects_files[0].c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  EXPECT_THAT(err_.str(), HasSubstr("reports.csv:3:1: unknown code"));
  EXPECT_THAT(err_.str(), HasSubstr("did you mean `phone`?"));
}

TEST_F(ImportConversation, NamesAnInvalidIdentifierByItsOwnFileLineAndColumn) {
  const ImportResult result =
      import({write("reports.csv", header + row("R1") + row("R2")),
              write("identifiers.csv",
                    identifiers_header + "R2,phone,a,recruiter\nR1,phone,b,recruiter\n"
                                         "R2,telephone,c,recruiter\nR2,phone,wrong,recruiter\n")});
  EXPECT_EQ(result.invalid, 1u);
  ASSERT_EQ(result.invalid_identifiers.size(), 1u);
  EXPECT_THAT(result.invalid_identifiers[0].place(), testing::EndsWith("identifiers.csv:5:10"));
  EXPECT_THAT(err_.str(), HasSubstr("identifiers.csv:5:10: kept, but never compared: too short"));
}

TEST_F(ImportConversation, AcceptsMendedRejectsAsAnImport) {
  const fs::path reports = write("reports.csv", header + "short\n");
  const ImportResult first = import({reports}, folder_ / "chosen.csv");
  ASSERT_THAT(first.rejects_files, ElementsAre(folder_ / "chosen.csv"));
  std::string mended = text_of(first.rejects_files[0]);
  mended.replace(mended.find("short\n"), 6, row("R1"));
  EXPECT_EQ(import({write("mended.csv", mended)}).totals.created(), 1u);
}

TEST_F(ImportConversation, DoesNotFollowALinkPlantedAtTheRejectsFile) {
  const fs::path precious = write("precious", "precious");
  fs::create_symlink(precious, folder_ / "reports.csv.rejects.csv");
  EXPECT_THROW(import({write("reports.csv", header + "short\n")}), CommandError);
  EXPECT_EQ(text_of(precious), "precious");
}

TEST_F(ImportConversation, TakesAFolderWithBothFiles) {
  write("reports.csv", header + row("R1"));
  write("identifiers.csv", identifiers_header + "R1,phone,a,recruiter\n");
  write("more.jsonl", "{\"id\":\"J1\"}\n");
  const ImportResult result = import({folder_});
  EXPECT_EQ(result.totals.created(), 2u);
  EXPECT_EQ(result.totals.identifiers(), 1u);
}

TEST_F(ImportConversation, RefusesIdentifiersWithoutReports) {
  EXPECT_THROW(import_inputs({write("identifiers.csv", identifiers_header)}), CommandError);
}

}  // namespace
}  // namespace bakhita::cli
