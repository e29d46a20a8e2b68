// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <fstream>

#include "node/capture/format.h"

namespace bakhita::capture {

/// Reads a capture from its begin; memory for one entry.
class Reader {
 public:
  /// Throws CaptureError when it is no capture.
  explicit Reader(const std::filesystem::path& file);
  /// False at the end. Throws CaptureError, naming the byte, for an entry that is cut short (a node
  /// that is writing, or was killed) or that no writer makes.
  bool next(Entry& entry);

 private:
  [[noreturn]] void fail(const std::string& why) const;

  std::filesystem::path file_;
  std::ifstream in_;
  std::uint64_t at_ = 0;  ///< begin of the next entry
};

}  // namespace bakhita::capture
