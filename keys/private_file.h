// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <stdexcept>

#include "keys/descriptor.h"
#include "protocol/bytes.h"

/// Small files that only the node may read, and that a crash leaves old or new, never half.
namespace bakhita::keys {

/// What is wrong with a file, and how to mend it; names the file.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Is there anything under this name, be it only a symbolic link?
bool private_file_exists(const std::filesystem::path& file);

/// Who may have laid a private file down: the node's user; or root for it, as a service manager
/// does. systemd gives read access by an access list, whose mask shows as the group's read bit.
enum class Giver : std::uint8_t { self, root };

/// Reads a whole file of at most `size_max` bytes. Refuses symbolic links, other owners, anything
/// but a regular file, and permissions for group or others.
Bytes read_private_file(const std::filesystem::path& file, std::size_t size_max,
                        Giver giver = Giver::self);

/// Writes a temporary file beside it, syncs it, renames it over `file`, and syncs the folder. Mode
/// 0600.
void replace_private_file(const std::filesystem::path& file, ByteView content);

/// Makes a new file with mode 0600; refuses an existing one. Durable on return.
void create_private_file(const std::filesystem::path& file, ByteView content);

/// A new file with mode 0600 that is written piece by piece, and is not there before it is whole.
/// Throws FileError.
class NewPrivateFile {
 public:
  /// Begins `file` under a name of its own beside it, which no link can have been laid under.
  explicit NewPrivateFile(std::filesystem::path file);
  NewPrivateFile(const NewPrivateFile&) = delete;
  NewPrivateFile& operator=(const NewPrivateFile&) = delete;
  /// Without keep() nothing is left of it.
  ~NewPrivateFile();
  void write(ByteView content);
  /// Durable on return, under its own name; refuses one that is taken meanwhile.
  void keep();

 private:
  std::filesystem::path file_;
  std::filesystem::path part_;  ///< empty once it has its name
  Descriptor fd_;
};

}  // namespace bakhita::keys
