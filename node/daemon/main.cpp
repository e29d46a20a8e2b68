// SPDX-License-Identifier: EUPL-1.2
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "config/values.h"
#include "keys/error.h"
#include "keys/private_file.h"
#include "node/capture/writer.h"
#include "node/daemon/log.h"
#include "node/daemon/node.h"
#include "node/daemon/requests.h"
#include "node/service/instance_lock.h"
#include "node/service/server.h"

namespace {

using namespace bakhita;

enum ExitStatus { ok = 0, failed = 1, config_invalid = 3, locked = 7, conflict = 9 };

/// Secrets must not reach a core file, nor another process of the same user.
void protect_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

/// The keystore's key: a passphrase on a descriptor, the config's key file, or a credential of the
/// service manager.
keys::Credential credential_of(const config::Config& config, std::optional<int> passphrase_fd) {
  if (passphrase_fd)
    return {keys::Credential::Kind::passphrase, keys::read_passphrase(*passphrase_fd)};
  if (!config.key_file.empty()) return keys::read_key_file(config.key_file);
  if (!config.credential.empty()) return keys::read_service_credential(config.credential);
  throw keys::KeyError(
      "the keystore needs keystore.key_file or keystore.credential in the config, or "
      "--passphrase-fd: bakhitad never asks for a passphrase");
}

/// Blocks the signals for all threads to come; they are waited for, not handled.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file size is met as a full disk is: by an error
  return set;
}

/// Waits for a signal to stop. Meanwhile the service manager's watchdog is fed, each time after the
/// network thread has answered: when its loop hangs, nobody says that the node lives.
void wait_for_stop(const sigset_t& signals, daemon::Node& node) {
  std::uint64_t limit = 0;  // microseconds
  const bool watched = sd_watchdog_enabled(0, &limit) > 0;
  const std::uint64_t pause = watched ? limit / 3 : 3'600'000'000;
  const timespec wait{static_cast<time_t>(pause / 1'000'000),
                      static_cast<long>(pause % 1'000'000 * 1'000)};
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &wait);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (!watched || signal > 0) continue;
    node.wait_for_network();
    sd_notify(0, "WATCHDOG=1");
  }
}

struct CaptureOptions {
  std::string folder;  ///< empty: nothing is captured
  std::string limit = "1GiB";
};

/// Opens a capture, and says so where nobody can overlook it.
std::unique_ptr<capture::Writer> open_capture(const CaptureOptions& options) {
  if (options.folder.empty()) return nullptr;
  const auto limit = config::parse_size(options.limit);
  if (!limit) throw std::runtime_error("--capture-limit: not a size such as 64MiB or 2GiB");
  const auto warn = [](const std::string& why) {
    log::event(log::Level::error, "capture_stopped", {{"why", why}});
  };
  auto writer = std::make_unique<capture::Writer>(options.folder, *limit, warn);
  log::event(log::Level::warning, "capturing_all_frames",
             {{"file", writer->state().file.string()}, {"limit_bytes", *limit}});
  return writer;
}

int run(const std::filesystem::path& config_file, std::optional<int> passphrase_fd,
        desk::OlderKeystore older, const CaptureOptions& capture_options) {
  const config::Config config = config::load(config_file);
  log::start(config.log_level == "debug"     ? log::Level::debug
             : config.log_level == "warning" ? log::Level::warning
             : config.log_level == "error"   ? log::Level::error
                                             : log::Level::info,
             config.log_format == "json" ? log::Format::json : log::Format::text);
  const service::InstanceLock lock(config.data_folder.parent_path());
  const sigset_t signals = block_signals();
  daemon::Node node(config,
                    keys::Keystore::open(config.keystore, credential_of(config, passphrase_fd)),
                    older, open_capture(capture_options));
  node.start();
  service::Server server(config.admin_socket, [&node](const admin::v1::Request& request,
                                                      service::Connection& connection) {
    daemon::handle_request(node, request, connection);
  });
  log::event(log::Level::info, "started",
             {{"country", config.country}, {"node", to_hex(node.self().bytes).substr(0, 16)}});
  sd_notify(0, "READY=1");
  wait_for_stop(signals, node);
  sd_notify(0, "STOPPING=1");
  log::event(log::Level::info, "stopping");
  server.stop();
  node.stop();
  return node.failed() ? failed : ok;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The Bakhita node: keeps reports, and finds what they share with other countries'",
               "bakhitad");
  std::string config_file = "/etc/bakhita/bakhita.yaml";
  app.add_option("--config", config_file, "configuration file")->type_name("FILE");
  std::optional<int> passphrase_fd;
  app.add_option("--passphrase-fd", passphrase_fd,
                 "open the keystore by a passphrase read from this file descriptor");
  bool accept_older = false;
  app.add_flag("--accept-older-keystore", accept_older,
               "go on with an old copy of the keystore, for good; the newest one is lost");
  CaptureOptions capture;
  app.add_option("--capture", capture.folder,
                 "write every frame to and from peers to a new file in this folder, for an auditor")
      ->type_name("DIR");
  app.add_option("--capture-limit", capture.limit,
                 "of all captures in the folder, after which no more is written (default 1GiB)")
      ->type_name("SIZE");
  CLI11_PARSE(app, argc, argv);
  protect_memory();
  try {
    return run(config_file, passphrase_fd,
               accept_older ? desk::OlderKeystore::accepted : desk::OlderKeystore::refused,
               capture);
  } catch (const config::ConfigError& problem) {
    std::cerr << problem.what() << "\n";
    return config_invalid;
  } catch (const service::InstanceRunning& problem) {
    std::cerr << "error: " << problem.what() << "\n";
    return conflict;
  } catch (const keys::KeyError& problem) {
    std::cerr << "error: " << problem.what() << "\n";
    return locked;
  } catch (const keys::FileError& problem) {
    std::cerr << "error: " << problem.what() << "\n";
    return locked;
  } catch (const std::exception& problem) {
    std::cerr << "error: " << problem.what() << "\n";
    return failed;
  }
}
