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

/// A list in one field; "-" or nothing is an empty one.
std::vector<std::string> words(std::string_view field) {
  std::vector<std::string> out;
  if (field == "-") return out;
  for (std::string_view word : text::split(field, ','))
    if (!word.empty()) out.emplace_back(word);
  return out;
}

template <class Map>
void add_once(Map& map, const std::string& key, const std::string& value) {
  if (!map.emplace(key, value).second) throw std::runtime_error("a second line for " + key);
}

void set_flag(Platform& platform, std::string_view flag) {
  if (flag == "unicode")
    platform.unicode_names = true;
  else if (flag == "nodots")
    platform.drop_dots = true;
  else if (flag == "phone")
    platform.is_phone = true;
  else if (flag == "at")
    platform.at_in_links = true;
  else if (flag == "subdomains")
    platform.subdomains = true;
  else
    throw std::runtime_error("unknown flag " + std::string(flag));
}

void add_platform(Tables& tables, const Fields& f) {
  Platform platform;
  platform.name = f[0];
  if (platform.name.empty() ||
      !text::all_of_set(platform.name, "abcdefghijklmnopqrstuvwxyz0123456789"))
    throw std::runtime_error("a platform's name is lower-case letters and digits");
  add_once(tables.platform_aliases, f[0], f[0]);
  for (const std::string& alias : words(f[1])) add_once(tables.platform_aliases, alias, f[0]);
  for (const std::string& host : words(f[2])) add_once(tables.platform_hosts, host, f[0]);
  for (const std::string& scheme : words(f[3])) add_once(tables.platform_schemes, scheme, f[0]);
  platform.path_prefixes = words(f[4]);
  platform.reserved = words(f[5]);
  for (const std::string& parameter : words(f[6])) {
    const std::size_t colon = parameter.find(':');
    if (colon == std::string::npos) throw std::runtime_error("a parameter is word:name");
    platform.name_parameters.emplace(parameter.substr(0, colon), parameter.substr(colon + 1));
  }
  for (const std::string& flag : words(f[7])) set_flag(platform, flag);
  tables.platforms[platform.name] = std::move(platform);
}

std::size_t iban_length(const std::string& digits) {
  if (!text::is_digits(digits) || digits.size() > 2)
    throw std::runtime_error("a length is one or two digits");
  return std::stoul(digits);
}

/// Values are kept in their canonical form, so a line may be written as people write.
void add_benign(Tables& tables, const Fields& f) {
  const auto type = identifier_type(std::string_view(f[0]));
  if (!type) throw std::runtime_error("unknown identifier type " + f[0]);
  const Canonical form = canonicalise(tables, *type, f[1], "");
  if (const auto* refusal = std::get_if<Refusal>(&form))
    throw std::runtime_error(std::string(describe(*refusal)));
  tables.benign.emplace(*type, std::get<std::string>(form));
}

}  // namespace

std::shared_ptr<const IdentifierTables> IdentifierTables::parse(const TableTexts& texts) {
  auto out = std::make_shared<Tables>();
  each_line(texts, "numbering_plan.tsv", 8, [&](const Fields& f) { add_plan(*out, f); });
  for (const auto& [region, plan] : out->plans)
    if (plan.main || !out->main_plans.contains(plan.country_code))
      out->main_plans[plan.country_code] = &plan;
  each_line(texts, "iban_lengths.tsv", 2,
            [&](const Fields& f) { out->iban_lengths[f[0]] = iban_length(f[1]); });
  each_line(texts, "platforms.tsv", 8, [&](const Fields& f) { add_platform(*out, f); });
  each_line(texts, "email_providers.tsv", 2,
            [&](const Fields& f) { add_once(out->email_providers, f[0], f[1]); });
  each_line(texts, "tracking_parameters.tsv", 1,
            [&](const Fields& f) { out->tracking_parameters.push_back(f[0]); });
  each_line(texts, "benign.tsv", 2, [&](const Fields& f) { add_benign(*out, f); });
  return out;
}

}  // namespace bakhita
