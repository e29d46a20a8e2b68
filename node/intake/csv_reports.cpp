// SPDX-License-Identifier: EUPL-1.2
#include <utility>

#include "node/intake/csv_columns.h"
#include "node/intake/csv_join.h"
#include "node/intake/limits.h"
#include "node/intake/report_source.h"
#include "node/intake/seen_ids.h"

namespace bakhita::intake {
namespace {

constexpr std::size_t reports_file = 0;
constexpr std::size_t identifiers_file = 1;

/// Joins the two files.
class CsvReports : public ReportSource {
 public:
  CsvReports(const std::filesystem::path& reports,
             const std::optional<std::filesystem::path>& identifiers)
      : reports_(reports, report_columns()) {
    files_.push_back({reports, reports_.header_range(), "csv"});
    if (!identifiers) return;
    identifiers_.emplace(*identifiers, reports);
    files_.push_back({*identifiers, identifiers_->table().header_range(), "csv"});
  }

  std::optional<Item> next() override {
    while (true) {
      if (state_ == State::left_over) return next_left_over();
      if (state_ == State::report) {
        if (auto item = next_report()) return item;
      } else if (auto item = next_identifier()) {
        return item;
      }
    }
  }

  const std::vector<File>& files() const override { return files_; }
  std::uint64_t bytes_total() const override { return reports_.size(); }
  std::uint64_t bytes_read() const override { return reports_.offset(); }

 private:
  enum class State { report, identifiers, left_over };

  /// Begins with the next report, or gives the reject of a malformed row.
  std::optional<Item> next_report() {
    if (!reports_.next(row_)) {
      state_ = State::left_over;
      return std::nullopt;
    }
    const SourceRow source{reports_file, row_.range, row_.line};
    if (row_.problem) return RejectItem{std::move(*row_.problem), {source}};
    const std::string_view id = reports_.text(row_, "report_id");
    if (!id.empty())
      if (auto twice = seen_.add(id, row_.line))
        return RejectItem{reports_.problem_at(row_, "report_id", std::move(*twice)), {source}};
    auto made = report_of(reports_, row_);
    current_ = ReportItem{{}, {reports_.file(), row_.line}, {source}};
    problem_.reset();
    if (auto* problem = std::get_if<Problem>(&made))
      problem_ = std::move(*problem);
    else
      current_.report = std::move(std::get<v1::IncidentReport>(made));
    if (identifiers_) identifiers_->begin(id);
    state_ = State::identifiers;
    return std::nullopt;
  }

  /// Adds the current report's identifiers; gives the reject of a wrong one, or at last the report.
  std::optional<Item> next_identifier() {
    while (identifiers_ && identifiers_->next(row_)) {
      SourceRow source{identifiers_file, row_.range, row_.line};
      if (row_.problem) return RejectItem{std::move(*row_.problem), {source}};
      auto made = identifier_of(identifiers_->table(), row_);
      if (const CsvField* value = identifiers_->table().find(row_, "value")) {
        source.line = value->line;
        source.column = value->column;
      }
      if (problem_) {
        current_.rows.push_back(source);
      } else if (auto* problem = std::get_if<Problem>(&made)) {
        return RejectItem{std::move(*problem), {source}};
      } else if (current_.rows.size() > limits::identifiers_per_report) {
        return RejectItem{identifiers_->table().problem_at(
                              row_, "report_id", "the report has more than 1,000 identifiers"),
                          {source}};
      } else {
        *current_.report.add_identifiers() = std::move(std::get<v1::Identifier>(made));
        current_.rows.push_back(source);
      }
    }
    state_ = State::report;
    if (problem_) return RejectItem{std::move(*problem_), std::move(current_.rows)};
    return std::move(current_);
  }

  std::optional<Item> next_left_over() {
    if (!identifiers_ || !identifiers_->next_left_over(row_)) return std::nullopt;
    const SourceRow source{identifiers_file, row_.range, row_.line};
    if (row_.problem) return RejectItem{std::move(*row_.problem), {source}};
    return RejectItem{identifiers_->table().problem_at(row_, "report_id",
                                                       "no report of this number was read from " +
                                                           files_[reports_file].path.string()),
                      {source}};
  }

  CsvTable reports_;
  std::optional<IdentifierRows> identifiers_;
  std::vector<File> files_;
  SeenIds seen_;
  State state_ = State::report;
  CsvRow row_;
  ReportItem current_;              ///< state identifiers: the report being put together
  std::optional<Problem> problem_;  ///< and why it cannot be imported
};

}  // namespace

std::unique_ptr<ReportSource> open_csv_reports(
    const std::filesystem::path& reports, const std::optional<std::filesystem::path>& identifiers) {
  return std::make_unique<CsvReports>(reports, identifiers);
}

}  // namespace bakhita::intake
