// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "node/capture/format.h"

namespace bakhita::capture {

/// What `status` says of it.
struct State {
  std::filesystem::path file;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;  ///< of all captures in the folder
  std::uint64_t limit = 0;  ///< of these
  std::string stopped;      ///< why nothing is written any more; empty while it is
};

/// Writes entries to a new file, for the owner only. What was written is never deleted: at the
/// limit, or when the disk refuses, it stops at the end of an entry and says so. Thread-safe.
class Writer {
 public:
  /// Makes the folder (0700) if it is missing. `on_stop` gets the reason, once. Throws
  /// CaptureError.
  Writer(const std::filesystem::path& folder, std::uint64_t limit,
         std::function<void(const std::string& why)> on_stop);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  std::uint64_t next_connection();
  void add(Direction direction, Form form, std::uint64_t connection, const NodeId& peer,
           ByteView content);
  State state() const;

 private:
  void stop(const std::string& why);

  mutable std::mutex mutex_;
  std::function<void(const std::string& why)> on_stop_;
  State state_;
  std::uint64_t connections_ = 0;
  int file_ = -1;
  std::int64_t file_size_ = 0;
};

/// One connection's bytes, cut into frames. Of one thread. The writer outlives it.
class Tap {
 public:
  Tap(Writer& writer, const NodeId& peer);
  /// Writes what came and made no frame.
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  /// Before the bytes go into TLS: nothing leaves that is not written.
  void sending(ByteView bytes) { cut(sent_, bytes); }
  void received(ByteView bytes) { cut(received_, bytes); }

 private:
  struct Stream {
    Direction direction;
    Bytes begun;          ///< of a frame that is not whole yet
    bool broken = false;  ///< a length was out of bounds: no frames any more
  };
  void cut(Stream& stream, ByteView bytes);
  void write(const Stream& stream, Form form, ByteView content);

  Writer& writer_;
  NodeId peer_;
  std::uint64_t connection_;
  Stream sent_{Direction::sent, {}};
  Stream received_{Direction::received, {}};
};

}  // namespace bakhita::capture
