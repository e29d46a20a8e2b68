// SPDX-License-Identifier: EUPL-1.2
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <ostream>
#include <vector>

#include "bakhita/admin/v1/offline.pb.h"
#include "keys/descriptor.h"
#include "node/cli/commands.h"
#include "node/cli/key_access.h"
#include "node/cli/reply.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

namespace fs = std::filesystem;
using admin::v1::Findings;

constexpr const char* ok = "ok";
constexpr const char* warn = "warn";
constexpr const char* fail = "fail";
constexpr const char* skip = "skip";

/// What a check is about; measured and result come from the check.
struct Check {
  const char* id;
  const char* why;
};

void add(Findings& out, const Check& check, const char* result, const std::string& measured,
         const std::string& mend = {}) {
  auto* row = out.add_findings();
  row->set_id(check.id);
  row->set_result(result);
  row->set_measured(measured);
  row->set_why(check.why);
  if (std::strcmp(result, ok) != 0) row->set_mend(mend);
}

/// A path in a command that a shell can be given.
std::string quoted(const fs::path& path) {
  std::string out = "'";
  for (char c : path.string()) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", mode & 07777u);
  return text;
}

void check_private(Findings& out, const Check& check, const fs::path& path, const char* right) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0)
    return add(out, check, fail, path.string() + ": " + std::strerror(errno),
               "bakhita init, or bring it back from its backup");
  if (S_ISLNK(info.st_mode))
    return add(out, check, fail, path.string() + " is a symbolic link",
               "name the file itself in the configuration");
  const bool is_private = (info.st_mode & 077) == 0;
  add(out, check, is_private ? ok : fail, path.string() + " has mode " + octal(info.st_mode),
      std::string("chmod ") + right + " " + quoted(path));
}

void check_config_file(Findings& out, const fs::path& file) {
  const Check check{"config.permissions", "who changes it decides where secrets and reports go"};
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0)
    return add(out, check, fail, file.string() + ": " + std::strerror(errno), "bakhita init DIR");
  add(out, check, (info.st_mode & 022) == 0 ? ok : fail,
      file.string() + " has mode " + octal(info.st_mode), "chmod go-w " + quoted(file));
}

void check_space(Findings& out, const fs::path& folder) {
  constexpr std::uint64_t least = 512ull << 20, comfortable = 2ull << 30;
  const Check check{"disk.space", "a full disk stops the node"};
  std::error_code unknown;
  const auto space = fs::space(folder, unknown);
  if (unknown) return add(out, check, fail, unknown.message(), "ls -ld " + quoted(folder));
  add(out, check,
      space.available < least         ? fail
      : space.available < comfortable ? warn
                                      : ok,
      byte_size(space.available) + " free", "df -h " + quoted(folder));
}

/// Middle of several small synced writes, in milliseconds; nothing when the folder takes none.
std::optional<double> sync_milliseconds(const fs::path& folder) {
  using Clock = std::chrono::steady_clock;
  constexpr int rounds = 9;
  std::string name = (folder / ".doctor-XXXXXX").string();
  const Descriptor fd(::mkstemp(name.data()));
  if (!fd) return std::nullopt;
  ::unlink(name.c_str());
  std::vector<double> times;
  const char block[4096] = {};
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    if (::write(fd.get(), block, sizeof block) != sizeof block || ::fsync(fd.get()) != 0) break;
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  if (times.size() != rounds) return std::nullopt;
  std::sort(times.begin(), times.end());
  return times[rounds / 2];
}

void check_sync(Findings& out, const fs::path& folder) {
  constexpr double slow = 20, unbearable = 200;
  const Check check{"disk.sync", "every acknowledged report waits for the disk"};
  const auto time = sync_milliseconds(folder);
  if (!time)
    return add(out, check, fail, folder.string() + " takes no file",
               "touch " + quoted(folder / "x"));
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms for 4 KiB", *time);
  add(out, check,
      *time > unbearable ? fail
      : *time > slow     ? warn
                         : ok,
      text, "move the data folder to a disk of its own");
}

void check_clock(Findings& out) {
  const Check check{"clock", "quotas, expiry and cards go by it; peers refuse a wrong one"};
  timex state{};
  const int result = ::ntp_adjtime(&state);
  if (result < 0) return add(out, check, skip, std::strerror(errno));
  add(out, check, (state.status & STA_UNSYNC) != 0 ? warn : ok,
      (state.status & STA_UNSYNC) != 0 ? "the kernel's clock is not synchronised"
                                       : "the kernel's clock is synchronised",
      "systemctl enable --now systemd-timesyncd");
}

void check_swap(Findings& out) {
  const Check check{"memory.swap", "what is swapped out is on disk in plain"};
  std::ifstream in("/proc/swaps");
  std::string line;
  std::getline(in, line);  // header
  const bool swaps = static_cast<bool>(std::getline(in, line));
  add(out, check, swaps ? warn : ok, swaps ? "swap is on" : "no swap",
      "encrypt it, or MemorySwapMax=0 as in bakhitad.service");
}

