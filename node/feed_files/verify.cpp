// SPDX-License-Identifier: EUPL-1.2
#include <vector>

#include "bakhita/v1/feed.pb.h"
#include "node/feed_files/feed_files.h"
#include "protocol/feed/merkle.h"

namespace bakhita::feed_files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t small_file_max = 64 * 1024;

std::string read_small(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw FeedFileError(file.string() + ": cannot be opened");
  std::string text(small_file_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > small_file_max) throw FeedFileError(file.string() + ": larger than 64 KiB");
  return text;
}

PublicKey key_of(const fs::path& folder) {
  const std::string text = read_small(folder / "log_key");
  const auto bytes = from_hex(std::string_view(text).substr(0, text.find_last_not_of("\r\n ") + 1));
  const auto key = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!key)
    throw FeedFileError((folder / "log_key").string() + ": is no key of 64 hexadecimal digits");
  return *key;
}

/// The feed that a checkpoint names; its first line must be exactly what that feed's origin writes.
FeedId feed_of(const fs::path& file, std::string_view note) {
  const Result<FeedId> feed = feed_of_note(note);
  if (!feed) throw FeedFileError(file.string() + ":1: is no first line of a checkpoint");
  return *feed;
}

/// Headers and bodies side by side.
class Records {
 public:
  explicit Records(const fs::path& folder)
      : folder_(folder),
        headers_(folder / "headers", std::ios::binary),
        bodies_(folder / "bodies", std::ios::binary) {
    if (!headers_ || !bodies_)
      throw FeedFileError(folder.string() + ": headers or bodies cannot be opened");
  }

  bool next() {
    headers_.read(reinterpret_cast<char*>(raw.data()), header_size);
    if (headers_.gcount() == 0) {
      if (bodies_.peek() != std::ifstream::traits_type::eof())
        fail("bodies", "more bodies than headers");
      return false;
    }
    if (headers_.gcount() != header_size) fail("headers", "cut short");
    const Result<Header> parsed = parse_header(raw);
    if (!parsed) fail("headers", std::string(describe(parsed.error())));
    header = *parsed;
    const int present = bodies_.get();
    if (present != 0 && present != 1)
      fail("bodies", "neither a body nor the mark of an erased one");
    has_body = present == 1;
    body.resize(has_body ? header.body_size : 0);  // parse_header bounds it
    bodies_.read(reinterpret_cast<char*>(body.data()), static_cast<std::streamsize>(body.size()));
    if (!bodies_ && has_body) fail("bodies", "cut short");
    ++count;
    return true;
  }

  [[noreturn]] void fail(const char* file, const std::string& what) const {
    throw FeedFileError((folder_ / file).string() + ": record " + std::to_string(count) + ": " +
                        what);
  }

  ByteArray<header_size> raw;
  Header header;
  bool has_body = false;
  Bytes body;
  std::uint64_t count = 0;  ///< records read

 private:
  fs::path folder_;
  std::ifstream headers_;
  std::ifstream bodies_;
};

/// Which records a later one withdraws.
std::vector<bool> withdrawn_records(const fs::path& folder, std::uint64_t size) {
  std::vector<bool> withdrawn(size);
  Records records(folder);
  v1::Withdraw withdraw;
  while (records.next())
    if (records.header.kind == RecordKind::withdraw && records.has_body &&
        withdraw.ParseFromArray(records.body.data(), static_cast<int>(records.body.size())) &&
        withdraw.index() < size)
      withdrawn[withdraw.index()] = true;
  return withdrawn;
}

}  // namespace

Verified verify(const fs::path& folder, std::uint32_t today,
                const std::optional<PublicKey>& log_key) {
  Verified out;
  out.log_key = key_of(folder);
  if (log_key && *log_key != out.log_key)
    throw FeedFileError((folder / "log_key").string() + ": is not the key that was expected");
  const std::string note = read_small(folder / "checkpoint");
  out.feed = feed_of(folder / "checkpoint", note);
  const Result<Checkpoint> checkpoint = open_checkpoint(note, out.feed, out.log_key);
  if (!checkpoint)
    throw FeedFileError((folder / "checkpoint").string() + ": " +
                        std::string(describe(checkpoint.error())));
  std::error_code error;
  if (fs::file_size(folder / "headers", error) != checkpoint->size * header_size || error)
    throw FeedFileError((folder / "headers").string() + ": the checkpoint is for " +
                        std::to_string(checkpoint->size) + " records");

  const std::vector<bool> withdrawn = withdrawn_records(folder, checkpoint->size);
  Frontier frontier;
  for (Records records(folder); records.next();) {
    frontier.append(leaf_hash(records.raw));
    if (records.has_body && commit_to(records.body) != records.header.commit)
      records.fail("bodies", std::string(describe(Error::bad_commitment)));
    if (!records.has_body && records.header.expiry_day >= today && !withdrawn[frontier.size() - 1])
      records.fail("bodies", std::string(describe(Error::missing_body)));
    if (!records.has_body) ++out.erased;
  }
  out.records = frontier.size();
  out.root = frontier.root();
  if (out.root != checkpoint->root)
    throw FeedFileError(folder.string() + ": " + std::string(describe(Error::wrong_root)));
  return out;
}

}  // namespace bakhita::feed_files
