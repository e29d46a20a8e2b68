// SPDX-License-Identifier: EUPL-1.2
// Bank accounts without IBAN, vehicle plates, travel documents: a country, what kind, and
// characters.
#include <map>

#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

constexpr std::string_view capitals_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Cuts "CC:" or "CC " off the front when CC is a country; else the region is the country.
std::string take_country(const Tables& tables, std::string_view& text, std::string_view region) {
  for (std::size_t size : {2u, 3u}) {
    if (text.size() <= size ||
        std::string_view(" :/-\x1f").find(text[size]) == std::string_view::npos)
      continue;
    const std::string country = known_region(tables, text.substr(0, size));
    if (country.empty()) continue;
    text = text::trim(text.substr(size + 1));
    return country;
  }
  return known_region(tables, region);
}

Canonical characters(std::string_view text, std::size_t size_min, std::size_t size_max) {
  const std::string out = text::upper_ascii(text::without(text, " -.:/_<\x1f"));
  if (out.empty()) return Refusal::empty;
  if (!text::all_of_set(out, capitals_and_digits)) return Refusal::bad_form;
  if (out.size() < size_min) return Refusal::too_short;
  if (out.size() > size_max) return Refusal::too_long;
  return out;
}

const std::map<std::string, std::string, std::less<>> document_types{
    {"P", "P"}, {"PASSPORT", "P"},  {"I", "I"}, {"ID", "I"},  {"IDENTITY", "I"},
    {"R", "R"}, {"RESIDENCE", "R"}, {"V", "V"}, {"VISA", "V"}};

}  // namespace

std::string known_region(const Tables& tables, std::string_view text) {
  static const std::map<std::string, std::string, std::less<>> alpha3{
      {"FRA", "FR"}, {"GBR", "GB"}, {"SWE", "SE"}, {"DEU", "DE"}, {"ESP", "ES"}, {"ITA", "IT"},
      {"NLD", "NL"}, {"BEL", "BE"}, {"PRT", "PT"}, {"POL", "PL"}, {"ROU", "RO"}, {"BGR", "BG"},
      {"HUN", "HU"}, {"UKR", "UA"}, {"MDA", "MD"}, {"NGA", "NG"}, {"MAR", "MA"}, {"VNM", "VN"},
      {"PHL", "PH"}, {"COL", "CO"}, {"USA", "US"}, {"CAN", "CA"}, {"MEX", "MX"}, {"BRA", "BR"},
      {"ARG", "AR"}, {"IND", "IN"}, {"THA", "TH"}, {"CHN", "CN"}};
  std::string out = text::upper_ascii(text);
  if (const auto two = alpha3.find(out); two != alpha3.end()) out = two->second;
  return out.size() == 2 && tables.plans.contains(out) ? out : "";
}

Canonical canonical_bank_account(const Tables& tables, std::string_view text,
                                 std::string_view region) {
  if (text.size() > 128) return Refusal::too_long;
  const std::string country = take_country(tables, text, region);
  if (country.empty()) return Refusal::no_region;
  // Clearing code and account stand apart by a colon, slash or space; dashes group within each.
  const std::size_t separator = text.find_first_of(":/\x1f") != std::string_view::npos
                                    ? text.find_first_of(":/\x1f")
                                    : text.find(' ');
  if (separator == std::string_view::npos) return Refusal::bad_form;
  const Canonical clearing = characters(text.substr(0, separator), 1, 15);
  if (std::holds_alternative<Refusal>(clearing)) return clearing;
  const Canonical account = characters(text.substr(separator + 1), 4, 30);
  if (std::holds_alternative<Refusal>(account)) return account;
  if (!text::is_digits(std::get<std::string>(account))) return Refusal::bad_form;
  return country + form_separator + std::get<std::string>(clearing) + form_separator +
         std::get<std::string>(account);
}

Canonical canonical_vehicle_plate(const Tables& tables, std::string_view text,
                                  std::string_view region) {
  if (text.size() > 64) return Refusal::too_long;
  const std::string country = take_country(tables, text, region);
  if (country.empty()) return Refusal::no_region;
  const Canonical plate = characters(text, 2, 12);
  if (std::holds_alternative<Refusal>(plate)) return plate;
  return country + form_separator + std::get<std::string>(plate);
}

Canonical canonical_travel_document(const Tables& tables, std::string_view text,
                                    std::string_view region) {
  if (text.size() > 128) return Refusal::too_long;
  const std::string issuer = take_country(tables, text, region);
  if (issuer.empty()) return Refusal::no_region;
  std::string type = "P";
  if (const std::size_t end = text.find_first_of(" :/\x1f"); end != std::string_view::npos) {
    const auto known = document_types.find(text::upper_ascii(text.substr(0, end)));
    if (known != document_types.end()) {
      type = known->second;
      text = text::trim(text.substr(end + 1));
    }
  }
  const Canonical number = characters(text, 5, 20);
  if (std::holds_alternative<Refusal>(number)) return number;
  return issuer + form_separator + type + form_separator + std::get<std::string>(number);
}

}  // namespace bakhita
