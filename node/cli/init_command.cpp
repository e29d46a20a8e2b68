// SPDX-License-Identifier: EUPL-1.2
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <ostream>

#include "bakhita/admin/v1/offline.pb.h"
#include "keys/error.h"
#include "keys/private_file.h"
#include "node/card_file/card_file.h"
#include "node/cli/armor.h"
#include "node/cli/commands.h"
#include "node/cli/key_access.h"
#include "node/cli/reply.h"
#include "protocol/codes/countries.h"
#include "protocol/community/card.h"

namespace bakhita::cli {
namespace {

namespace fs = std::filesystem;

struct InitOptions {
  fs::path folder;
  std::string country;
  std::string authority;
  std::string desk;
  std::string listen = "127.0.0.1:7440";
  std::string advertise;
  fs::path key_file;
  std::optional<int> passphrase_fd;
  bool unlisted_country = false;
  fs::path restore;       ///< a copy of the lost node's keystore; empty: a new node
  fs::path recovery_key;  ///< opens the copy; the key file or passphrase is a new way in then
};

/// A text as a YAML double-quoted scalar.
std::string quoted(const std::string& text) { return json_string(text); }

std::string config_text(const InitOptions& options, const fs::path& folder) {
  std::string out;
  out +=
      "# The configuration of this node. `bakhita config check` checks it; every key is explained "
      "in\n";
  out += "# the reference of the configuration.\n\n";
  out += "country: " + options.country + "\n";
  out += "authority: " + quoted(options.authority) + "\n";
  out += "# Where peers ask about a match; shown to them.\n";
  out += "desk: " + quoted(options.desk.empty() ? options.country : options.desk) + "\n\n";
  out += "# Database; the head anchor stands beside it and never goes into a backup.\n";
  out += "data_folder: " + quoted((folder / "data").string()) + "\n";
  out += "admin_socket: " + quoted((folder / "admin.sock").string()) + "\n\n";
  out += "keystore:\n  file: " + quoted((folder / "keystore").string()) + "\n";
  if (!options.key_file.empty())
    out += "  key_file: " + quoted(fs::absolute(options.key_file).string()) + "\n";
  else
    out +=
        "  # bakhitad asks nobody: name a key file, or a credential of the service manager\n  "
        "#key_file: /etc/bakhita/key\n";
  out += "\nnetwork:\n  listen: [" + quoted(options.listen) + "]\n";
  out += "  # goes into the node card\n  advertise: [" +
         quoted(options.advertise.empty() ? options.listen : options.advertise) + "]\n";
  return out;
}

/// A folder that this command made goes again when the command fails before anything is in it.
class Folder {
 public:
  explicit Folder(fs::path path) : path_(std::move(path)) {
    made_ = ::mkdir(path_.c_str(), 0700) == 0;
    if (!made_ && errno != EEXIST)
      throw CommandError(ExitCode::failed,
                         path_.string() + ": cannot be made: " + std::strerror(errno));
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    if (made_) ::rmdir(path_.c_str());
  }

