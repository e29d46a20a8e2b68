// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

/// The configuration as a JSON Schema (draft 2020-12), made from the table that the loader uses.
namespace bakhita::config {

/// What the loader's table says of a key.
struct KeySchema {
  std::string value;  ///< members of the schema of one value
  bool required = false;
  bool list = false;  ///< one value, or a list of such
};
/// Throws std::out_of_range for a name that all_keys() does not have.
KeySchema schema_of(const std::string& name);

/// What a key or section is for, in a sentence; empty for an unknown one.
std::string help_of(const std::string& name);

/// The whole schema, indented, with a line end. `config/bakhita.schema.json` is this text.
std::string json_schema();

}  // namespace bakhita::config
