// SPDX-License-Identifier: EUPL-1.2
#include <google/protobuf/stubs/logging.h>

#include <csignal>

#include "node/cli/cli.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe or socket is an error with a message, not a death
  google::protobuf::SetLogHandler(nullptr);  // whoever parses says what is wrong, and where
  return bakhita::cli::run(argc, argv);
}