 private:
  fs::path path_;
  bool made_ = false;
};

void check_country(const InitOptions& options) {
  if (options.unlisted_country || is_country_code(options.country)) return;
  throw CommandError(
      ExitCode::usage, options.country + " is no country code of ISO 3166-1",
      "did you mean " + nearest_country(options.country) +
          "? An organisation's name, or an invented code, goes with --unlisted-country");
}

/// What opens the node's keystore from now on: a passphrase or key file, made new where `fresh`.
keys::Credential way_in(const Context& context, const InitOptions& options, bool fresh) {
  if (options.key_file.empty())
    return {keys::Credential::Kind::passphrase,
            read_passphrase(context, options.passphrase_fd, fresh,
                            "add --passphrase-fd N or --key-file FILE")};
  return fresh ? make_key_file(options.key_file) : keys::read_key_file(options.key_file);
}

/// The keystore of a node that was lost. A head anchor that nobody can read says that this node has
/// lived: it starts in recovery mode, and asks its peers what it signed. Where the recovery key
/// opens the copy, all other ways in were lost with the machine: one new one takes their place. The
/// keystore comes last, so that all of this can be done again after a crash.
keys::Keystore restored(const Context& context, const InitOptions& options, const fs::path& folder,
                        const std::string& config) {
  constexpr std::size_t size_max = 64 << 20;
  const fs::path file = folder / "keystore";
  const bool by_recovery_key = !options.recovery_key.empty();
  std::optional<keys::Credential> recovery;
  if (by_recovery_key) recovery = keys::read_recovery_key(options.recovery_key);
  const keys::Credential opens = way_in(context, options, by_recovery_key);
  keys::Keystore::open(options.restore, recovery ? *recovery : opens);
  keys::replace_private_file(folder / "data.anchor",
                             as_bytes("lost, with the database: the peers say what was signed\n"));
  keys::replace_private_file(folder / "bakhita.yaml", as_bytes(config));
  try {
    if (recovery) return keys::Keystore::restore(options.restore, *recovery, file, opens);
    keys::create_private_file(file, keys::read_private_file(options.restore, size_max));
    return keys::Keystore::open(file, opens);
  } catch (const std::runtime_error&) {  // other options may do it: nothing is in their way
    std::error_code ignored;
    if (!fs::exists(file, ignored))
      for (const char* made : {"data.anchor", "bakhita.yaml"}) fs::remove(folder / made, ignored);
    throw;
  }
}

/// What stands in the way of a new node here. A restoration that was cut short does not.
void check_free(const Context& context, const InitOptions& options, const fs::path& folder,
                const std::string& config) {
  if (keys::private_file_exists(folder / "keystore"))
    throw CommandError(ExitCode::conflict,
                       folder.string() + ": there is a node here already; nothing was changed");
  if (fs::exists(folder / "data"))
    throw CommandError(ExitCode::conflict,
                       (folder / "data").string() +
                           ": there is a database without a keystore here; nothing was "
                           "changed",
                       "put the keystore back beside it, or name another folder");
  if (!fs::exists(folder / "bakhita.yaml")) return;
  const bool is_cut_short =
      !options.restore.empty() &&
      read_file_or_stdin(context, (folder / "bakhita.yaml").string()) == config;
  if (!is_cut_short)
    throw CommandError(
        ExitCode::conflict,
        (folder / "bakhita.yaml").string() +
            ": there is a configuration without a keystore here; nothing was changed",
        "put the keystore back beside it, or name another folder");
}

void init(Context& context, const InitOptions& options) {
  check_country(options);
  const fs::path folder = fs::absolute(options.folder);
  const std::string text = config_text(options, folder);
  config::Config config;
  try {
    config = config::parse(text, (folder / "bakhita.yaml").string(), folder);
  } catch (const config::ConfigError& problem) {
    throw CommandError(
        ExitCode::usage,
        std::string("these options make no valid configuration:\n") + problem.what());
  }
  const Folder made_folder(folder);
  try {
    check_free(context, options, folder, text);
    const keys::Keystore keystore =
        options.restore.empty()
            ? keys::Keystore::create(folder / "keystore", way_in(context, options, true))
            : restored(context, options, folder, text);
    keys::replace_private_file(folder / "bakhita.yaml", as_bytes(text));
    const card_file::OwnCard own =
        card_file::refresh(config, keystore, static_cast<std::uint64_t>(std::time(nullptr)));
    admin::v1::Initialised made;
    made.set_node(to_hex(node_of(own.card).bytes));
    made.set_config((folder / "bakhita.yaml").string());
    if (context.json)
      print_json(context, made);
    else
      context.out << made.node() << '\n';
  } catch (const keys::KeyError& problem) {
    throw CommandError(ExitCode::failed, problem.what());
  } catch (const keys::FileError& problem) {
    throw CommandError(ExitCode::failed, problem.what());
  }
  say(context, "made a node in " + folder.string() +
                   "\nnext: keys export-recovery, then start bakhitad --config " +
                   (folder / "bakhita.yaml").string());
}

}  // namespace

void add_init_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand("init", "make a node: its keys and its configuration");
  command->add_option("DIR", options->folder, "the node's folder")->required();
  command->add_option("--country", options->country, "its code of ISO 3166-1, such as FR")
      ->required();
  command->add_flag("--unlisted-country", options->unlisted_country,
                    "take another short name in capitals: an organisation's, or an invented one");
  command->add_option("--authority", options->authority, "the authority's name")->required();
  command->add_option("--desk", options->desk, "where peers ask; at most 24 bytes");
  command->add_option("--listen", options->listen, "host:port (default 127.0.0.1:7440)");
  command->add_option("--advertise", options->advertise,
                      "host:port that others reach (default: --listen)");
  command->add_option("--key-file", options->key_file,
                      "open the keystore by this file; made when it is missing, but for --restore "
                      "without --recovery-key");
  command->add_option("--passphrase-fd", options->passphrase_fd,
                      "read the passphrase from this file descriptor");
  CLI::Option* restore = command->add_option("--restore", options->restore,
                                             "a copy of the keystore of a node that was lost");
  command
      ->add_option(
          "--recovery-key", options->recovery_key,
          "open the copy by the file that `keys export-recovery` wrote; of all other ways in "
          "only the key file or passphrase that is given now opens it from then on")
      ->needs(restore);
  command->callback([&context, options] { init(context, *options); });
}

}  // namespace bakhita::cli
