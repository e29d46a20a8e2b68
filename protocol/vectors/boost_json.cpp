// SPDX-License-Identifier: EUPL-1.2
// The one place where Boost.JSON's header-only implementation is compiled.
#include <boost/json/src.hpp>
