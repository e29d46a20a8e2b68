// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/key_access.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <ostream>

#include "keys/descriptor.h"
#include "keys/error.h"
#include "keys/private_file.h"
#include "protocol/characters.h"

namespace bakhita::cli {
namespace {

constexpr const char* other_ways =
    "--passphrase-fd, --ask-passphrase, --key-file and --recovery-key name other ways to open it";

/// KeyError and FileError as the command line says them.
template <class Work>
auto with_exit_code(ExitCode code, Work work) {
  try {
    return work();
  } catch (const keys::KeyError& problem) {
    throw CommandError(code, problem.what());
  } catch (const keys::FileError& problem) {
    throw CommandError(code, problem.what());
  }
}

/// Echo off while it lives, and on again when a signal ends the process meanwhile.
class Silence {
 public:
  explicit Silence(int fd) {
    terminal_ = fd;
    ::tcgetattr(fd, &before_);
    struct sigaction action {};
    action.sa_handler = &Silence::end;
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // raised again, it ends the process
    for (std::size_t i = 0; i < std::size(signals); ++i)
      ::sigaction(signals[i], &action, &actions_[i]);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd, TCSAFLUSH, &quiet);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < std::size(signals); ++i)
      ::sigaction(signals[i], &actions_[i], nullptr);
  }

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

  static void end(int signal) {
    ::tcsetattr(terminal_, TCSANOW, &before_);
    ::raise(signal);
  }

  // A signal handler sees nothing else; one prompt is open at a time.
  static inline int terminal_ = -1;
  static inline termios before_{};
  std::array<struct sigaction, std::size(signals)> actions_{};
};

keys::SecretBytes prompt(const Context& context, int terminal, const char* question) {
  context.err << question << std::flush;
  const Silence silence(terminal);
  keys::SecretBytes out =
      with_exit_code(ExitCode::usage, [&] { return keys::read_passphrase(terminal); });
  context.err << '\n';
  return out;
}

/// Argon2 makes guessing dear, not impossible, for who has a copy of the keystore.
void warn_of_short(const Context& context, const keys::SecretBytes& passphrase) {
  constexpr std::size_t comfortable = 14;
  if (count_characters(as_text(passphrase.view())) < comfortable)
    say(context, "warning: a passphrase of fewer than " + std::to_string(comfortable) +
                     " characters can be guessed by who has a copy of the keystore; take a longer "
                     "one, or a key file");
}

}  // namespace

config::Config load_config(const Context& context) {
  try {
    return config::load(context.config);
  } catch (const config::ConfigError& problem) {
    throw CommandError(ExitCode::config_invalid, problem.what());
  }
}

keys::SecretBytes read_passphrase(const Context& context, std::optional<int> fd, bool again,
                                  const char* instead) {
  if (fd) return with_exit_code(ExitCode::usage, [&] { return keys::read_passphrase(*fd); });
  if (!context.in_is_terminal)
    throw CommandError(ExitCode::usage, "a passphrase is needed and stdin is no terminal", instead);
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!terminal)
    throw CommandError(ExitCode::usage, "there is no terminal to ask for the passphrase", instead);
  keys::SecretBytes first = prompt(context, terminal.get(), "Passphrase: ");
  if (again) {
    const keys::SecretBytes second = prompt(context, terminal.get(), "The same again: ");
    if (first.size() != second.size() ||
        sodium_memcmp(first.view().data(), second.view().data(), first.size()) != 0)
      throw CommandError(ExitCode::failed, "the two passphrases differ");
  }
  if (again) warn_of_short(context, first);
  return first;
}

keys::Credential make_key_file(const std::filesystem::path& file) {
  return with_exit_code(ExitCode::failed, [&] {
    if (!keys::private_file_exists(file)) {
      keys::SecretBytes fresh = keys::SecretBytes::random(32);
      std::string hex = to_hex(fresh.view());
      keys::create_private_file(file, as_bytes(hex));
      sodium_memzero(hex.data(), hex.size());
    }
    return keys::read_key_file(file);
  });
}

void add_key_options(CLI::App& command, KeyOptions& options) {
  std::vector<CLI::Option*> ways{
      command.add_option("--passphrase-fd", options.passphrase_fd,
                         "read the passphrase from this file descriptor"),
      command.add_flag("--ask-passphrase", options.ask_passphrase,
                       "ask for the passphrase, though the config names a key file"),
      command.add_option("--key-file", options.key_file, "open by this key file"),
      command.add_option("--recovery-key", options.recovery_key,
                         "open by the file that `keys export-recovery` wrote")};
  for (CLI::Option* one : ways)
    for (CLI::Option* other : ways)
      if (one != other) one->excludes(other);
}

keys::Keystore open_keystore(const Context& context, const config::Config& config,
                             const KeyOptions& options) {
  const auto credential = [&]() -> keys::Credential {
    if (!options.recovery_key.empty()) return keys::read_recovery_key(options.recovery_key);
    if (!options.key_file.empty()) return keys::read_key_file(options.key_file);
    if (!options.passphrase_fd && !options.ask_passphrase) {
      if (!config.key_file.empty()) return keys::read_key_file(config.key_file);
      if (!config.credential.empty() && std::getenv("CREDENTIALS_DIRECTORY") != nullptr)
        return keys::read_service_credential(config.credential);
    }
    return {keys::Credential::Kind::passphrase,
            read_passphrase(context, options.passphrase_fd, false,
                            "add --passphrase-fd N, --key-file FILE or --recovery-key FILE")};
  };
  try {
    return keys::Keystore::open(config.keystore, credential());
  } catch (const keys::KeyError& problem) {
    throw CommandError(ExitCode::sealed, problem.what(), other_ways);
  } catch (const keys::FileError& problem) {
    throw CommandError(ExitCode::sealed, problem.what(), other_ways);
  }
}

}  // namespace bakhita::cli
