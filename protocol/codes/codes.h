// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/identifier/canonical.h"

/// The field's code lists as versioned data: HTCDS 2.0 (IOM), Palermo Protocol art. 3, ISIC rev. 4,
/// CTDC.
namespace bakhita {

namespace code_list {
inline constexpr std::string_view acts = "palermo.act";
inline constexpr std::string_view means = "palermo.means";
inline constexpr std::string_view purposes = "palermo.purpose";
inline constexpr std::string_view exploitation = "htcds.exploitation";
inline constexpr std::string_view recruitment = "htcds.recruitment";
inline constexpr std::string_view control = "htcds.control";
inline constexpr std::string_view industry = "isic";
inline constexpr std::string_view age = "ctdc.age";
}  // namespace code_list

struct CodeList {
  std::string version;
  std::map<std::string, std::uint32_t, std::less<>> numbers;  ///< by code
  std::map<std::uint32_t, std::string> codes;                 ///< by number
};

/// Immutable once parsed; may be shared between threads.
class CodeLists {
 public:
  /// Throws std::runtime_error naming file and line.
  static CodeLists parse(const TableTexts& texts);
  /// Throws std::out_of_range for a list that is not shipped: our own mistake.
  const CodeList& list(std::string_view name) const { return lists_.find(name)->second; }
  /// Codes of the list, for messages.
  std::vector<std::string> codes(std::string_view name) const;

 private:
  std::map<std::string, CodeList, std::less<>> lists_;
};

}  // namespace bakhita
