// SPDX-License-Identifier: EUPL-1.2
#include <csignal>

#include "node/cli/cli.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe or socket is an error with a message, not a death
  return bakhita::cli::run(argc, argv);
}
