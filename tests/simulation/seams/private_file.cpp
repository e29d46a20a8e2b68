// SPDX-License-Identifier: EUPL-1.2
// In the place of keys/private_file.cpp: files on the simulated disk.
#include "keys/private_file.h"

#include "tests/simulation/seams/disk.h"

namespace bakhita::keys {

bool private_file_exists(const std::filesystem::path& file) {
  return simulation::current_disk().file(file.string()) != nullptr;
}

Bytes read_private_file(const std::filesystem::path& file, std::size_t size_max, Giver) {
  const Bytes* content = simulation::current_disk().file(file.string());
  if (content == nullptr) throw FileError(file.string() + ": cannot be opened");
  if (content->size() > size_max) throw FileError(file.string() + ": is too large");
  return *content;
}

void replace_private_file(const std::filesystem::path& file, ByteView content) {
  try {
    simulation::current_disk().write_file(file.string(), content);
  } catch (const store::StorageError& problem) {
    throw FileError(file.string() + ": " + problem.what());
  }
}

void create_private_file(const std::filesystem::path& file, ByteView content) {
  if (private_file_exists(file)) throw FileError(file.string() + ": exists");
  replace_private_file(file, content);
}

}  // namespace bakhita::keys
