// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <utility>

#include "protocol/nearest_name.h"

/// The grammar that all commands share: global options, streams, exit codes, errors.
namespace bakhita::cli {

/// Exit codes, also `Failure.code` of the admin socket. `status` alone uses 20 to 22.
enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  config_invalid = 3,
  not_found = 4,
  refused = 5,
  not_authorised = 6,
  sealed = 7,
  peer_unreachable = 8,
  conflict = 9,
  verification_failed = 10,
  degraded = 20,
  unhealthy = 21,
  not_running = 22,
  try_again = 75,
};

/// What a command throws to end with a code other than 0; `main` prints it. The message and help
/// are sentences for people and hold no secret and no identifier.
class CommandError : public std::runtime_error {
 public:
  CommandError(ExitCode code, const std::string& message, std::string help = {})
      : std::runtime_error(message), code_(code), help_(std::move(help)) {}
  ExitCode code() const { return code_; }
  const std::string& help() const { return help_; }

 private:
  ExitCode code_;
  std::string help_;
};

inline constexpr const char* config_file_default = "/etc/bakhita/bakhita.yaml";
inline constexpr const char* socket_default = "/run/bakhita/admin.sock";

/// Global options and the streams. `out` carries results, `err` messages and progress.
/// Lives longer than every command.
struct Context {
  bool json = false;
  std::filesystem::path config = config_file_default;
  bool config_given = false;       ///< --config was on the command line
  std::filesystem::path socket{};  ///< --socket; empty: ask socket_path()
  bool quiet = false;
  int verbosity = 0;
  bool yes = false;
  bool color = false;
  std::chrono::seconds timeout{60};  ///< of one answer over the socket
  std::string operator_name{};
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  ExitCode exit_code = ExitCode::ok;  ///< what a command that succeeded still wants to tell
};

/// A message on `err`, unless --quiet.
void say(const Context& context, const std::string& message);

/// Asks on `err` and reads a line from a terminal. Throws a usage error that names `instead` (a
/// flag) when stdin is no terminal, so that scripts never hang.
std::string ask(const Context& context, const std::string& question, const std::string& instead);

/// True after --yes or after `word` was typed; the same rule for scripts as ask().
void confirm(const Context& context, const std::string& what_happens, const std::string& word);

/// One argument that may be `-`: then the first line of stdin, without its line end.
std::string argument_or_stdin(const Context& context, const std::string& argument);

/// Runs the program: builds the command tree, parses, prints errors. Returns the process exit code.
int run(int argc, const char* const* argv);

}  // namespace bakhita::cli
