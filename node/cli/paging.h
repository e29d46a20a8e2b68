// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <CLI/CLI.hpp>

#include "node/cli/cli.h"
#include "node/cli/terminal_text.h"

/// Lists that come page by page.
namespace bakhita::cli {

/// `list` is a request with `limit` and `after`.
template <class List>
void add_paging(CLI::App& command, List* list) {
  list->set_limit(100);
  command.add_option_function<std::uint32_t>(
      "--limit", [list](std::uint32_t limit) { list->set_limit(limit); }, "rows (default 100)");
  command.add_option("--after", *list->mutable_after(), "go on behind this row")->type_name("ID");
}

/// How to have the next page; nothing after the last.
inline void say_more(const Context& context, const std::string& next) {
  if (!next.empty()) say(context, "more: --after " + printable(next));
}

}  // namespace bakhita::cli
