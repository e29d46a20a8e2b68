// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "keys/error.h"
#include "keys/private_file.h"
#include "node/cli/armor.h"
#include "node/cli/commands.h"
#include "node/cli/key_access.h"
#include "node/cli/reply.h"
#include "node/service/instance_lock.h"
#include "protocol/community/card.h"

namespace bakhita::cli {
namespace {

struct KeysOptions {
  std::optional<int> passphrase_fd;
  std::optional<int> new_passphrase_fd;
  std::filesystem::path file;
  std::string key;
};

void show(Context& context, const KeysOptions& options) {
  const config::Config config = load_config(context);
  const keys::Keystore keystore = open_keystore(context, config, options.passphrase_fd);
  const std::string identity = to_hex(keys::ed25519_public(keystore.get(keys::name::identity)));
  const std::string log_key = to_hex(keys::ed25519_public(keystore.get(keys::name::log)));
  const std::string pin = to_hex(tls_pin(keys::ed25519_public(keystore.get(keys::name::tls))));
  const std::string encryption = to_hex(keys::x25519_public(keystore.get(keys::name::encryption)));
  std::string slots;
  for (const std::string& slot : keystore.slots()) slots += (slots.empty() ? "" : ", ") + slot;
  if (context.json) {
    context.out << "{\"v\":1,\"identity\":" << json_string(identity)
                << ",\"log_key\":" << json_string(log_key) << ",\"tls_pin\":" << json_string(pin)
                << ",\"encryption_key\":" << json_string(encryption)
                << ",\"generation\":" << keystore.generation()
                << ",\"slots\":" << json_string(slots) << "}\n";
    return;
  }
  context.out << "identity        " << identity << "\nlog key         " << log_key
              << "\nTLS pin         " << pin << "\nencryption key  " << encryption
              << "\ngeneration      " << keystore.generation() << "\nopened by       " << slots
              << '\n';
}

void verify(Context& context, const KeysOptions& options) {
  const keys::Keystore keystore =
      open_keystore(context, load_config(context), options.passphrase_fd);
  say(context, "the keystore opens; " + std::to_string(keystore.names().size()) +
                   " secrets, generation " + std::to_string(keystore.generation()));
}

/// Runs a change of the keystore while no daemon works with it.
template <class Change>
void change_keystore(Context& context, const KeysOptions& options, Change change) {
  const config::Config config = load_config(context);
  try {
    const service::InstanceLock lock(config.data_folder.parent_path());
    keys::Keystore keystore = open_keystore(context, config, options.passphrase_fd);
    change(keystore);
  } catch (const service::InstanceRunning& problem) {
    throw CommandError(ExitCode::conflict, problem.what());
  } catch (const keys::KeyError& problem) {
    throw CommandError(ExitCode::failed, problem.what());
  } catch (const keys::FileError& problem) {
    throw CommandError(ExitCode::failed, problem.what());
  }
}

void change_passphrase(Context& context, const KeysOptions& options) {
  change_keystore(context, options, [&](keys::Keystore& keystore) {
    say(context, "the new passphrase");
    keystore.replace_slot({keys::Credential::Kind::passphrase,
                           read_passphrase(context, options.new_passphrase_fd, true)});
  });
  say(context, "changed; an earlier passphrase opens nothing any more");
}

void export_recovery(Context& context, const KeysOptions& options) {
  change_keystore(context, options, [&](keys::Keystore& keystore) {
    keys::SecretBytes secret = keys::SecretBytes::random(32);
    keys::create_private_file(options.file, secret.view());
    keystore.replace_slot({keys::Credential::Kind::recovery, std::move(secret)});
  });
  say(context, "wrote the recovery key to " + options.file.string() +
                   "; keep it off line. A recovery key made before opens nothing any more");
}

void rotate(Context& context, const KeysOptions& options) {
  if (options.key != "tls")
    throw CommandError(
        ExitCode::refused, "this version rotates the tls key only",
        "identity, log and encryption key are named in charters, checkpoints and sealed "
        "secrets that others hold");
  change_keystore(context, options, [&](keys::Keystore& keystore) {
    std::map<std::string, std::optional<keys::SecretBytes>> changes;
    changes.emplace(options.key, keys::SecretBytes::random(32));
    keystore.change(std::move(changes));
  });
  say(context, "rotated " + options.key + "; hand the new card to your peers: bakhita card export");
}

}  // namespace

void add_keys_commands(CLI::App& app, Context& context) {
  CLI::App* keys = app.add_subcommand("keys", "the node's keystore (off line)");
  keys->require_subcommand(1);
  auto options = std::make_shared<KeysOptions>();
  const auto add = [&](const char* name, const char* help,
                       void (*run)(Context&, const KeysOptions&)) {
    CLI::App* command = keys->add_subcommand(name, help);
    command->add_option("--passphrase-fd", options->passphrase_fd,
                        "read the passphrase from this file descriptor");
    command->callback([&context, options, run] { run(context, *options); });
    return command;
  };
  add("show", "public halves, generation and ways to open; no secret", show);
  add("verify", "open the keystore and check it whole", verify);
  add("change-passphrase", "replace the passphrase", change_passphrase)
      ->add_option("--new-passphrase-fd", options->new_passphrase_fd,
                   "read the new passphrase from this file descriptor");
  add("export-recovery", "make an offline key that opens the keystore", export_recovery)
      ->add_option("FILE", options->file, "new file")
      ->required();
  add("rotate", "replace a key: tls", rotate)->add_option("KEY", options->key, "tls")->required();
}

void add_config_commands(CLI::App& app, Context& context) {
  CLI::App* config = app.add_subcommand("config", "the configuration (off line)");
  config->require_subcommand(1);
  auto file = std::make_shared<std::filesystem::path>();
  CLI::App* check = config->add_subcommand("check", "read it and name every mistake");
  check->add_option("FILE", *file, "default: the one of --config");
  check->callback([&context, file] {
    if (!file->empty()) context.config = *file;
    load_config(context);
    say(context, context.config.string() + ": sound");
  });
}

void add_card_commands(CLI::App& app, Context& context) {
  CLI::App* card = app.add_subcommand("card", "the node's card, for other operators");
  card->require_subcommand(1);
  CLI::App* command = card->add_subcommand("export", "print this node's signed card");
  command->callback([&context] {
    Request request;
    request.mutable_card_export();
    const Response response = call(context, request);
    if (context.json) return print_json(context, response.card());
    context.out << armor(card_label, response.card().signed_card());
  });
}

}  // namespace bakhita::cli