/// The pid that holds the node's folder.
std::optional<int> daemon_pid(const config::Config& config) {
  std::ifstream in(config.data_folder.parent_path() / "LOCK.bakhita");
  int pid = 0;
  if (!(in >> pid) || pid <= 0) return std::nullopt;
  std::ifstream name("/proc/" + std::to_string(pid) + "/comm");
  std::string program;
  if (!std::getline(name, program) || program != "bakhitad") return std::nullopt;
  return pid;
}

/// The soft limit of that name in /proc/PID/limits.
std::string limit_of(int pid, const std::string& name) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/limits");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t begin = line.find_first_not_of(' ', name.size());
    if (begin == std::string::npos) break;
    return line.substr(begin, line.find(' ', begin) - begin);
  }
  return "";
}

void check_process(Findings& out, const config::Config& config) {
  constexpr std::uint64_t memlock_least = 8ull << 20;
  const Check cores{"process.core-dumps", "a core file holds keys and reports"};
  const Check memlock{"process.memlock", "keys are locked in memory"};
  const auto pid = daemon_pid(config);
  if (!pid) {
    add(out, cores, skip, "bakhitad does not run here");
    return add(out, memlock, skip, "bakhitad does not run here");
  }
  const std::string core = limit_of(*pid, "Max core file size");
  add(out, cores, core == "0" ? ok : fail, "limit " + core, "LimitCORE=0 in bakhitad.service");
  const std::string locked = limit_of(*pid, "Max locked memory");
  const bool enough =
      locked == "unlimited" || std::strtoull(locked.c_str(), nullptr, 10) >= memlock_least;
  add(out, memlock, enough ? ok : warn, "limit " + locked + " bytes",
      "LimitMEMLOCK=64M in bakhitad.service");
}

void check_peer(Findings& out, const Context& context, const admin::v1::PeerView& peer) {
  const std::string id = "peer." + peer.country();
  const Check check{id.c_str(), "without a session nothing is exchanged with it"};
  if (peer.state() != "trusted")
    return add(out, check, peer.state() == "expired" ? fail : warn, peer.state(),
               peer.state() == "expired" ? "bakhita peer add CARD"
                                         : "bakhita peer verify " + peer.country());
  Request request;
  request.mutable_peer_test()->set_name(peer.node());
  request.mutable_peer_test()->set_operator_(context.operator_name);
  std::string passed;
  const Response response = call(context, request);
  for (const auto& step : response.peer_tested().steps()) {
    if (!step.ok())
      return add(out, check, fail, step.step() + ": " + step.detail(),
                 "bakhita peer test " + peer.country());
    passed += (passed.empty() ? "" : ", ") + step.step();
  }
  add(out, check, ok, passed);
}

void check_node(Findings& out, const Context& context) {
  const Check check{"node", "it must run to exchange anything"};
  Request request;
  request.mutable_status();
  try {
    const admin::v1::Status status = call(context, request).status_reply();
    add(out, check, status.state() == "serving" ? ok : fail,
        status.state() + (status.state_reason().empty() ? "" : ": " + status.state_reason()),
        status.state() == "recovery" ? "bakhita recover status" : "bakhita status");
    const Check warning{"node.warning", "the node says so itself"};
    for (const std::string& text : status.warnings())
      add(out, warning, warn, text, "bakhita status");
    for (const admin::v1::PeerView& peer : status.peers()) check_peer(out, context, peer);
  } catch (const service::NotRunning& problem) {
    add(out, check, fail, problem.what(), "systemctl start bakhitad");
  }
}

Findings examine(const Context& context) {
  Findings out;
  const config::Config config = load_config(context);
  add(out, {"config", "the node starts with no other"}, ok, context.config.string() + ": sound");
  check_config_file(out, context.config);
  check_private(out, {"keystore.permissions", "it holds every secret"}, config.keystore, "600");
  if (!config.key_file.empty())
    check_private(out, {"key-file.permissions", "it opens the keystore"}, config.key_file, "600");
  if (fs::exists(config.data_folder))
    check_private(out, {"data-folder.permissions", "reports are in it"}, config.data_folder, "700");
  const fs::path folder = config.data_folder.parent_path();
  check_space(out, folder);
  check_sync(out, folder);
  check_clock(out);
  check_swap(out);
  check_process(out, config);
  check_node(out, context);
  return out;
}

void doctor(Context& context) {
  const Findings findings = examine(context);
  for (const auto& row : findings.findings()) {
    if (row.result() == fail) context.exit_code = ExitCode::unhealthy;
    if (row.result() == warn && context.exit_code == ExitCode::ok)
      context.exit_code = ExitCode::degraded;
  }
  if (context.json) return print_json(context, findings);
  for (const auto& row : findings.findings()) {
    context.out << row.result() << "  " << printable(row.id()) << ": " << printable(row.measured())
                << '\n';
    if (row.result() == ok || row.mend().empty()) continue;
    context.out << "      " << printable(row.why()) << "\n      mend: " << printable(row.mend())
                << '\n';
  }
}

}  // namespace

void add_doctor_command(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "doctor", "what is wrong and the command that mends it (exit 0, 20 warnings, 21 failures)");
  command->callback([&context] { doctor(context); });
}

}  // namespace bakhita::cli
