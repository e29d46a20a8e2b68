// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/armor.h"
#include "node/cli/charter_rules.h"
#include "node/cli/charter_text.h"
#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

using admin::v1::CharterView;
using admin::v1::CommunityView;

constexpr std::string_view tlp_default = "AMBER";

using Texts = std::shared_ptr<std::vector<std::string>>;

Texts add_texts(CLI::App& command, const std::string& name, const std::string& type,
                const std::string& help) {
  auto out = std::make_shared<std::vector<std::string>>();
  command.add_option(name, *out, help + "; once for each")
      ->type_name(type)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return out;
}

/// What a command line says of the rules: a file, or the flags of `create`.
struct RuleFlags {
  std::string file, basis, tlp;
  std::uint32_t retention_days = 0;
  Texts purposes;
};

admin::v1::CharterRules rules_from(const Context& context, const RuleFlags& flags) {
  if (!flags.file.empty()) {
    if (!flags.purposes->empty() || !flags.tlp.empty() || flags.retention_days != 0)
      throw CommandError(ExitCode::usage,
                         "--rules says what --purpose, --tlp and --retention-days "
                         "say: give one or the other");
    return read_charter_rules(read_file_or_stdin(context, flags.file), flags.file);
  }
  admin::v1::CharterRules out;
  if (flags.purposes->empty())
    throw CommandError(ExitCode::usage, "no purpose is given",
                       "use --purpose CODE or --rules FILE");
  for (const std::string& purpose : *flags.purposes) out.add_purposes(purpose);
  out.set_highest_tlp(tlp_number(flags.tlp.empty() ? tlp_default : flags.tlp));
  out.set_retention_days(flags.retention_days);
  return out;
}

void add_basis_among_all(admin::v1::CharterRules& rules, const std::string& basis) {
  if (basis.empty()) return;
  auto* rule = rules.add_bases();
  rule->add_from("all");
  rule->add_to("all");
  rule->set_basis(basis);
}

/// The charter goes to stdout, to be carried to the members; who made what goes to stderr.
void create(const Context& context, const Request& request) {
  const CommunityView made = call(context, request).community();
  if (context.json) return print_json(context, made);
  context.out << armor(charter_label, made.signed_charter());
  if (made.bases().empty())
    say(context, "No legal basis is named: nothing is exchanged until a charter has some.");
  say(context, "Give this text to each member: bakhita community join FILE");
}

