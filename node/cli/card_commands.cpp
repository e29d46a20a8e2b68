// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ctime>
#include <ostream>

#include "bakhita/admin/v1/offline.pb.h"
#include "keys/private_file.h"
#include "node/card_file/card_file.h"
#include "node/cli/armor.h"
#include "node/cli/commands.h"
#include "node/cli/key_access.h"
#include "node/cli/reply.h"
#include "node/cli/terminal_text.h"
#include "node/cli/verification.h"
#include "node/service/instance_lock.h"
#include "protocol/community/card.h"
#include "protocol/unix_time.h"

namespace bakhita::cli {
namespace {

std::uint64_t unix_now() { return static_cast<std::uint64_t>(std::time(nullptr)); }

/// Without the daemon: from keystore and configuration.
std::string own_card_off_line(const Context& context, const KeyOptions& access) {
  const config::Config config = load_config(context);
  try {
    const service::InstanceLock lock(config.data_folder.parent_path());
    const keys::Keystore keystore = open_keystore(context, config, access);
    return std::string(as_text(card_file::refresh(config, keystore, unix_now()).signed_card));
  } catch (const service::InstanceRunning& problem) {
    throw CommandError(ExitCode::conflict, problem.what());
  } catch (const keys::FileError& problem) {
    throw CommandError(ExitCode::failed, problem.what());
  }
}

std::string own_card(const Context& context, const KeyOptions& access) {
  Request request;
  request.mutable_card_export()->set_operator_(context.operator_name);
  try {
    return call(context, request).card().signed_card();
  } catch (const service::NotRunning&) {
    return own_card_off_line(context, access);
  }
}

/// The node that this configuration is of, if there is one.
std::optional<NodeId> this_node(const Context& context) {
  if (!std::filesystem::exists(context.config)) return std::nullopt;
  try {
    const auto own = card_file::read(load_config(context));
    if (own) return node_of(own->card);
  } catch (const keys::FileError&) {
    // another user's node: its operator sees the number
  }
  return std::nullopt;
}

admin::v1::CardView view_of(const v1::NodeCard& card, std::string_view signed_card) {
  admin::v1::CardView out;
  const auto hex = [](const std::string& bytes) { return to_hex(as_bytes(bytes)); };
  out.set_country(card.country());
  out.set_authority(card.authority());
  out.set_desk(card.desk());
  out.set_node(hex(card.identity_key()));
  *out.mutable_addresses() = card.addresses();
  out.set_log_key(hex(card.log_key()));
  out.set_tls_pin(hex(card.tls_pin()));
  out.set_encryption_key(hex(card.encryption_key()));
  out.set_serial(card.serial());
  out.set_valid_from(time_text(card.valid_from()));
  out.set_valid_until(time_text(card.valid_until()));
  out.set_state(card.valid_until() < unix_now() ? "expired" : "valid");
  out.set_fingerprint(to_hex(card_hash(as_bytes(signed_card)).value()));
  out.set_signed_card(std::string(signed_card));
  return out;
}

void print_card(const Context& context, const admin::v1::CardView& view) {
  if (context.json) return print_json(context, view);
  context.out << printable(view.country()) << "  " << printable(view.authority())
              << "\nnode            " << view.node() << "\ndesk            "
              << printable(view.desk()) << "\naddresses       ";
  for (int i = 0; i < view.addresses_size(); ++i)
    context.out << (i == 0 ? "" : ", ") << printable(view.addresses(i));
  context.out << "\nlog key         " << view.log_key() << "\nTLS pin         " << view.tls_pin()
              << "\nencryption key  " << view.encryption_key() << "\nserial          "
              << view.serial() << "\nvalid from      " << view.valid_from() << "\nvalid until     "
              << view.valid_until() << "  (" << view.state() << ")\nfingerprint     "
              << view.fingerprint() << '\n';
  if (!view.verification_number().empty())
    context.out << "\nverification number with this node:\n\n"
                << in_groups(digits_only(view.verification_number())) << '\n';
}

void show(const Context& context, const std::string& file) {
  const std::string bytes = card_bytes(read_file_or_stdin(context, file), file);
  const auto card = open_card(as_bytes(bytes), 0);  // ended ones are shown, too
  if (!card)
    throw CommandError(ExitCode::verification_failed,
                       file + ": the card is not valid: " + std::string(describe(card.error())));
  admin::v1::CardView view = view_of(*card, bytes);
  if (const auto self = this_node(context); self && *self != node_of(*card))
    view.set_verification_number(verification_number(*self, node_of(*card)));
  print_card(context, view);
}

void export_card(const Context& context, const KeyOptions& access) {
  const std::string bytes = own_card(context, access);
  if (!context.json) {
    context.out << armor(card_label, bytes);
    return;
  }
  const auto card = open_card(as_bytes(bytes), 0);
  if (!card) throw CommandError(ExitCode::failed, "the daemon gave no valid card");
  print_json(context, view_of(*card, bytes));
}

}  // namespace

void add_card_commands(CLI::App& app, Context& context) {
  CLI::App* card = app.add_subcommand("card", "node cards: who a node says that it is");
  card->require_subcommand(1);
  auto access = std::make_shared<KeyOptions>();
  CLI::App* to_file = card->add_subcommand(
      "export", "print this node's signed card; without the daemon, the keystore is opened");
  add_key_options(*to_file, *access);
  to_file->callback([&context, access] { export_card(context, *access); });

  auto file = std::make_shared<std::string>();
  CLI::App* look =
      card->add_subcommand("show", "what a card says, and whether its signature holds");
  look->add_option("FILE", *file, "card file, or - for stdin")->required();
  look->callback([&context, file] { show(context, *file); });
}

}  // namespace bakhita::cli
