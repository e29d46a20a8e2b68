// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <filesystem>

/// The same bytes through the libraries alone: what no node can outrun.
namespace bakhita::bench {

enum class TokenIndex : std::uint8_t {
  memtable,    ///< each token a row of the record's batch
  sorted_runs  ///< runs of 100,000 tokens, sorted and ingested
};

/// One thread reads the feed's tiles from the sender's database and writes Data frames to a TLS 1.3
/// connection over loopback; another parses them, hashes each header and body, and writes them to a
/// database of its own, every frame's batch synced. Returns records a second.
double bare_sync(const std::filesystem::path& sender_data, const std::filesystem::path& receiver,
                 TokenIndex index);

}  // namespace bakhita::bench
