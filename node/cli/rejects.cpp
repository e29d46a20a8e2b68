// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/rejects.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace bakhita::cli {
namespace {

namespace fs = std::filesystem;

/// A row of more is cut in the rejects file; a field of ten megabytes is still kept whole.
constexpr std::uint64_t row_copied_max = 64u << 20;

[[noreturn]] void fail(const fs::path& path) {
  throw CommandError(ExitCode::failed, path.string() + ": the rejects file cannot be written: " +
                                           std::generic_category().message(errno));
}

void write_all(int fd, const fs::path& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Rows are personal data: nobody but the owner reads them, and a link planted there is not
/// followed.
Descriptor create(const fs::path& path) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd || ::fchmod(fd.get(), 0600) != 0) fail(path);
  return fd;
}

std::string with_line_end(std::string bytes) {
  if (!bytes.empty() && bytes.back() != '\n') bytes += '\n';
  return bytes;
}

}  // namespace

RejectsFiles::RejectsFiles(const std::vector<intake::ReportSource::File>& sources,
                           const std::optional<fs::path>& chosen) {
  for (const auto& source : sources) {
    fs::path path = source.path;
    if (!chosen)
      path += ".rejects." + std::string(source.extension);
    else
      path = targets_.empty() ? *chosen : fs::path(chosen->string() + ".identifiers.csv");
    targets_.push_back({source, path, Descriptor()});
  }
}

void RejectsFiles::add(const std::vector<intake::SourceRow>& rows) {
  for (const intake::SourceRow& row : rows) {
    Target& target = targets_.at(row.file);
    if (!target.out) {
      target.out = create(target.path);
      write_all(
          target.out.get(), target.path,
          with_line_end(read_range(target.source.path, target.source.header, row_copied_max)));
    }
    write_all(target.out.get(), target.path,
              with_line_end(read_range(target.source.path, row.range, row_copied_max)));
  }
}

std::vector<fs::path> RejectsFiles::made() const {
  std::vector<fs::path> paths;
  for (const Target& target : targets_)
    if (target.out) paths.push_back(target.path);
  return paths;
}

}  // namespace bakhita::cli
