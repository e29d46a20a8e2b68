// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/v1/report.pb.h"
#include "node/cli/cli.h"

namespace CLI {
class App;
}

/// One function a group of commands; each adds its nouns and verbs to `app`. Callbacks run after
/// the whole line is parsed, print to the context's streams and throw CommandError.
namespace bakhita::cli {

/// Off line: a node's folder, keys, configuration and card.
void add_init_command(CLI::App& app, Context& context);
void add_keys_commands(CLI::App& app, Context& context);
void add_config_commands(CLI::App& app, Context& context);
void add_card_commands(CLI::App& app, Context& context);
void add_report_commands(CLI::App& app, Context& context);
/// The verbs of `report` that send reports.
void add_report_import_commands(CLI::App& report, Context& context);
void add_exchange_commands(CLI::App& app, Context& context);
void add_peer_commands(CLI::App& app, Context& context);
void add_community_commands(CLI::App& app, Context& context);
void add_request_commands(CLI::App& app, Context& context);
/// Taking back, and its proofs; `verify` works off line.
void add_recall_commands(CLI::App& app, Context& context);
void add_challenge_commands(CLI::App& app, Context& context);
/// What every member reads.
void add_indicator_commands(CLI::App& app, Context& context);
void add_advisory_commands(CLI::App& app, Context& context);
void add_recovery_commands(CLI::App& app, Context& context);
void add_policy_commands(CLI::App& app, Context& context);
/// Proofs against origins; `verify` works off line.
void add_evidence_commands(CLI::App& app, Context& context);
void add_node_commands(CLI::App& app, Context& context);
void add_doctor_command(CLI::App& app, Context& context);
/// Off line: canonical forms, and vectors for other implementers.
void add_identifier_commands(CLI::App& app, Context& context);
void add_vectors_command(CLI::App& app, Context& context);
/// Off line: what a node has sent and received.
void add_capture_command(CLI::App& app, Context& context);
void add_completion_command(CLI::App& app, Context& context);
void add_version_command(CLI::App& app, Context& context);

/// The type that a command line names. Throws a usage error with the nearest name.
v1::IdentifierType identifier_type_named(const std::string& name);

}  // namespace bakhita::cli
