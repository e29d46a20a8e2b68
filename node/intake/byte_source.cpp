// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/byte_source.h"

#include <algorithm>
#include <system_error>

#include "node/intake/encoding.h"

namespace bakhita::intake {
namespace {

constexpr std::size_t buffer_size = 64 * 1024;

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw FileError({{file.string()}, "no such file"});
  if (!error && !std::filesystem::is_regular_file(status))
    throw FileError({{file.string()}, "is no plain file"});
  const std::uint64_t size = error ? 0 : std::filesystem::file_size(file, error);
  if (error) throw FileError({{file.string()}, error.message()});
  return size;
}

}  // namespace

ByteSource::ByteSource(const std::filesystem::path& file)
    : name_(file.string()), size_(size_of(file)), buffer_(buffer_size) {
  stream_.rdbuf()->pubsetbuf(nullptr, 0);
  stream_.open(file, std::ios::binary);
  if (!stream_) throw FileError({{name_}, "cannot be opened"});
  fill();
  const std::string_view first(buffer_.data(), filled_);
  const std::string encoding = foreign_encoding(first);
  if (!encoding.empty())
    throw FileError({{name_}, "is " + encoding + "; save it as plain text in UTF-8"});
  if (first.starts_with(utf8_bom)) next_ = utf8_bom.size();
}

void ByteSource::fill() {
  base_ += filled_;
  next_ = filled_ = 0;
  stream_.clear();
  stream_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  filled_ = static_cast<std::size_t>(stream_.gcount());
  if (stream_.bad() || (filled_ == 0 && base_ < size_))
    throw FileError({place(), "cannot be read, or was cut meanwhile"});
}

void ByteSource::seek(std::uint64_t offset, std::uint64_t line) {
  line_ = line;
  column_ = 1;
  if (offset >= base_ && offset <= base_ + filled_) {
    next_ = static_cast<std::size_t>(offset - base_);
    return;
  }
  stream_.clear();
  stream_.seekg(static_cast<std::streamoff>(offset));
  if (!stream_) throw FileError({place(), "cannot be read"});
  base_ = offset;
  next_ = filled_ = 0;
}

std::string read_range(const std::filesystem::path& file, ByteRange range, std::uint64_t size_max) {
  std::string bytes(static_cast<std::size_t>(std::min(range.size, size_max)), '\0');
  std::ifstream in(file, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(range.offset));
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    throw FileError({{file.string()}, "cannot be read again"});
  return bytes;
}

}  // namespace bakhita::intake
