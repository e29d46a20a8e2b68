// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/cli/cli.h"

namespace CLI {
class App;
}

/// One function a group of commands; each adds its nouns and verbs to `app`. Callbacks run after
/// the whole line is parsed, print to the context's streams and throw CommandError.
namespace bakhita::cli {

void add_version_command(CLI::App& app, Context& context);

}  // namespace bakhita::cli
