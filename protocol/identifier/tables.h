// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "protocol/identifier/canonical.h"

/// The parsed tables. A table file is tab-separated lines; '#' starts a comment line.
namespace bakhita {

/// What a region's numbers look like, from libphonenumber's public metadata.
struct NumberingPlan {
  std::string region;
  std::string country_code;
  bool main = false;  ///< the region that stands for a shared country code
  std::regex international_prefix;
  std::regex national_prefix;  ///< for parsing; matches at the start
  bool has_national_prefix = false;
  std::string transform;          ///< of what the national prefix captured, may be empty
  std::set<std::size_t> lengths;  ///< of national significant numbers
  std::regex pattern;             ///< of national significant numbers
};

struct Platform {
  std::string name;  ///< canonical
  std::vector<std::string>
      path_prefixes;  ///< before the name in a profile link: "add"; "people/*" takes a word more
  std::vector<std::string>
      reserved;  ///< first words of links that lead to no profile; a trailing '*' is a prefix
  std::set<std::pair<std::string, std::string>>
      name_parameters;         ///< last word of the path, query parameter with the name
  bool unicode_names = false;  ///< PRECIS UsernameCaseMapped rather than ASCII lower case
  bool drop_dots = false;
  bool is_phone = false;     ///< the account is a phone number
  bool at_in_links = false;  ///< only "@name" in a link is a profile
  bool subdomains = false;   ///< name.host is a profile, too
};

struct Tables final : IdentifierTables {
  std::map<std::string, NumberingPlan, std::less<>> plans;              ///< by region
  std::map<std::string, const NumberingPlan*, std::less<>> main_plans;  ///< by country code
  std::map<std::string, std::size_t, std::less<>> iban_lengths;         ///< by country
  std::map<std::string, Platform, std::less<>> platforms;               ///< by name
  std::map<std::string, std::string, std::less<>> platform_aliases;     ///< written name → name
  std::map<std::string, std::string, std::less<>> platform_hosts;       ///< host → name
  std::map<std::string, std::string, std::less<>> platform_schemes;     ///< URI scheme → name
  std::map<std::string, std::string, std::less<>>
      email_providers;                                      ///< domain → its canonical domain
  std::vector<std::string> tracking_parameters;             ///< a trailing '*' is a prefix
  std::set<std::pair<IdentifierType, std::string>> benign;  ///< canonical forms
};

}  // namespace bakhita
