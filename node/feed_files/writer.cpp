// SPDX-License-Identifier: EUPL-1.2
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "node/feed_files/feed_files.h"

namespace bakhita::feed_files {

std::string folder_name(const FeedId& feed) {
  return to_hex(feed.community.bytes) + '-' + to_hex(feed.origin.bytes) + '-' +
         std::to_string(feed.generation);
}

Writer::Writer(const std::filesystem::path& parent, const FeedId& feed, const PublicKey& log_key,
               const Frontier& before)
    : folder_(parent / folder_name(feed)) {
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (error || ::mkdir(folder_.c_str(), 0700) != 0)
    throw FeedFileError(folder_.string() + ": " +
                        (error ? error.message() : std::generic_category().message(errno)));
  headers_.open(folder_ / "headers", std::ios::binary);
  bodies_.open(folder_ / "bodies", std::ios::binary);
  std::ofstream key(folder_ / "log_key");
  key << to_hex(log_key) << '\n';
  key.close();
  require(key, "log_key");
  if (before.size() == 0) return;
  std::ofstream start(folder_ / "start");
  start << before.size() << '\n';
  for (const Hash& peak : before.peaks()) start << to_hex(peak) << '\n';
  start.close();
  require(start, "start");
}

void Writer::add(ByteView header, std::optional<ByteView> body) {
  headers_ << as_text(header);
  bodies_.put(body ? '\1' : '\0');
  if (body) bodies_ << as_text(*body);
  require(headers_, "headers");
  require(bodies_, "bodies");
}

void Writer::finish(std::string_view note) {
  headers_.close();
  bodies_.close();
  require(headers_, "headers");
  require(bodies_, "bodies");
  std::ofstream checkpoint(folder_ / "checkpoint", std::ios::binary);
  checkpoint << note;
  checkpoint.close();
  require(checkpoint, "checkpoint");
}

void Writer::require(const std::ofstream& out, const char* file) const {
  if (!out) throw FeedFileError((folder_ / file).string() + ": cannot be written");
}

}  // namespace bakhita::feed_files
