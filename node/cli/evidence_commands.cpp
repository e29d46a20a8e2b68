// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <ostream>

#include "node/cli/armor.h"
#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"
#include "protocol/community/card.h"
#include "protocol/feed/merkle.h"
#include "protocol/feed/split_view.h"

namespace bakhita::cli {
namespace {

using admin::v1::EvidenceView;

struct EvidenceOptions {
  std::string feed;
  std::filesystem::path file;
  std::filesystem::path card;
};

admin::v1::Evidence ask(const Context& context) {
  Request request;
  request.mutable_evidence_list();
  return call(context, request).evidence();
}

void list(const Context& context) {
  const admin::v1::Evidence found = ask(context);
  if (context.json) return print_json(context, found);
  Table table({"ID", "ORIGIN", "COMMUNITY", "GENERATION", "SIGNED AT"});
  for (const EvidenceView& proof : found.proofs())
    table.add({proof.id().substr(0, 16), proof.country(), proof.feed().community().substr(0, 16),
               std::to_string(proof.feed().generation()),
               grouped(proof.smaller()) + " and " + grouped(proof.larger())});
  if (table.empty()) return say(context, "no origin was seen to sign two feeds");
  table.print(context.out, terminal_width());
}

/// By country, or the beginning of the origin's node id or of the proof's id.
bool is_named(const EvidenceView& proof, const std::string& name) {
  constexpr std::size_t prefix_min = 6;
  return proof.country() == name ||
         (name.size() >= prefix_min &&
          (proof.id().starts_with(name) || proof.feed().origin().starts_with(name)));
}

void export_one(const Context& context, const EvidenceOptions& options) {
  const admin::v1::Evidence found = ask(context);
  const auto proof =
      std::find_if(found.proofs().begin(), found.proofs().end(),
                   [&](const EvidenceView& each) { return is_named(each, options.feed); });
  if (proof == found.proofs().end())
    throw CommandError(ExitCode::not_found, "there is no evidence against " + options.feed,
                       "see `bakhita evidence list`");
  Request request;
  request.mutable_evidence_export()->set_id(proof->id());
  request.mutable_evidence_export()->set_operator_(context.operator_name);
  const admin::v1::Evidence handed_out = call(context, request).evidence();
  std::ofstream out(options.file);
  out << armor(evidence_label, handed_out.proofs(0).split_view());
  out.close();
  if (!out) throw CommandError(ExitCode::failed, options.file.string() + ": cannot be written");
  admin::v1::Done done;
  done.set_message("wrote the proof against " + proof->country() + " to " + options.file.string());
  if (context.json) return print_json(context, done);
  say(context, done.message());
}

void verify(Context& context, const EvidenceOptions& options) {
  const std::string file = options.file.string();
  const std::string signed_card =
      card_bytes(read_file_or_stdin(context, options.card), options.card.string());
  // A card that expired meanwhile still says which key signed.
  const auto card = open_card(as_bytes(signed_card), 0);
  if (!card)
    throw CommandError(
        ExitCode::verification_failed,
        options.card.string() + ": the card is not valid: " + std::string(describe(card.error())));
  v1::SplitView proof;
  if (!proof.ParseFromString(
          remove_armor(evidence_label, read_file_or_stdin(context, options.file), file)))
    throw CommandError(ExitCode::usage, file + ": holds no split view");
  const auto feed = feed_of_proof(proof);
  if (!feed)
    throw CommandError(ExitCode::verification_failed, file + ": the two notes are not of one feed");
  if (feed->origin != node_of(*card))
    throw CommandError(ExitCode::verification_failed,
                       file + ": is about another node than the card",
                       "it names the node " + to_hex(feed->origin.bytes));
  const auto log_key = to_array<32>(as_bytes(card->log_key())).value();
  const auto split = verify_split_view(proof, log_key);
  if (!split)
    throw CommandError(ExitCode::verification_failed,
                       file + ": proves nothing: " + std::string(describe(split.error())));
  if (context.json) {
    EvidenceView proven;
    proven.set_id(to_hex(sha256(as_bytes(proof.SerializeAsString()))));
    proven.set_country(card->country());
    proven.mutable_feed()->set_community(to_hex(split->feed.community.bytes));
    proven.mutable_feed()->set_origin(to_hex(split->feed.origin.bytes));
    proven.mutable_feed()->set_generation(split->feed.generation);
    proven.set_smaller(split->smaller.size);
    proven.set_larger(split->larger.size);
    return print_json(context, proven);
  }
  context.out << "proven: " << printable(card->country()) << " signed two different feeds "
              << origin_line(split->feed) << "\n"
              << "sizes   " << grouped(split->smaller.size) << " and "
              << grouped(split->larger.size) << ", which no one feed can have\n"
              << proof.smaller() << proof.larger();
}

}  // namespace

void add_evidence_commands(CLI::App& app, Context& context) {
  CLI::App* evidence =
      app.add_subcommand("evidence", "proofs that an origin signed two different feeds");
  evidence->require_subcommand(1);
  auto options = std::make_shared<EvidenceOptions>();
  evidence->add_subcommand("list", "all that this node found or was told")->callback([&context] {
    list(context);
  });
  CLI::App* to_file = evidence->add_subcommand("export", "write a proof to a file");
  to_file
      ->add_option("FEED", options->feed, "country, or the beginning of the node's or proof's id")
      ->required();
  to_file->add_option("FILE", options->file, "new file")->required();
  to_file->callback([&context, options] { export_one(context, *options); });
  CLI::App* check = evidence->add_subcommand("verify", "check a proof, without a node");
  check->add_option("FILE", options->file, "written by `evidence export`; - for stdin")->required();
  check->add_option("--card", options->card, "the origin's node card")->required();
  check->callback([&context, options] { verify(context, *options); });
}

}  // namespace bakhita::cli
