// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/import.h"
#include "node/desk/publishing.h"
#include "node/desk/reading.h"
#include "node/desk/review.h"
#include "protocol/feed/floor.h"
#include "tests/simulation/points.h"
#include "tests/simulation/world.h"

namespace bakhita::simulation {
namespace {

/// Values that several countries know: few, so that they meet.
std::string shared_value(std::uint64_t number) {
  return std::string(canary) + "i" + std::to_string(number) + "@mail.example.com";
}

void import_report(World& world, Node& node) {
  if (!node.serving()) return;
  Random& random = node.random;
  std::vector<KnownReport>& known = world.truth.reports[node.index];
  KnownReport report;
  report.id =
      std::string(canary) + "r" + std::to_string(node.index) + "-" + std::to_string(known.size());
  report.identifier = random.chance(0.6)
                          ? shared_value(random.below(4 * world.nodes.size()))
                          : shared_value(1'000'000 * (node.index + 1) + known.size());
  report.shielding = random.chance(0.08);
  report.red = random.chance(0.1);
  admin::v1::ImportRows rows;
  v1::IncidentReport& out = *rows.add_rows()->mutable_report();
  out.set_id(report.id);
  out.mutable_received_at()->set_seconds(static_cast<std::int64_t>(node.unix_now()));
  out.set_narrative(std::string(canary) + "x what was said " + std::to_string(random.next()));
  out.set_tlp(report.red ? "RED" : "AMBER");
  v1::Identifier& identifier = *out.add_identifiers();
  identifier.set_type(v1::IDENTIFIER_TYPE_EMAIL);
  identifier.set_value(report.identifier);
  identifier.set_role(report.shielding ? v1::SUBJECT_ROLE_VICTIM : v1::SUBJECT_ROLE_EXPLOITER);
  // Uncertain until it is acknowledged: a machine that dies may have stored it or not.
  report.certain = false;
  known.push_back(report);
  const std::size_t place = known.size() - 1;
  node.run([&] {
    desk::Importer importer(*node.desk, "import", "operator", false);
    importer.add(rows);
    const auto progress = importer.progress();
    always(progress.created() == 1, "a sound report was not taken");
    always(node.disk.all_synced(), "a report was acknowledged before it was durable");
    known[place].certain = true;
    SOMETIMES(report.shielding, "a report shields its identifier");
    SOMETIMES(report.red, "a report is RED");
  });
  if (known[place].certain) node.work_soon();
}

void read_report(World& world, Node& node) {
  if (!node.serving()) return;
  const auto& known = world.truth.reports[node.index];
  if (known.empty()) return;
  const KnownReport& report = known[node.random.below(known.size())];
  node.run([&] {
    const std::uint64_t before = node.desk->audit.size();
    admin::v1::ReportShow request;
    request.set_id(report.id);
    request.set_operator_("operator");
    request.set_reason("case");
    const auto shown = desk::show_report(*node.desk, request);
    always(node.disk.all_synced() && node.desk->audit.size() > before,
           "a report was shown before the audit trail had it durably");
    if (report.erased) {
      SOMETIMES(true, "an erased report is asked for");
      always(!shown, "an erased report can be read");
    } else if (report.certain) {
      SOMETIMES(true, "a report is read");
      always(shown.has_value(), "an acknowledged report cannot be read: " + report.id);
    }
  });
}

void erase_one(World& world, Node& node) {
  if (!node.serving()) return;
  auto& known = world.truth.reports[node.index];
  if (known.empty()) return;
  KnownReport& report = known[node.random.below(known.size())];
  if (report.erased || !report.certain) return;
  report.certain = false;
  node.run([&] {
    admin::v1::ReportErase request;
    request.set_id(report.id);
    request.set_operator_("operator");
    request.set_reason("the person asked for it");
    const auto erased = desk::erase_report(*node.desk, *node.lookups, request);
    always(erased.has_value(), "a report that is there cannot be erased");
    always(node.disk.all_synced(), "an erasure was acknowledged before it was durable");
    report.erased = report.certain = true;
    SOMETIMES(true, "a report is erased");
  });
}

}  // namespace

void publish_past(Node& node, const CommunityId& community) {
  if (!node.serving()) return;
  node.run([&] {
    if (const auto state = node.stores->feeds.find(node.feed(community)); state && state->size > 0)
      return;
    const auto now = static_cast<std::uint32_t>(node.unix_now() / 3'600);
    Random random = node.random.fork("past");
    const std::uint64_t count = 260 + random.below(300);
    std::vector<Record> records;
    while (records.size() < count)
      records.push_back(make_record(RecordKind::advisory, now - 100 * 24, now / 24 - 60,
                                    ByteWriter().text("past").u64(random.next()).take()));
    records.push_back(make_floor(count / tile_width * tile_width, now));
    const keys::SecretBytes seed = node.keystore->get(keys::name::log);
    node.stores->feeds.append(node.feed(community), records, node.log_key,
                              [&](ByteView text) { return keys::sign(seed, text); }, {});
  });
}

void publish(World& world, Node& node) {
  if (!node.serving()) return;
  const bool done = node.run([&] {
    admin::v1::Publish request;
    request.set_operator_("operator");
    try {
      const auto published = desk::publish(*node.desk, request);
      always(node.disk.all_synced(), "a publication was acknowledged before it was durable");
      for (const auto& feed : published.feeds()) {
        SOMETIMES(feed.locks() > 0, "locks are published");
        SOMETIMES(feed.replaced() > 0, "a lock is replaced");
        SOMETIMES(feed.held_back_size() > 0, "policy holds an identifier back");
      }
      world.oracles.published(node);
      world.oracles.policy_kept(node);
    } catch (const desk::PublishRefused&) {
      SOMETIMES(true, "a node of no community wants to publish");
    }
  });
  if (done) node.work_soon();
}

void plan_workload(World& world) {
  const Scenario& scenario = world.scenario;
  for (auto& pointer : world.nodes) {
    Node& node = *pointer;
    const std::size_t i = node.index;
    const Random stream = world.random.fork("workload", i);
    world.repeat(scenario.reports_per_hour, stream.fork("import"),
                 [&] { import_report(world, node); });
    world.repeat(scenario.publish_per_hour, stream.fork("publish"), [&] { publish(world, node); });
    world.repeat(scenario.reports_per_hour / 2, stream.fork("read"),
                 [&] { read_report(world, node); });
    world.repeat(scenario.reports_per_hour / 8, stream.fork("erase"),
                 [&] { erase_one(world, node); });
    const double work = static_cast<double>(hour) / static_cast<double>(scenario.work_interval);
    world.repeat(work, stream.fork("work"), [&] { node.work_soon(); });
  }
}

}  // namespace bakhita::simulation
