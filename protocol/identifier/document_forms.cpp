// SPDX-License-Identifier: EUPL-1.2
// Bank accounts without IBAN, vehicle plates, travel documents: a country, what kind, and
// characters.
#include <map>

#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

constexpr std::string_view capitals_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// What a country's letters in front of a number can be taken for.
enum class Front : std::uint8_t { country, letters };

/// Plates and documents begin with letters that are some country's, too ("SE-123-AB" in France,
/// "AM 1234567" in Poland), and people set their parts together or apart as they like. So letters
/// before digits or before a dash belong to the number; "FR AB 123" and "FR:…" name a country.
bool names_country(std::string_view rest, char separator, Front front) {
  if (separator == ':' || separator == '/') return true;
  if (separator != ' ' && separator != '-') return false;
  if (front == Front::country) return true;
  return separator == ' ' && !rest.empty() && (rest.front() < '0' || rest.front() > '9');
}

/// Cuts "CC:" or "CC " off the front when CC is a country; else the region is the country.
std::string take_country(const Tables& tables, std::string_view& text, std::string_view region,
                         Front front) {
  const std::string home = known_region(tables, region);
  for (std::size_t size : {2u, 3u}) {
    if (text.size() <= size) continue;
    const std::string_view rest = text::trim(text.substr(size + 1));
    if (!names_country(rest, text[size], home.empty() ? Front::country : front)) continue;
    const std::string country = known_region(tables, text.substr(0, size));
    if (country.empty()) continue;
    text = rest;
    return country;
  }
  return home;
}

Canonical characters(std::string_view text, std::size_t size_min, std::size_t size_max) {
  const std::string out = text::upper_ascii(text::without(text, " -.:/_<\x1f"));
  if (out.empty()) return Refusal::empty;
  if (!text::all_of_set(out, capitals_and_digits)) return Refusal::bad_form;
  if (out.size() < size_min) return Refusal::too_short;
  if (out.size() > size_max) return Refusal::too_long;
  return out;
}

/// Cuts a word that says which kind of document it is; empty when there is none.
std::string take_document_type(std::string_view& text) {
  static const std::map<std::string, std::string, std::less<>> types{
      {"P", "P"}, {"PASSPORT", "P"},  {"I", "I"}, {"ID", "I"},  {"IDENTITY", "I"},
      {"R", "R"}, {"RESIDENCE", "R"}, {"V", "V"}, {"VISA", "V"}};
  const std::size_t end = text.find_first_of(" :/");
  if (end == std::string_view::npos) return "";
  const auto known = types.find(text::upper_ascii(text.substr(0, end)));
  if (known == types.end()) return "";
  text = text::trim(text.substr(end + 1));
  return known->second;
}

/// "ID: 123456789" is an identity card, "ID:P:A1234567" an Indonesian passport.
bool begins_with_identity_card(std::string_view text) {
  std::string_view rest = text;
  const bool is_card = text::starts_with_nocase(text, "id") && take_document_type(rest) == "I";
  return is_card && take_document_type(rest).empty();
}

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
  const std::string country = take_country(tables, text, region, Front::country);
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
  const std::string country = take_country(tables, text, region, Front::letters);
  if (country.empty()) return Refusal::no_region;
  const Canonical plate = characters(text, 2, 12);
  if (std::holds_alternative<Refusal>(plate)) return plate;
  return country + form_separator + std::get<std::string>(plate);
}

Canonical canonical_travel_document(const Tables& tables, std::string_view text,
                                    std::string_view region) {
  if (text.size() > 128) return Refusal::too_long;
  const std::string home = known_region(tables, region);
  const std::string issuer = !home.empty() && begins_with_identity_card(text)
                                 ? home
                                 : take_country(tables, text, region, Front::letters);
  if (issuer.empty()) return Refusal::no_region;
  std::string type = take_document_type(text);
  if (type.empty()) type = "P";
  const Canonical number = characters(text, 5, 20);
  if (std::holds_alternative<Refusal>(number)) return number;
  return issuer + form_separator + type + form_separator + std::get<std::string>(number);
}

}  // namespace bakhita
