// SPDX-License-Identifier: EUPL-1.2
#include "node/tables/load.h"

#include <fstream>
#include <stdexcept>
#include <system_error>

namespace bakhita {
namespace {

namespace fs = std::filesystem;

/// The largest table (numbering plans) takes a tenth of a megabyte.
constexpr std::uintmax_t table_size_max = 16ull << 20;

std::string read_table(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error) throw std::runtime_error(file.string() + ": " + error.message());
  if (size > table_size_max)
    throw std::runtime_error(file.string() + ": larger than a table can be (16 MiB)");
  std::ifstream in(file, std::ios::binary);
  std::string text(static_cast<std::size_t>(size), '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(size)))
    throw std::runtime_error(file.string() + ": cannot be read");
  return text;
}

}  // namespace

fs::path default_share_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path beside = program.parent_path().parent_path() / "share" / "bakhita";
    if (fs::is_directory(beside / "tables", error)) return beside;
  }
  return BAKHITA_SHARE_FOLDER;
}

TableTexts read_table_texts(const fs::path& folder) {
  std::error_code error;
  TableTexts texts;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    if (entry->path().extension() == ".tsv" && entry->is_regular_file())
      texts.emplace(entry->path().filename().string(), read_table(entry->path()));
  if (error) throw std::runtime_error(folder.string() + ": " + error.message());
  if (texts.empty()) throw std::runtime_error(folder.string() + ": holds no table (*.tsv)");
  return texts;
}

TableTexts read_code_lists(const fs::path& share) { return read_table_texts(share / "codes"); }

}  // namespace bakhita
