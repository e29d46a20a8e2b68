// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/armor.h"

#include <fstream>
#include <istream>

#include "protocol/bytes.h"

namespace bakhita::cli {
namespace {

constexpr std::size_t line_size = 64;
constexpr std::size_t file_size_max = 1u << 20;

std::string begin_line(std::string_view label) {
  return "-----BEGIN " + std::string(label) + "-----";
}
std::string end_line(std::string_view label) { return "-----END " + std::string(label) + "-----"; }

std::string read_bounded(std::istream& in, const std::string& name) {
  std::string bytes(file_size_max + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) throw CommandError(ExitCode::failed, name + ": cannot be read");
  if (bytes.size() > file_size_max)
    throw CommandError(ExitCode::failed, name + ": larger than 1 MiB");
  return bytes;
}

}  // namespace

std::string armor(std::string_view label, std::string_view bytes) {
  std::string out = begin_line(label) + '\n';
  const std::string base64 = to_base64(as_bytes(bytes));
  for (std::size_t at = 0; at < base64.size(); at += line_size)
    out += base64.substr(at, line_size) + '\n';
  return out + end_line(label) + '\n';
}

std::string remove_armor(std::string_view label, std::string_view text, const std::string& what) {
  const std::string begin = begin_line(label), end = end_line(label);
  const std::size_t from = text.find(begin);
  const std::size_t to = from == std::string_view::npos ? from : text.find(end, from);
  if (to == std::string_view::npos)
    throw CommandError(ExitCode::failed,
                       what + ": has no lines from `" + begin + "` to `" + end + "`");
  std::string base64;
  for (const char c : text.substr(from + begin.size(), to - from - begin.size()))
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') base64 += c;
  const auto bytes = from_base64(base64);
  if (!bytes || bytes->empty())
    throw CommandError(ExitCode::failed, what + ": the text between the lines is damaged");
  return std::string(as_text(*bytes));
}

std::string card_bytes(std::string_view text, const std::string& what) {
  return remove_armor(card_label, text, what);
}

std::string read_file_or_stdin(const Context& context, const std::filesystem::path& file) {
  if (file == "-") return read_bounded(context.in, "stdin");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw CommandError(ExitCode::failed, file.string() + ": cannot be opened");
  return read_bounded(in, file.string());
}

}  // namespace bakhita::cli
