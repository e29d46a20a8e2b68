// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <ostream>

#include "node/capture/reader.h"
#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/terminal_text.h"
#include "protocol/session/frame.h"

namespace bakhita::cli {
namespace {

using capture::Entry;

/// What can be said of a frame in numbers, in the order of its fields.
using Parts = std::vector<std::pair<const char*, std::uint64_t>>;

struct Described {
  std::string kind;
  Parts parts;
};

Parts parts_of(const v1::Frame& frame) {
  switch (frame.body_case()) {
    case v1::Frame::kHello:
      return {{"version", frame.hello().version()},
              {"acceptances", static_cast<std::uint64_t>(frame.hello().acceptances_size())}};
    case v1::Frame::kClock:
      return {{"heads", static_cast<std::uint64_t>(frame.clock().heads_size())}};
    case v1::Frame::kWant:
      return {{"from", frame.want().from()}, {"to", frame.want().to()}};
    case v1::Frame::kData:
      return {{"from", frame.data().from()},
              {"header_bytes", frame.data().headers().size()},
              {"body_bytes", frame.data().bodies().size()},
              {"note_bytes", frame.data().note().size()},
              {"proof_hashes", static_cast<std::uint64_t>(frame.data().proof_size())}};
    case v1::Frame::kEvaluate:
      return {{"group", frame.evaluate().group()},
              {"element_bytes", frame.evaluate().elements().size()}};
    case v1::Frame::kEvaluated:
      return {{"element_bytes", frame.evaluated().elements().size()}};
    case v1::Frame::kLetter:
      return {{"sealed_bytes", frame.letter().sealed().size()}};
    case v1::Frame::kCharterNotice:
      return {{"package_bytes", frame.charter_notice().package().size()}};
    case v1::Frame::kBusy:
      return {{"retry_after", frame.busy().retry_after()}, {"code", frame.busy().code()}};
    case v1::Frame::kError:
      return {{"code", frame.error().code()}};
    case v1::Frame::kLetterReceipt:
    case v1::Frame::kPing:
    case v1::Frame::kPong:
    case v1::Frame::BODY_NOT_SET:
      return {};
  }
  return {};
}

Described describe(const Entry& entry) {
  if (entry.form == capture::Form::remains) return {"remains", {}};
  const auto frame = session::decode_frame(entry.content);
  if (!frame) return {"undecodable", {}};
  const auto* field =
      v1::Frame::descriptor()->FindFieldByNumber(static_cast<int>(frame->body_case()));
  return {field == nullptr ? "unknown" : field->name(), parts_of(*frame)};
}

std::string_view name_of(capture::Direction direction) {
  return direction == capture::Direction::sent ? "sent" : "received";
}

std::string time_text(std::uint64_t microseconds) {
  constexpr std::uint64_t second = 1'000'000;
  const auto unix_time = static_cast<std::time_t>(microseconds / second);
  std::tm utc{};
  ::gmtime_r(&unix_time, &utc);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &utc);
  const std::string fraction = std::to_string(second + microseconds % second).substr(1);
  return std::string(text, size) + fraction + "Z";
}

void print_line(std::ostream& out, const Entry& entry) {
  const Described what = describe(entry);
  out << time_text(entry.time) << (entry.direction == capture::Direction::sent ? " > " : " < ")
      << to_hex(entry.peer.bytes).substr(0, 16) << " #" << entry.connection << ' ' << what.kind
      << ' ' << grouped(entry.content.size()) << " B";
  for (const auto& [name, number] : what.parts) out << ' ' << name << '=' << number;
  out << '\n';
}

void print_object(std::ostream& out, const Entry& entry) {
  const Described what = describe(entry);
  out << "{\"time\":\"" << time_text(entry.time) << "\",\"direction\":\""
      << name_of(entry.direction) << "\",\"peer\":\"" << to_hex(entry.peer.bytes)
      << "\",\"connection\":" << entry.connection << ",\"kind\":\"" << what.kind
      << "\",\"bytes\":" << entry.content.size();
  for (const auto& [name, number] : what.parts) out << ",\"" << name << "\":" << number;
  out << '}';
}

struct Count {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};
/// By direction and kind.
using Totals = std::map<std::pair<std::string_view, std::string>, Count>;

void print_totals(const Context& context, const Totals& totals) {
  bool first = true;
  for (const auto& [what, count] : totals) {
    if (context.json)
      context.out << (first ? "" : ",") << "{\"direction\":\"" << what.first << "\",\"kind\":\""
                  << what.second << "\",\"frames\":" << count.frames << ",\"bytes\":" << count.bytes
                  << '}';
    else
      context.out << what.first << ' ' << what.second << "  " << grouped(count.frames)
                  << " frames  " << grouped(count.bytes) << " B\n";
    first = false;
  }
}

/// Prints what is there, and then what is wrong with it.
void show(Context& context, const std::vector<std::string>& files, bool only_totals) {
  Totals totals;
  Entry entry;
  std::string problem;
  bool first = true;
  if (context.json) context.out << (only_totals ? R"({"v":1,"totals":[)" : R"({"v":1,"frames":[)");
  try {
    for (const std::string& file : files) {
      for (capture::Reader reader(file); reader.next(entry);) {
        if (only_totals) {
          Count& count = totals[{name_of(entry.direction), describe(entry).kind}];
          ++count.frames;
          count.bytes += entry.content.size();
        } else if (context.json) {
          if (!std::exchange(first, false)) context.out << ",\n";
          print_object(context.out, entry);
        } else {
          print_line(context.out, entry);
        }
      }
    }
  } catch (const capture::CaptureError& error) {
    problem = error.what();
  }
  if (only_totals) print_totals(context, totals);
  if (context.json) context.out << "],\"problem\":" << json_string(problem) << "}\n";
  if (!problem.empty())
    throw CommandError(ExitCode::verification_failed, problem,
                       "what was read until there is printed; a node that writes, or was killed, "
                       "leaves its last entry unfinished");
}

}  // namespace

void add_capture_command(CLI::App& app, Context& context) {
  CLI::App* noun = app.add_subcommand("capture", "frames that `bakhitad --capture` has written");
  noun->require_subcommand(1);
  auto files = std::make_shared<std::vector<std::string>>();
  auto totals = std::make_shared<bool>(false);
  CLI::App* command = noun->add_subcommand(
      "show", "each frame that was sent (>) or received (<): time, peer, connection, kind, sizes");
  command->add_option("FILE", *files, "files of one or more captures")->required();
  command->add_flag("--totals", *totals, "only counts, by direction and kind");
  command->callback([&context, files, totals] { show(context, *files, *totals); });
}

}  // namespace bakhita::cli
