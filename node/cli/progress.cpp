// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/progress.h"

#include <algorithm>
#include <ostream>

#include "node/cli/reply.h"

namespace bakhita::cli {
namespace {

constexpr std::chrono::milliseconds bar_every{100};
constexpr std::chrono::seconds line_every{10};
constexpr std::uint64_t bar_width = 30;

}  // namespace

void Progress::update(std::uint64_t done, std::uint64_t total, std::uint64_t items) {
  if (context_.quiet) return;
  const auto now = Clock::now();
  if (now - shown_ < (context_.err_is_terminal ? Clock::duration(bar_every) : line_every)) return;
  shown_ = now;
  const std::uint64_t percent = total == 0 ? 100 : std::min<std::uint64_t>(100, done * 100 / total);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count();
  const std::uint64_t rate =
      items * 1000 / static_cast<std::uint64_t>(std::max<std::int64_t>(1, milliseconds));
  const std::string text =
      std::to_string(percent) + " %  " + grouped(items) + " reports  " + grouped(rate) + "/s";
  if (!context_.err_is_terminal) {
    context_.err << text << std::endl;
    return;
  }
  const std::uint64_t filled = percent * bar_width / 100;
  context_.err << "\r\x1b[K[" << std::string(filled, '#') << std::string(bar_width - filled, ' ')
               << "] " << text << std::flush;
  bar_ = true;
}

void Progress::clear() {
  if (bar_) context_.err << "\r\x1b[K" << std::flush;
  bar_ = false;
}

}  // namespace bakhita::cli
