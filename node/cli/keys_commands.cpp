// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <chrono>
#include <ostream>

#include "bakhita/admin/v1/offline.pb.h"
#include "keys/error.h"
#include "keys/private_file.h"
#include "keys/rotation.h"
#include "node/cli/commands.h"
#include "node/cli/key_access.h"
#include "node/cli/reply.h"
#include "node/service/instance_lock.h"
#include "protocol/community/card.h"
#include "protocol/unix_time.h"

namespace bakhita::cli {
namespace {

struct KeysOptions {
  KeyOptions access;
  std::optional<int> new_passphrase_fd;
  std::filesystem::path file;
  std::string key;
  std::size_t slot = 0;
};

using Kind = keys::Credential::Kind;

std::uint64_t unix_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

admin::v1::KeysView view_of(const keys::Keystore& keystore) {
  admin::v1::KeysView out;
  out.set_identity(to_hex(keys::ed25519_public(keystore.get(keys::name::identity))));
  out.set_log_key(to_hex(keys::ed25519_public(keystore.get(keys::name::log))));
  out.set_tls_pin(to_hex(tls_pin(keys::ed25519_public(keystore.get(keys::name::tls)))));
  out.set_encryption_key(to_hex(keys::x25519_public(keystore.get(keys::name::encryption))));
  out.set_intake_key(to_hex(keys::x25519_public(keystore.get(keys::name::intake))));
  out.set_generation(keystore.generation());
  out.set_secrets(static_cast<std::uint32_t>(keystore.names().size()));
  for (const keys::SlotView& slot : keystore.slots()) {
    auto* row = out.add_slots();
    row->set_number(static_cast<std::uint32_t>(slot.number));
    row->set_kind(std::string(keys::name_of(slot.kind)));
    row->set_in_use(slot.in_use);
  }
  for (const keys::FormerLogKey& former : keys::former_log_keys(keystore)) {
    auto* row = out.add_former_log_keys();
    row->set_key(to_hex(former.key));
    row->set_until(time_text(former.until));
  }
  return out;
}

void show(Context& context, const KeysOptions& options) {
  const admin::v1::KeysView view =
      view_of(open_keystore(context, load_config(context), options.access));
  if (context.json) return print_json(context, view);
  context.out << "identity        " << view.identity() << "\nlog key         " << view.log_key()
              << "\nTLS pin         " << view.tls_pin() << "\nencryption key  "
              << view.encryption_key() << "\nintake key      " << view.intake_key()
              << "\ngeneration      " << view.generation() << '\n';
  for (const auto& former : view.former_log_keys())
    context.out << "former log key  " << former.key() << "  until " << former.until() << '\n';
  for (const auto& slot : view.slots())
    context.out << "slot " << slot.number() << "          " << slot.kind()
                << (slot.in_use() ? "  (opened it now)" : "") << '\n';
}

void verify(Context& context, const KeysOptions& options) {
  const keys::Keystore keystore = open_keystore(context, load_config(context), options.access);
  print_done(context, "the keystore opens; " + std::to_string(keystore.names().size()) +
                          " secrets, generation " + std::to_string(keystore.generation()));
}

/// Runs a change of the keystore while no daemon works with it.
template <class Change>
void change_keystore(Context& context, const KeysOptions& options, Change change) {
  const config::Config config = load_config(context);
  try {
    const service::InstanceLock lock(config.data_folder.parent_path());
    keys::Keystore keystore = open_keystore(context, config, options.access);
    change(keystore, config);
  } catch (const service::InstanceRunning& problem) {
    throw CommandError(ExitCode::conflict, problem.what());
  } catch (const keys::KeyError& problem) {
    throw CommandError(ExitCode::failed, problem.what());
  } catch (const keys::FileError& problem) {
    throw CommandError(ExitCode::failed, problem.what());
  }
}

bool has_slot(const keys::Keystore& keystore, Kind kind) {
  for (const keys::SlotView& slot : keystore.slots())
    if (slot.kind == kind) return true;
  return false;
}

/// What became of copies of the keystore that were made before.
std::string about_copies(bool renewed) {
  return renewed ? "copies of the keystore made before still open as they did"
                 : "who has the old way in and a copy of the keystore made before can read this "
                   "one too, because another way in keeps its inner key in use: remove that slot, "
                   "or change it too";
}

keys::Credential new_passphrase(const Context& context, const KeysOptions& options) {
  if (!options.new_passphrase_fd) say(context, "the new passphrase");
  return {Kind::passphrase,
          read_passphrase(context, options.new_passphrase_fd, true, "add --new-passphrase-fd N")};
}

void change_passphrase(Context& context, const KeysOptions& options) {
  change_keystore(context, options, [&](keys::Keystore& keystore, const config::Config&) {
    if (!has_slot(keystore, Kind::passphrase))
      throw CommandError(ExitCode::refused, "no passphrase opens this keystore",
                         "`bakhita keys add-passphrase` adds one");
    const bool renewed = keystore.replace_slot(new_passphrase(context, options));
    print_done(context, "changed the passphrase; " + about_copies(renewed));
  });
}

void add_passphrase(Context& context, const KeysOptions& options) {
  change_keystore(context, options, [&](keys::Keystore& keystore, const config::Config&) {
    keystore.add_slot(new_passphrase(context, options));
    print_done(context, "added a passphrase; see `bakhita keys show`");
  });
}

/// What the daemon will read, if it is not this file.
std::string about_config(const Context& context, const config::Config& config,
                         const std::filesystem::path& file) {
  const auto path = std::filesystem::absolute(file);
  if (config.key_file == path) return "";
  return "; for bakhitad set keystore.key_file to " + path.string() + " in " +
         context.config.string();
}

void change_key_file(Context& context, const KeysOptions& options) {
  change_keystore(context, options, [&](keys::Keystore& keystore, const config::Config& config) {
    if (!has_slot(keystore, Kind::key_file))
      throw CommandError(ExitCode::refused, "no key file opens this keystore",
                         "`bakhita keys add-key-file` adds one");
    const bool renewed = keystore.replace_slot(make_key_file(options.file));
    print_done(context, "changed the key file; " + about_copies(renewed) +
                            about_config(context, config, options.file));
  });
}

void add_key_file(Context& context, const KeysOptions& options) {
  change_keystore(context, options, [&](keys::Keystore& keystore, const config::Config& config) {
    keystore.add_slot(make_key_file(options.file));
    print_done(context, "added a key file; see `bakhita keys show`" +
                            about_config(context, config, options.file));
  });
}

void remove_slot(Context& context, const KeysOptions& options) {
  change_keystore(context, options, [&](keys::Keystore& keystore, const config::Config&) {
    for (const keys::SlotView& slot : keystore.slots())
      if (slot.number == options.slot)
        confirm(context,
                "Slot " + std::to_string(slot.number) + " (" +
                    std::string(keys::name_of(slot.kind)) + ") will open the keystore no more.",
                std::to_string(slot.number));
    const bool renewed = keystore.remove_slot(options.slot);
    print_done(context,
               "removed slot " + std::to_string(options.slot) + "; " + about_copies(renewed));
  });
}

void export_recovery(Context& context, const KeysOptions& options) {
  change_keystore(context, options, [&](keys::Keystore& keystore, const config::Config&) {
    if (keys::private_file_exists(options.file))
      throw CommandError(ExitCode::conflict,
                         options.file.string() + ": is there already; nothing was changed",
                         "name a new file");
    keys::SecretBytes secret = keys::SecretBytes::random(32);
    keys::create_private_file(options.file, secret.view());
    try {
      keystore.replace_slot({Kind::recovery, std::move(secret)});
    } catch (const keys::KeyWriteError&) {
      throw;  // the keystore may have it
    } catch (const keys::KeyError&) {
      std::error_code ignored;
      std::filesystem::remove(options.file, ignored);
      throw;
    }
  });
  print_done(context, "wrote the recovery key to " + options.file.string() +
                          "; keep it off line. A recovery key made before opens nothing any more");
}

void rotate(Context& context, const KeysOptions& options) {
  if (options.key == keys::name::identity)
    throw CommandError(
        ExitCode::refused, "the identity key is the node: a new one is a new node",
        "make a new node with `bakhita init`, pair it with every peer by the full ceremony (card, "
        "60 digits), let each remove the old node, import the reports, and publish them anew");
  change_keystore(context, options, [&](keys::Keystore& keystore, const config::Config&) {
    keys::rotate(keystore, options.key, unix_now());
  });
  print_done(context, "rotated the " + options.key + " key; " +
                          (options.key == keys::name::intake
                               ? "reports sealed to the former one still open"
                               : "start the node, and hand its new card (bakhita card export) to "
                                 "every peer: until they took it, they refuse this node"));
}

}  // namespace

void add_keys_commands(CLI::App& app, Context& context) {
  CLI::App* keys = app.add_subcommand("keys", "the node's keystore (off line)");
  keys->require_subcommand(1);
  auto options = std::make_shared<KeysOptions>();
  const auto add = [&](const char* name, const char* help,
                       void (*run)(Context&, const KeysOptions&)) {
    CLI::App* command = keys->add_subcommand(name, help);
    add_key_options(*command, options->access);
    command->callback([&context, options, run] { run(context, *options); });
    return command;
  };
  const auto with_new_passphrase = [&](CLI::App* command) {
    command->add_option("--new-passphrase-fd", options->new_passphrase_fd,
                        "read the new passphrase from this file descriptor");
  };
  const auto with_file = [&](CLI::App* command, const char* help) {
    command->add_option("FILE", options->file, help)->required();
  };
  add("show", "public halves, generation and ways to open; no secret", show);
  add("verify", "open the keystore and check it whole", verify);
  with_new_passphrase(
      add("change-passphrase", "replace the passphrase by another", change_passphrase));
  with_new_passphrase(
      add("add-passphrase", "let a passphrase open the keystore besides", add_passphrase));
  with_file(add("change-key-file", "replace the key file by another", change_key_file),
            "key file; made when it is missing");
  with_file(add("add-key-file", "let a key file open the keystore besides", add_key_file),
            "key file; made when it is missing");
  add("remove-slot", "take a way in away; another one must open the keystore now", remove_slot)
      ->add_option("NUMBER", options->slot, "of the slot, as `keys show` lists it")
      ->required();
  with_file(add("export-recovery", "make an offline key that opens the keystore", export_recovery),
            "new file");
  add("rotate", "replace a key", rotate)
      ->add_option("KEY", options->key, "tls, log, encryption or intake")
      ->required()
      ->check(CLI::IsMember({"tls", "log", "encryption", "intake", "identity"}));
}

}  // namespace bakhita::cli
