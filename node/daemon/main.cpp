// SPDX-License-Identifier: EUPL-1.2
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "keys/error.h"
#include "keys/private_file.h"
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

/// The keystore's key: a file that the config names, or a credential of the service manager.
keys::Credential credential_of(const config::Config& config) {
  std::filesystem::path file = config.key_file;
  if (file.empty() && !config.credential.empty()) {
    const char* folder =
        std::getenv("CREDENTIALS_DIRECTORY");  // a path, set by the service manager
    if (folder == nullptr)
      throw keys::KeyError(
          "keystore.credential is set, but the service manager gives no credentials");
    file = std::filesystem::path(folder) / config.credential;
  }
  if (file.empty())
    throw keys::KeyError(
        "the keystore needs keystore.key_file or keystore.credential in the config: bakhitad never "
        "asks for a passphrase");
  constexpr std::size_t key_file_size_max = 64 * 1024;
  Bytes content = keys::read_private_file(file, key_file_size_max);
  keys::Credential out{keys::Credential::Kind::key_file, keys::SecretBytes::copy_of(content)};
  sodium_memzero(content.data(), content.size());
  return out;
}

/// Blocks the signals for all threads to come; they are waited for, not handled.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

int run(const std::filesystem::path& config_file) {
  const config::Config config = config::load(config_file);
  log::start(config.log_level == "debug"     ? log::Level::debug
             : config.log_level == "warning" ? log::Level::warning
             : config.log_level == "error"   ? log::Level::error
                                             : log::Level::info,
             config.log_format == "json" ? log::Format::json : log::Format::text);
  const service::InstanceLock lock(config.data_folder.parent_path());
  const sigset_t signals = block_signals();
  daemon::Node node(config, keys::Keystore::open(config.keystore, credential_of(config)));
  node.start();
  service::Server server(config.admin_socket, [&node](const admin::v1::Request& request,
                                                      service::Connection& connection) {
    daemon::handle_request(node, request, connection);
  });
  log::event(log::Level::info, "started",
             {{"country", config.country}, {"node", to_hex(node.self().bytes).substr(0, 16)}});
  sd_notify(0, "READY=1");
  int signal = 0;
  do sigwait(&signals, &signal);
  while (signal == SIGHUP);
  sd_notify(0, "STOPPING=1");
  log::event(log::Level::info, "stopping");
  server.stop();
  node.stop();
  return node.storage_failed() ? failed : ok;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The Bakhita node: keeps reports, and finds what they share with other countries'",
               "bakhitad");
  std::string config_file = "/etc/bakhita/bakhita.yaml";
  app.add_option("--config", config_file, "configuration file")->type_name("FILE");
  CLI11_PARSE(app, argc, argv);
  protect_memory();
  try {
    return run(config_file);
  } catch (const config::ConfigError& problem) {
    std::cerr << problem.what() << "\n";
    return config_invalid;
  } catch (const service::InstanceRunning& problem) {
    std::cerr << "error: " << problem.what() << "\n";
    return conflict;
  } catch (const keys::KeyError& problem) {
    std::cerr << "error: " << problem.what() << "\n";
    return locked;
  } catch (const std::exception& problem) {
    std::cerr << "error: " << problem.what() << "\n";
    return failed;
  }
}
