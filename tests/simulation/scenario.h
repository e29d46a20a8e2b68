// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace bakhita::simulation {

/// Microseconds of virtual time since the run began.
using Micros = std::uint64_t;
inline constexpr Micros second = 1'000'000;
inline constexpr Micros minute = 60 * second;
inline constexpr Micros hour = 60 * minute;

/// The families of faults. A seed draws some of them (swarm): a run with all at once finds less
/// than many runs with few each.
enum class Fault : std::uint8_t {
  cut,            ///< connections break
  delay,          ///< packets take seconds
  trickle,        ///< bytes come a few at a time
  replay,         ///< recorded streams are played into new connections
  partition,      ///< two groups cannot reach each other
  one_way,        ///< packets of one direction are lost
  crash,          ///< machines lose their power at rest
  torn_write,     ///< machines lose their power in the middle of a write
  disk_error,     ///< writes fail, with unknown outcome
  read_error,     ///< reads fail until the disk is seen to
  full_disk,      ///< no space for a while
  bit_flip,       ///< a stored bit turns
  old_copy,       ///< an older copy of the data folder is put back
  clock_drift,    ///< clocks run fast or slow
  clock_jump,     ///< clocks leap
  proposal,       ///< charters are proposed, and signed by one member after the other
  fork,           ///< two charters of one epoch are signed
  removal,        ///< a member is taken off the charter, later let in again
  key_theft,      ///< a thief signs with a stolen log key
  equivocation,   ///< an origin signs two feeds
  withholding,    ///< a peer announces records and does not hand them out
  wrong_answer,   ///< an origin evaluates wrongly
  bad_range,      ///< an origin sends ranges out of order, altered, or unproven
  flood,          ///< a peer asks as fast as it can
  overdraw,       ///< a peer asks beyond its quota, repeats requests and alters them
  stranger,       ///< a peer asks for communities and epochs that it is no member of
  garbage,        ///< bytes that no node sends
  mixed_version,  ///< peers of a later version send frames that this one does not know
  slow_host,      ///< the host takes its time for jobs
  key_rotation,   ///< a node gets another TLS, log or encryption key, and its card goes round
  lost_machine,   ///< all but a copy of the keystore is lost
  departure,      ///< a member leaves a community by itself, and comes back under a later charter
};
inline constexpr std::size_t fault_count = 32;
const char* name_of(Fault fault);

/// Everything that a seed decides before the first event.
struct Scenario {
  std::uint64_t seed = 1;
  std::size_t nodes = 5;
  Micros length = hour;  ///< of the faults; healing comes after
  std::set<Fault> faults;
  double fault_rate = 4;  ///< faults an hour and node, of all families together
  std::size_t community_size = 6;
  std::size_t communities_per_node = 1;
  double reports_per_hour = 4;
  double publish_per_hour = 2;
  double letters_per_hour = 1;
  Micros work_interval = 5 * minute;
  std::uint64_t silence_seconds = 120;
  bool tiny_limits = false;  ///< queues, rates and quotas so small that they are met
  bool real_signatures = false;
  bool real_group = false;
  std::string planted;  ///< name of a planted bug, or empty

  std::string describe() const;
  /// The command that runs this very history again.
  std::string command() const;
};

Scenario draw_scenario(std::uint64_t seed, std::size_t nodes_max, double hours);

}  // namespace bakhita::simulation
