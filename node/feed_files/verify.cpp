// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <sstream>
#include <vector>

#include "bakhita/v1/feed.pb.h"
#include "node/feed_files/feed_files.h"
#include "protocol/feed/floor.h"
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

/// What stands for the records before the first of the folder.
Frontier read_start(const fs::path& folder) {
  if (!fs::exists(folder / "start")) return {};
  std::istringstream lines(read_small(folder / "start"));
  std::uint64_t first = 0;
  std::vector<Hash> peaks;
  std::string line;
  bool is_sound = static_cast<bool>(lines >> first) && first > 0;
  while (is_sound && lines >> line) {
    const auto bytes = from_hex(line);
    const auto peak = bytes ? to_array<32>(*bytes) : std::nullopt;
    is_sound = peak.has_value();
    if (peak) peaks.push_back(*peak);
  }
  auto out = Frontier::restore(first, std::move(peaks));
  if (!is_sound || !out)
    throw FeedFileError((folder / "start").string() +
                        ": is no number of a record and the hashes that stand for those before it");
  return *out;
}

/// Headers and bodies side by side.
class Records {
 public:
  explicit Records(const fs::path& folder, std::uint64_t first = 0)
      : count(first),
        folder_(folder),
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
  std::uint64_t count;  ///< records read, and those before the first

 private:
  fs::path folder_;
  std::ifstream headers_;
  std::ifstream bodies_;
};

/// Adds the records of generation `of` that those in the folder withdraw; `in` is the folder's own.
void add_withdrawn(const fs::path& folder, std::uint32_t in, std::uint32_t of,
                   std::vector<bool>& withdrawn) {
  Records records(folder, read_start(folder).size());
  v1::Withdraw withdraw;
  while (records.next())
    if (records.header.kind == RecordKind::withdraw && records.has_body &&
        withdraw.ParseFromArray(records.body.data(), static_cast<int>(records.body.size())) &&
        (withdraw.generation() == 0 ? in : withdraw.generation()) == of &&
        withdraw.index() < withdrawn.size())
      withdrawn[withdraw.index()] = true;
}

/// The checkpoint of a folder and the feed that it is of. Throws when the key has not signed it.
Checkpoint checkpoint_of(const fs::path& folder, const PublicKey& log_key) {
  const std::string note = read_small(folder / "checkpoint");
  const Result<Checkpoint> out =
      open_checkpoint(note, feed_of(folder / "checkpoint", note), log_key);
  if (!out)
    throw FeedFileError((folder / "checkpoint").string() + ": " +
                        std::string(describe(out.error())));
  return *out;
}

/// Hands each record to `visit` and compares all of them with the checkpoint.
template <class Visit>
void check_records(const fs::path& folder, const Checkpoint& checkpoint, Visit visit) {
  std::error_code error;
  Frontier frontier = read_start(folder);
  const std::uint64_t first = frontier.size();
  const std::uint64_t held = checkpoint.size - std::min(first, checkpoint.size);
  if (fs::file_size(folder / "headers", error) != held * header_size || error)
    throw FeedFileError((folder / "headers").string() + ": the checkpoint is for " +
                        std::to_string(checkpoint.size) + " records");
  std::uint64_t ended = 0;
  for (Records records(folder, first); records.next(); visit(records)) {
    frontier.append(leaf_hash(records.raw));
    if (records.has_body && commit_to(records.body) != records.header.commit)
      records.fail("bodies", std::string(describe(Error::bad_commitment)));
    if (records.header.kind != RecordKind::floor || !records.has_body) continue;
    if (const auto floor = open_floor(records.count - 1, records.header, records.body))
      ended = std::max(ended, *floor);
  }
  if (ended < first)
    throw FeedFileError((folder / "start").string() + ": " +
                        std::string(describe(Error::hidden_records)));
  if (frontier.root() != checkpoint.root)
    throw FeedFileError(folder.string() + ": " + std::string(describe(Error::wrong_root)));
}

/// The folder that this one lies in.
fs::path parent_of(const fs::path& folder) {
  const fs::path full = fs::absolute(folder).lexically_normal();
  return full.has_filename() ? full.parent_path() : full.parent_path().parent_path();
}

/// Which records are withdrawn: by later ones of the feed, and by its later generations as far as
/// they lie beside it under the names that Writer gives, signed by the same key.
std::vector<bool> withdrawn_records(const fs::path& folder, const Checkpoint& checkpoint,
                                    const PublicKey& log_key) {
  std::vector<bool> out(checkpoint.size);
  const std::uint32_t generation = checkpoint.feed.generation;
  add_withdrawn(folder, generation, generation, out);
  FeedId later = checkpoint.feed;
  for (;;) {
    ++later.generation;
    const fs::path beside = parent_of(folder) / folder_name(later);
    if (!fs::exists(beside) || key_of(beside) != log_key) return out;
    const Checkpoint signed_size = checkpoint_of(beside, log_key);
    if (signed_size.feed != later)
      throw FeedFileError((beside / "checkpoint").string() + ": is of another feed");
    check_records(beside, signed_size, [](const Records&) {});
    add_withdrawn(beside, later.generation, generation, out);
  }
}

}  // namespace

Verified verify(const fs::path& folder, std::uint32_t today,
                const std::optional<PublicKey>& log_key) {
  Verified out;
  out.log_key = key_of(folder);
  if (log_key && *log_key != out.log_key)
    throw FeedFileError((folder / "log_key").string() + ": is not the key that was expected");
  const Checkpoint checkpoint = checkpoint_of(folder, out.log_key);
  out.feed = checkpoint.feed;
  out.first = out.records = read_start(folder).size();
  const std::vector<bool> withdrawn = withdrawn_records(folder, checkpoint, out.log_key);
  check_records(folder, checkpoint, [&](const Records& records) {
    ++out.records;
    if (records.has_body) return;
    if (records.header.expiry_day >= today && !withdrawn[out.records - 1])
      records.fail("bodies", std::string(describe(Error::missing_body)));
    ++out.erased;
  });
  out.root = checkpoint.root;
  return out;
}

}  // namespace bakhita::feed_files
