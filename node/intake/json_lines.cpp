// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/json_lines.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "node/intake/encoding.h"
#include "node/intake/json_syntax.h"
#include "node/intake/limits.h"
#include "node/intake/report_source.h"
#include "node/intake/seen_ids.h"
#include "protocol/characters.h"

namespace bakhita::intake {
namespace {

void move_to(Place& place, std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_end = before.rfind('\n');
  place.line += static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
  if (line_end == std::string_view::npos)
    place.column += count_characters(before);
  else
    place.column = 1 + count_characters(before.substr(line_end + 1));
}

/// Protobuf's messages repeat values; only the path before them, "(identifiers[0].role)", is kept.
std::string mapping_mistake(std::string_view message) {
  const std::size_t open = message.find('(');
  const std::size_t close = message.find(')', open == std::string_view::npos ? 0 : open);
  constexpr std::string_view path_characters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.[]";
  constexpr std::size_t path_size_max = 80;
  std::string path;
  if (open != std::string_view::npos && close != std::string_view::npos)
    path = message.substr(open + 1, close - open - 1);
  const bool usable = !path.empty() && path.size() <= path_size_max &&
                      path.find_first_not_of(path_characters) == std::string::npos;
  const std::string where = usable ? " in `" + path + "`" : "";
  if (message.find("Cannot find field") != std::string_view::npos)
    return "a member that IncidentReport does not have" + where;
  return "a value of the wrong form" + where;
}

/// One report a line.
class JsonLines : public ReportSource {
 public:
  explicit JsonLines(const std::filesystem::path& file) : source_(file) {
    files_.push_back({file, {}, "jsonl"});
  }

  std::optional<Item> next() override {
    while (source_.peek() != ByteSource::end) {
      const Place place = source_.place();
      const std::uint64_t begin = source_.offset();
      const bool whole = read_line();
      const SourceRow row{0, {begin, source_.offset() - begin}, place.line};
      if (!whole) return RejectItem{{place, "the line is larger than 4 MiB"}, {row}};
      if (line_.find_first_not_of(" \t\r") == std::string::npos) continue;
      auto made = report_from_json(line_, place);
      if (auto* problem = std::get_if<Problem>(&made))
        return RejectItem{std::move(*problem), {row}};
      auto& report = std::get<v1::IncidentReport>(made);
      if (auto twice = seen_.add(report.id(), place.line))
        return RejectItem{{place, "`id` " + *twice}, {row}};
      return ReportItem{std::move(report), place, {row}};
    }
    return std::nullopt;
  }

  const std::vector<File>& files() const override { return files_; }
  std::uint64_t bytes_total() const override { return source_.size(); }
  std::uint64_t bytes_read() const override { return source_.offset(); }

 private:
  /// False when the line was too long to keep.
  bool read_line() {
    line_.clear();
    bool whole = true;
    for (int byte = source_.get(); byte != '\n' && byte != ByteSource::end; byte = source_.get()) {
      if (line_.size() < json_line_size_max)
        line_.push_back(static_cast<char>(byte));
      else
        whole = false;
    }
    return whole;
  }

  ByteSource source_;
  std::string line_;
  SeenIds seen_;
  std::vector<File> files_;
};

}  // namespace

std::variant<v1::IncidentReport, Problem> report_from_json(std::string_view text, Place place) {
  if (const auto bad = first_invalid_utf8(text)) {
    move_to(place, text, *bad);
    return Problem{place, describe_invalid_byte(static_cast<unsigned char>(text[*bad]))};
  }
  if (const auto mistake = find_json_mistake(text)) {
    move_to(place, text, mistake->offset);
    return Problem{place, mistake->reason};
  }
  v1::IncidentReport report;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto status =
      google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &report, options);
  if (!status.ok()) return Problem{place, mapping_mistake(status.ToString())};
  if (report.id().empty()) return Problem{place, "the report has no `id`"};
  return report;
}

std::unique_ptr<ReportSource> open_json_lines(const std::filesystem::path& file) {
  return std::make_unique<JsonLines>(file);
}

}  // namespace bakhita::intake
