// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/identifier/identifier.h"

namespace bakhita {

/// Why an identifier has no canonical form. The sentence names the rule, never the value.
enum class Refusal : std::uint8_t {
  empty,
  too_long,
  not_text,
  control_character,
  space_inside,
  too_short,
  extension,
  short_code,
  no_region,
  unknown_region,
  bad_length,
  no_domain,
  bad_domain,
  quoted_local_part,
  ip_literal,
  userinfo,
  other_scheme,
  no_host,
  unknown_platform,
  bad_name,
  unknown_country,
  bad_check_digits,
  bad_checksum,
  unknown_chain,
  not_hexadecimal,
  private_address,
  bad_form,
};
std::string_view describe(Refusal refusal);
/// The enumerator's name, as the vectors and the batch mode of `identifier canon` have it.
std::string_view name_of(Refusal refusal);

/// The texts of the table files (file name without folder → contents), read by the node at start.
using TableTexts = std::map<std::string, std::string, std::less<>>;

/// The versioned tables behind the rules: numbering plans, platforms, providers, tracking
/// parameters. Immutable once made; may be shared between threads.
class IdentifierTables {
 public:
  /// Throws std::runtime_error naming file and line of the first mistake.
  static std::shared_ptr<const IdentifierTables> parse(const TableTexts& texts);
  virtual ~IdentifierTables() = default;
};

using Canonical = std::variant<std::string, Refusal>;

/// The canonical form of `written` (exchange: identifiers), or why there is none.
/// `region` is the ISO 3166-1 alpha-2 country whose national forms are meant; may be empty.
/// `written` is UTF-8 as somebody wrote it; at most 4,096 bytes are looked at, more is refused.
Canonical canonicalise(const IdentifierTables& tables, IdentifierType type,
                       std::string_view written, std::string_view region);

/// True for values that are never published whoever holds them: platforms' own domains, helplines,
/// verified recruiters. `canonical` is a canonical form of `type`.
bool is_benign(const IdentifierTables& tables, IdentifierType type, std::string_view canonical);

/// A canonical form for people: 0x1f separators become ':'.
std::string display(std::string_view canonical);

}  // namespace bakhita
