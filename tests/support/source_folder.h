// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

namespace bakhita::testing_support {

/// A file or folder of the repository. Only one object knows where that lies, so that all others
/// come out of a compiler cache wherever it was checked out.
std::string in_source_folder(std::string_view below);

}  // namespace bakhita::testing_support
