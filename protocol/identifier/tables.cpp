// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/tables.h"

#include <stdexcept>

#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

using Fields = std::vector<std::string>;

/// Calls `use` with the fields of each line; a mistake names file and line.
template <class Use>
void each_line(const TableTexts& texts, const std::string& file, std::size_t fields_min, Use use) {
  const auto found = texts.find(file);
  if (found == texts.end()) throw std::runtime_error("table " + file + " is missing");
  int number = 0;
  for (std::string_view line : text::split(found->second, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    Fields fields;
    for (std::string_view field : text::split(line, '\t')) fields.emplace_back(field);
    try {
      if (fields.size() < fields_min)
        throw std::runtime_error("expected " + std::to_string(fields_min) + " fields");
      use(fields);
    } catch (const std::exception& problem) {
      throw std::runtime_error(file + ":" + std::to_string(number) + ": " + problem.what());
    }
  }
}

void add_plan(Tables& tables, const Fields& f) {
  NumberingPlan plan;
  plan.region = f[0];
  plan.country_code = f[1];
  plan.main = f[2] == "1";
  plan.international_prefix = std::regex("^(?:" + f[3] + ")", std::regex::optimize);
  plan.has_national_prefix = !f[4].empty();
  plan.national_prefix = std::regex("^(?:" + f[4] + ")", std::regex::optimize);
  plan.transform = f[5];
  for (std::string_view length : text::split(f[6], ','))
    plan.lengths.insert(std::stoul(std::string(length)));
  plan.pattern = std::regex(f[7], std::regex::optimize);
  tables.plans[plan.region] = std::move(plan);
}

void add_platform(Tables& tables, const Fields& f) {
  Platform platform;
  platform.name = f[0];
  for (std::string_view alias : text::split(f[1], ','))
    if (!alias.empty()) tables.platform_aliases[std::string(alias)] = f[0];
  tables.platform_aliases[f[0]] = f[0];
  for (std::string_view host : text::split(f[2], ','))
    if (!host.empty()) tables.platform_hosts[std::string(host)] = f[0];
  for (std::string_view prefix : text::split(f[3], ','))
    if (!prefix.empty()) platform.path_prefixes.emplace_back(prefix);
  for (std::string_view flag : text::split(f[4], ',')) {
    if (flag == "unicode")
      platform.unicode_names = true;
    else if (flag == "nodots")
      platform.drop_dots = true;
    else if (flag == "phone")
      platform.is_phone = true;
    else if (!flag.empty() && flag != "-")
      throw std::runtime_error("unknown flag " + std::string(flag));
  }
  tables.platforms[platform.name] = std::move(platform);
}

}  // namespace

std::shared_ptr<const IdentifierTables> IdentifierTables::parse(const TableTexts& texts) {
  auto out = std::make_shared<Tables>();
  each_line(texts, "numbering_plan.tsv", 8, [&](const Fields& f) { add_plan(*out, f); });
  for (const auto& [region, plan] : out->plans)
    if (plan.main || !out->main_plans.contains(plan.country_code))
      out->main_plans[plan.country_code] = &plan;
  each_line(texts, "iban_lengths.tsv", 2,
            [&](const Fields& f) { out->iban_lengths[f[0]] = std::stoul(f[1]); });
  each_line(texts, "platforms.tsv", 5, [&](const Fields& f) { add_platform(*out, f); });
  each_line(texts, "email_providers.tsv", 2,
            [&](const Fields& f) { out->email_providers[f[0]] = f[1]; });
  each_line(texts, "tracking_parameters.tsv", 1,
            [&](const Fields& f) { out->tracking_parameters.push_back(f[0]); });
  each_line(texts, "benign.tsv", 2, [&](const Fields& f) {
    const auto type = identifier_type(std::string_view(f[0]));
    if (!type) throw std::runtime_error("unknown identifier type " + f[0]);
    out->benign.emplace(*type, f[1]);
  });
  return out;
}

}  // namespace bakhita
