// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/daemon/node.h"
#include "protocol/community/charter.h"

/// Communities and charters as the CLI shows them.
namespace bakhita::daemon {

admin::v1::CommunityView view_of(Node& node, const store::Community& community);
/// What an operator must see to: a fork, a secret that is missing, a legal basis to be reviewed.
std::vector<std::string> warnings_of(Node& node, const store::Community& community);
/// How the package differs from the charter in force before it: `before.newest`, of epoch 0 when
/// there is none.
admin::v1::CharterView view_of(const store::Community& before, const CharterPackage& package,
                               const std::string& state);
/// Of a charter that a dry run wrote, and that nobody keeps: what is proposed then has another
/// hash.
admin::v1::CharterView view_of_draft(const store::Community& before, const CharterPackage& draft);

}  // namespace bakhita::daemon
