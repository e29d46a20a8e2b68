// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/key_access.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <ostream>

#include "keys/error.h"
#include "keys/private_file.h"

namespace bakhita::cli {
namespace {

constexpr std::size_t passphrase_size_max = 1'024;
constexpr std::size_t key_file_size_max = 64 * 1024;

/// Reads one line, byte by byte, into guarded memory.
keys::SecretBytes read_line(int fd) {
  keys::SecretBytes buffer(passphrase_size_max);
  std::size_t size = 0;
  while (size < passphrase_size_max) {
    std::uint8_t byte = 0;
    const ssize_t count = ::read(fd, &byte, 1);
    if (count < 0)
      throw CommandError(ExitCode::failed,
                         "the passphrase cannot be read from its file descriptor");
    if (count == 0 || byte == '\n') break;
    buffer.writable()[size++] = byte;
  }
  if (size == 0) throw CommandError(ExitCode::usage, "the passphrase is empty");
  return keys::SecretBytes::copy_of(buffer.view().first(size));
}

/// Echo off while it lives.
class Silence {
 public:
  explicit Silence(int fd) : fd_(fd) {
    ::tcgetattr(fd_, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd_, TCSAFLUSH, &quiet);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() { ::tcsetattr(fd_, TCSAFLUSH, &before_); }

 private:
  int fd_;
  termios before_{};
};

keys::SecretBytes prompt(const Context& context, int terminal, const char* question) {
  context.err << question << std::flush;
  const Silence silence(terminal);
  keys::SecretBytes out = read_line(terminal);
  context.err << '\n';
  return out;
}

}  // namespace

config::Config load_config(const Context& context) {
  try {
    return config::load(context.config);
  } catch (const config::ConfigError& problem) {
    throw CommandError(ExitCode::config_invalid, problem.what());
  }
}

keys::SecretBytes read_passphrase(const Context& context, std::optional<int> fd, bool again) {
  if (fd) return read_line(*fd);
  if (!context.in_is_terminal)
    throw CommandError(ExitCode::usage, "a passphrase is needed and stdin is no terminal",
                       "add --passphrase-fd N or --key-file FILE");
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0)
    throw CommandError(ExitCode::usage, "there is no terminal to ask for the passphrase",
                       "add --passphrase-fd N");
  keys::SecretBytes first = prompt(context, terminal, "Passphrase: ");
  if (again) {
    const keys::SecretBytes second = prompt(context, terminal, "The same again: ");
    if (first.size() != second.size() ||
        sodium_memcmp(first.view().data(), second.view().data(), first.size()) != 0)
      throw CommandError(ExitCode::failed, "the two passphrases differ");
  }
  ::close(terminal);
  return first;
}

keys::Keystore open_keystore(const Context& context, const config::Config& config,
                             std::optional<int> passphrase_fd) {
  try {
    if (!config.key_file.empty() && !passphrase_fd) {
      Bytes content = keys::read_private_file(config.key_file, key_file_size_max);
      keys::Credential credential{keys::Credential::Kind::key_file,
                                  keys::SecretBytes::copy_of(content)};
      sodium_memzero(content.data(), content.size());
      return keys::Keystore::open(config.keystore, credential);
    }
    return keys::Keystore::open(config.keystore, {keys::Credential::Kind::passphrase,
                                                  read_passphrase(context, passphrase_fd, false)});
  } catch (const keys::KeyError& problem) {
    throw CommandError(ExitCode::sealed, problem.what());
  } catch (const keys::FileError& problem) {
    throw CommandError(ExitCode::sealed, problem.what());
  }
}

}  // namespace bakhita::cli
