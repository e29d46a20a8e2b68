// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "protocol/bytes.h"

/// What fuzz targets share. A target includes this once and defines fuzz().
namespace bakhita::fuzzing {

/// One input: any bytes. What must hold is required; an exception that is no answer ends the run.
void fuzz(ByteView input);

/// Also where assertions are compiled out.
inline void require(bool holds) {
  if (!holds) std::abort();
}

/// A folder of this process alone, gone at its end.
class Scratch {
 public:
  Scratch()
      : path_(std::filesystem::temp_directory_path() /
              ("bakhita-fuzz." + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  /// A private file with this content.
  std::filesystem::path file(const std::string& name, ByteView content) const {
    const auto file = path_ / name;
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
    ::chmod(file.c_str(), 0600);
    return file;
  }

 private:
  std::filesystem::path path_;
};

inline const Scratch& scratch() {
  static const Scratch only;
  return only;
}

/// Runs `parse`, which may refuse by an exception of this type and by no other.
template <class Refusal, class Parse>
void may_refuse(Parse parse) {
  try {
    parse();
  } catch (const Refusal&) {
  }
}

}  // namespace bakhita::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bakhita::fuzzing::fuzz({data, size});
  return 0;
}
