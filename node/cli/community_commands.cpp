// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/armor.h"
#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

using admin::v1::CommunityView;

/// As in LockSummary.tlp.
const std::vector<std::string> tlp_names{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"};

std::string tlp_name(std::uint32_t value) {
  return value >= 1 && value <= tlp_names.size() ? "TLP:" + tlp_names[value - 1] : "";
}

void print_community(const Context& context, const CommunityView& community) {
  context.out << printable(community.name()) << "  epoch " << community.epoch() << "  id "
              << printable(community.id()) << "\npurposes "
              << printable(joined(community.purposes())) << ", at most "
              << tlp_name(community.highest_tlp()) << ", kept " << community.retention_days()
              << " days\n";
  Table table({"MEMBER", "NODE", "ACCEPTED", ""});
  for (const auto& member : community.members())
    table.add({member.country(), member.node().substr(0, 16), member.accepted() ? "yes" : "not yet",
               member.node() == community.steward() ? "steward" : ""});
  table.print(context.out, terminal_width());
}

/// The charter goes to stdout, to be carried to the members; who made what goes to stderr.
void create(const Context& context, const Request& request) {
  const CommunityView made = call(context, request).community();
  if (context.json) return print_json(context, made);
  context.out << armor(charter_label, made.signed_charter());
  say(context, "Give this text to each member: bakhita community join FILE");
}

void add_create(CLI::App& community, Context& context) {
  auto request = std::make_shared<Request>();
  auto members = std::make_shared<std::vector<std::string>>();
  auto purposes = std::make_shared<std::vector<std::string>>();
  auto tlp = std::make_shared<std::string>("AMBER");
  admin::v1::CommunityCreate* body = request->mutable_community_create();
  CLI::App* command = community.add_subcommand("create", "found a community of trusted peers");
  command->add_option("--name", *body->mutable_name(), "its name")->required();
  command->add_option("--member", *members, "country of a trusted peer; once for each")
      ->required()
      ->type_name("COUNTRY")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--purpose", *purposes, "purpose code that lookups may name; once for each")
      ->required()
      ->type_name("CODE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--tlp", *tlp, "highest TLP that may flow (default AMBER)")
      ->check(CLI::IsMember(tlp_names, CLI::ignore_case));
  command->add_option_function<std::uint32_t>(
      "--retention-days", [body](std::uint32_t days) { body->set_retention_days(days); },
      "longest life of an indicator (default: the node's)");
  command->callback([&context, request, members, purposes, tlp, body] {
    for (const std::string& member : *members) body->add_members(member);
    for (const std::string& purpose : *purposes) body->add_purposes(purpose);
    const auto found = std::find(tlp_names.begin(), tlp_names.end(), *tlp);
    body->set_highest_tlp(static_cast<std::uint32_t>(found - tlp_names.begin()) + 1);
    create(context, *request);
  });
}

void add_join(CLI::App& community, Context& context) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = community.add_subcommand("join", "accept a charter");
  command->add_option("FILE", *file, "the charter, or - for stdin")->required();
  command->callback([&context, file] {
    Request request;
    request.mutable_community_join()->set_signed_charter(
        remove_armor(charter_label, read_file_or_stdin(context, *file), *file));
    const CommunityView joined_community = call(context, request).community();
    if (context.json) return print_json(context, joined_community);
    print_community(context, joined_community);
  });
}

void add_show(CLI::App& community, Context& context) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = community.add_subcommand("show", "show one community, or all");
  command->add_option("NAME", *name, "name or id");
  command->callback([&context, name] {
    Request request;
    request.mutable_community_show()->set_name(*name);
    const Response response = call(context, request);
    admin::v1::Communities all = response.communities();
    if (response.has_community()) *all.add_communities() = response.community();
    if (context.json) return print_json(context, all);
    if (all.communities().empty()) return say(context, "in no community yet");
    for (const CommunityView& view : all.communities()) print_community(context, view);
  });
}

}  // namespace

void add_community_commands(CLI::App& app, Context& context) {
  CLI::App* community =
      app.add_subcommand("community", "who exchanges with whom, under which rules");
  community->require_subcommand(1);
  add_create(*community, context);
  add_join(*community, context);
  add_show(*community, context);
}

}  // namespace bakhita::cli