void add_create(CLI::App& community, Context& context) {
  auto request = std::make_shared<Request>();
  auto flags = std::make_shared<RuleFlags>();
  admin::v1::CommunityCreate* body = request->mutable_community_create();
  CLI::App* command = community.add_subcommand("create", "found a community of trusted peers");
  command->add_option("--name", *body->mutable_name(), "its name")->required();
  const Texts members = add_texts(*command, "--member", "COUNTRY", "country of a trusted peer");
  flags->purposes = add_texts(*command, "--purpose", "CODE", "purpose code that lookups may name");
  command
      ->add_option(
          "--tlp", flags->tlp,
          "highest TLP that may flow: CLEAR, GREEN, AMBER, AMBER+STRICT, RED (default AMBER)")
      ->check(CLI::IsMember({"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}));
  command->add_option("--retention-days", flags->retention_days,
                      "longest life of an indicator (default: the node's)");
  command->add_option("--basis", flags->basis,
                      "legal basis on which all members exchange with each other");
  command->add_option("--rules", flags->file, "all rules in a YAML file, or - for stdin");
  command->callback([&context, request, flags, members, body] {
    for (const std::string& member : *members) body->add_members(member);
    *body->mutable_rules() = rules_from(context, *flags);
    add_basis_among_all(*body->mutable_rules(), flags->basis);
    body->set_operator_(context.operator_name);
    create(context, *request);
  });
}

void add_join(CLI::App& community, Context& context) {
  auto file = std::make_shared<std::string>();
  CLI::App* command =
      community.add_subcommand("join", "enter a community with a charter that is in force");
  command->add_option("FILE", *file, "the charter, or - for stdin")->required();
  command->callback([&context, file] {
    Request request;
    request.mutable_community_join()->set_signed_charter(
        remove_armor(charter_label, read_file_or_stdin(context, *file), *file));
    request.mutable_community_join()->set_operator_(context.operator_name);
    const CommunityView entered = call(context, request).community();
    if (context.json) return print_json(context, entered);
    print_community(context, entered);
  });
}

/// Shows what would change, asks, then does it.
CharterView after_confirming(const Context& context, Request& request, auto* body,
                             const std::string& what_happens) {
  body->set_operator_(context.operator_name);
  body->set_dry_run(true);
  const CharterView shown = call(context, request).charter();
  if (!context.json && !context.quiet) print_charter(context, shown);
  confirm(context, what_happens, shown.community());
  body->set_dry_run(false);
  return call(context, request).charter();
}

void say_outcome(const Context& context, const CharterView& charter) {
  if (context.json) return print_json(context, charter);
  if (charter.state() == "in force")
    context.out << "in force, epoch " << charter.epoch() << ", " << charter.hash().substr(0, 16)
                << '\n';
  else
    context.out << "proposed, " << charter.hash().substr(0, 16) << ": "
                << printable(charter.waits_for()) << '\n';
}

void add_propose(CLI::App& community, Context& context) {
  auto request = std::make_shared<Request>();
  auto file = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  admin::v1::CommunityPropose* body = request->mutable_community_propose();
  CLI::App* command =
      community.add_subcommand("propose", "write the next charter, for the members to sign");
  command->add_option("NAME", *body->mutable_community(), "name or id")->required();
  const Texts added = add_texts(*command, "--add", "COUNTRY", "trusted peer that becomes a member");
  const Texts removed = add_texts(*command, "--remove", "COUNTRY", "member that goes");
  command->add_option("--steward", *body->mutable_steward(), "member that becomes the steward");
  command->add_option("--rename", *body->mutable_name(), "another name");
  command->add_option("--basis", *body->mutable_basis(),
                      "legal basis on which those of --add exchange with all others, in both "
                      "directions; without --add, all members with each other");
  command->add_option("--rules", *file, "rules in place of those in force, a YAML file");
  command->add_flag_callback(
      "--renew-keys", [body] { body->set_renew_keys(true); }, "new secret and OPRF keys");
  command->add_flag_callback(
      "--instead", [body] { body->set_instead(true); },
      "of another proposal of this epoch that this node signed and all members give up");
  command->add_flag("--dry-run", *dry_run, "show what would change");
  command->callback([&context, request, body, file, dry_run, added, removed] {
    for (const std::string& country : *added) body->add_add(country);
    for (const std::string& country : *removed) body->add_remove(country);
    if (!file->empty())
      *body->mutable_rules() = read_charter_rules(read_file_or_stdin(context, *file), *file);
    if (*dry_run) {
      body->set_operator_(context.operator_name);
      body->set_dry_run(true);
      const CharterView shown = call(context, *request).charter();
      if (context.json) return print_json(context, shown);
      return print_charter(context, shown);
    }
    say_outcome(context, after_confirming(context, *request, body,
                                          "This node signs the proposal, and hands it to the "
                                          "members for their signatures."));
  });
}

void add_sign(CLI::App& community, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::CommunitySign* body = request->mutable_community_sign();
  CLI::App* command =
      community.add_subcommand("sign", "sign a proposal, or accept what a charter in force widens");
  command->add_option("NAME", *body->mutable_community(), "name or id")->required();
  command->add_option("--hash", *body->mutable_hash(), "first digits of the charter's hash")
      ->type_name("HEX");
  command->add_flag_callback(
      "--instead", [body] { body->set_instead(true); },
      "of another proposal of this epoch that this node signed and all members give up");
  command->callback([&context, request, body] {
    say_outcome(context, after_confirming(context, *request, body,
                                          "This node signs the charter, and exchanges under it "
                                          "once it is in force."));
  });
}

void add_show(CLI::App& community, Context& context) {
  auto name = std::make_shared<std::string>();
  auto charter = std::make_shared<bool>(false);
  CLI::App* command = community.add_subcommand("show", "show one community, or all");
  command->add_option("NAME", *name, "name or id");
  command->add_flag("--charter", *charter, "its charter, to be carried to a member")->needs("NAME");
  command->callback([&context, name, charter] {
    Request request;
    request.mutable_community_show()->set_name(*name);
    const admin::v1::Communities all = call(context, request).communities();
    if (context.json) return print_json(context, all);
    if (*charter) {
      context.out << armor(charter_label, all.communities(0).signed_charter());
      return;
    }
    if (all.communities().empty()) return say(context, "in no community yet");
    for (const CommunityView& view : all.communities()) print_community(context, view);
  });
}

void print_charters(const Context& context, const Request& request, const std::string& nothing) {
  const admin::v1::CharterViews all = call(context, request).charters();
  if (context.json) return print_json(context, all);
  if (all.charters().empty()) return say(context, nothing);
  for (const CharterView& view : all.charters()) print_charter(context, view);
}

void add_lists(CLI::App& community, Context& context) {
  auto name = std::make_shared<std::string>();
  CLI::App* history =
      community.add_subcommand("history", "charters that were in force, and what each changed");
  history->add_option("NAME", *name, "name or id")->required();
  history->callback([&context, name] {
    Request request;
    request.mutable_community_history()->set_name(*name);
    print_charters(context, request, "no charter is known");
  });
  CLI::App* proposals = community.add_subcommand("proposals", "charters that wait for signatures");
  proposals->add_option("NAME", *name, "name or id");
  proposals->callback([&context, name] {
    Request request;
    request.mutable_community_proposals()->set_name(*name);
    print_charters(context, request, "no proposal waits");
  });
}

void add_leave(CLI::App& community, Context& context) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = community.add_subcommand("leave", "take no part in a community any more");
  command->add_option("NAME", *name, "name or id")->required();
  command->callback([&context, name] {
    confirm(context,
            "This node stops all exchange in the community at once, and its members are told. It "
            "comes back only with a new charter.",
            *name);
    Request request;
    request.mutable_community_leave()->set_name(*name);
    request.mutable_community_leave()->set_operator_(context.operator_name);
    const CommunityView left = call(context, request).community();
    if (context.json) return print_json(context, left);
    print_community(context, left);
  });
}

void add_settle(CLI::App& community, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::CommunitySettle* body = request->mutable_community_settle();
  CLI::App* command = community.add_subcommand(
      "settle", "after a fork, go on under the charter that the members agreed to keep");
  command->add_option("NAME", *body->mutable_name(), "name or id")->required();
  command
      ->add_option("--keep", *body->mutable_hash(),
                   "hash of the charter, or its first 8 digits or more")
      ->type_name("HEX")
      ->required();
  command->callback([&context, request, body] {
    body->set_operator_(context.operator_name);
    confirm(context,
            "Call the other members first: all must keep the same charter. The other one stays as "
            "evidence.",
            body->name());
    const CommunityView settled = call(context, *request).community();
    if (context.json) return print_json(context, settled);
    print_community(context, settled);
  });
}

}  // namespace

void add_community_commands(CLI::App& app, Context& context) {
  CLI::App* community =
      app.add_subcommand("community", "who exchanges with whom, under which rules");
  community->require_subcommand(1);
  add_create(*community, context);
  add_join(*community, context);
  add_propose(*community, context);
  add_sign(*community, context);
  add_show(*community, context);
  add_lists(*community, context);
  add_leave(*community, context);
  add_settle(*community, context);
}

}  // namespace bakhita::cli
