// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "node/cli/armor.h"
#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"
#include "node/cli/verification.h"

namespace bakhita::cli {
namespace {

using admin::v1::PeerName;
using admin::v1::PeerView;

void print_peer(const Context& context, const PeerView& peer) {
  if (context.json) return print_json(context, peer);
  context.out << printable(peer.country()) << "  " << printable(peer.authority()) << "\nnode   "
              << printable(peer.node()) << "\nstate  " << printable(peer.state())
              << "\ncard   valid until " << printable(peer.card_valid_until()) << '\n';
  if (peer.changed_size() > 0)
    context.out << "new    " << printable(joined(peer.changed())) << '\n';
}

void add_add(CLI::App& peer, Context& context) {
  auto file = std::make_shared<std::string>();
  CLI::App* command =
      peer.add_subcommand("add", "take a node card; nothing flows until it is verified");
  command->add_option("FILE", *file, "card file, or - for stdin")->required();
  command->callback([&context, file] {
    Request request;
    request.mutable_peer_add()->set_card(card_bytes(read_file_or_stdin(context, *file), *file));
    const PeerView added = call(context, request).peer();
    print_peer(context, added);
    if (!context.json && added.state() == "unverified")
      say(context, "next: bakhita peer verify " + printable(added.country()));
  });
}

/// By country, or by a prefix of the node's id that fits only one.
PeerView find_peer(const Context& context, const std::string& name) {
  Request request;
  request.mutable_peer_list();
  const admin::v1::Peers peers = call(context, request).peers();
  std::vector<PeerView> found;
  for (const PeerView& peer : peers.peers())
    if (peer.country() == name || (name.size() >= 8 && peer.node().starts_with(name)))
      found.push_back(peer);
  if (found.size() == 1) return found.front();
  if (found.size() > 1)
    throw CommandError(ExitCode::conflict, "several peers have this name",
                       "name the peer by its node id");
  std::vector<std::string> names;
  for (const PeerView& peer : peers.peers()) names.push_back(peer.country());
  const std::string near = nearest_name(name, names);
  throw CommandError(ExitCode::not_found, "no such peer",
                     near.empty() ? "see `bakhita peer list`" : "did you mean " + near + "?");
}

CommandError mismatch() {
  return {ExitCode::verification_failed, "the numbers differ: the peer was not verified",
          "one of the two cards may be forged: exchange them again over another way"};
}

/// What the operator gives as heard: all digits by a script, the last two groups by hand.
std::string heard_digits(const Context& context, const std::string& ours,
                         const std::string& expected) {
  if (!expected.empty()) {
    const std::string digits = digits_only(expected);
    if (digits.size() != verification_digits)
      throw CommandError(ExitCode::verification_failed,
                         "--expect needs all 60 digits: not verified");
    if (digits != ours) throw mismatch();
    return digits;
  }
  if (!context.in_is_terminal) return ask(context, "the last two groups", "--expect DIGITS");
  context.err << "Call the other authority on a number known from elsewhere. Both of you see:\n\n"
              << in_groups(ours) << "\n\nLet them read it, and compare every group.\n";
  const std::string typed =
      digits_only(ask(context, "Type the last two groups that you heard:", "--expect DIGITS"));
  if (typed.size() != typed_digits || !ours.ends_with(typed)) throw mismatch();
  return typed;
}

void verify(const Context& context, Request& request, const std::string& expected) {
  admin::v1::PeerVerify& body = *request.mutable_peer_verify();
  const PeerView peer = find_peer(context, body.name());
  const std::string ours = digits_only(peer.verification_number());
  if (ours.size() != verification_digits)
    throw CommandError(ExitCode::failed, "the daemon gave no verification number");
  body.set_digits(heard_digits(context, ours, expected));
  body.set_operator_(context.operator_name);
  const PeerView verified = call(context, request).peer();
  print_peer(context, verified);
  if (!context.json && verified.state() == "awaiting second officer")
    say(context, "next: another officer runs bakhita peer verify " + printable(verified.country()));
}

void add_verify(CLI::App& peer, Context& context) {
  auto request = std::make_shared<Request>();
  auto expected = std::make_shared<std::string>();
  admin::v1::PeerVerify* body = request->mutable_peer_verify();
  body->set_how("voice");
  CLI::App* command =
      peer.add_subcommand("verify", "compare the verification number and trust the peer");
  command->add_option("NAME", *body->mutable_name(), "country or node id")->required();
  command->add_option("--expect", *expected, "all 60 digits, for scripts")->type_name("DIGITS");
  command->add_option("--how", *body->mutable_how(), "voice, person, note")
      ->check(CLI::IsMember({"voice", "person", "note"}));
  command->callback([&context, request, expected] { verify(context, *request, *expected); });
}

void print_peers(const Context& context, const admin::v1::Peers& peers) {
  if (context.json) return print_json(context, peers);
  Table table({"COUNTRY", "AUTHORITY", "STATE", "CONNECTED", "LAST CONTACT", "CARD UNTIL", "NODE",
               "LAST ERROR"});
  for (const PeerView& peer : peers.peers())
    table.add({peer.country(), peer.authority(), peer.state(), peer.connected() ? "yes" : "no",
               peer.last_contact(), peer.card_valid_until().substr(0, 10),
               peer.node().substr(0, 16), peer.last_error()});
  if (table.empty()) return say(context, "no peers; `bakhita peer add CARD` takes a node card");
  table.print(context.out, terminal_width());
}

/// A verb that names a peer and answers with it.
void add_verb(CLI::App& peer, Context& context, const char* name, const char* help,
              const char* warning, PeerName* (Request::*body)()) {
  auto request = std::make_shared<Request>();
  PeerName* target = (request.get()->*body)();
  CLI::App* command = peer.add_subcommand(name, help);
  command->add_option("NAME", *target->mutable_name(), "country or node id")->required();
  command->callback([&context, request, target, warning] {
    if (*warning != '\0') confirm(context, warning, target->name());
    target->set_operator_(context.operator_name);
    const Response response = call(context, *request);
    if (response.has_peer()) return print_peer(context, response.peer());
    print_done(context, response.ok().message());
  });
}

void print_test(Context& context, const admin::v1::PeerTested& tested) {
  const bool ok = std::all_of(tested.steps().begin(), tested.steps().end(),
                              [](const auto& step) { return step.ok(); });
  if (!ok) context.exit_code = ExitCode::peer_unreachable;
  if (context.json) return print_json(context, tested);
  Table table({"STEP", "RESULT", "DETAIL"});
  for (const auto& step : tested.steps())
    table.add({step.step(), step.ok() ? "ok" : "FAILED", step.detail()});
  table.print(context.out, terminal_width());
}

void add_test(CLI::App& peer, Context& context) {
  auto request = std::make_shared<Request>();
  PeerName* target = request->mutable_peer_test();
  CLI::App* command =
      peer.add_subcommand("test", "name, port, TLS, identity, protocol: step by step");
  command->add_option("NAME", *target->mutable_name(), "country or node id")->required();
  command->callback([&context, request, target] {
    target->set_operator_(context.operator_name);
    print_test(context, call(context, *request).peer_tested());
  });
}

void add_release(CLI::App& peer, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::QuotaRelease* target = request->mutable_quota_release();
  CLI::App* command = peer.add_subcommand("release-onboarding", "grant the onboarding quota, once");
  command->add_option("NAME", *target->mutable_name(), "country or node id")->required();
  command->callback([&context, request, target] {
    confirm(context, "The peer may ask for many identifiers at once.", target->name());
    target->set_operator_(context.operator_name);
    const Response response = call(context, *request);
    print_done(context, response.ok().message());
  });
}

}  // namespace

void add_peer_commands(CLI::App& app, Context& context) {
  CLI::App* peer = app.add_subcommand("peer", "other authorities' nodes");
  peer->require_subcommand(1);
  add_add(*peer, context);
  add_verify(*peer, context);
  CLI::App* list = peer->add_subcommand("list", "all peers and their states");
  list->callback([&context] {
    Request request;
    request.mutable_peer_list();
    print_peers(context, call(context, request).peers());
  });
  add_verb(*peer, context, "suspend", "stop all exchange with a peer", "",
           &Request::mutable_peer_suspend);
  add_verb(*peer, context, "resume", "go on after a suspension", "", &Request::mutable_peer_resume);
  add_verb(*peer, context, "remove", "forget a peer; only a new ceremony brings it back",
           "The peer, and the trust in it, will be forgotten.", &Request::mutable_peer_remove);
  add_test(*peer, context);
  add_release(*peer, context);
}

}  // namespace bakhita::cli
