// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/daemon/node.h"

/// Parts of the node as the local socket shows them.
namespace bakhita::daemon {

admin::v1::PeerView view_of(Node& node, const store::Peer& peer);
admin::v1::FeedView view_of(Node& node, const store::FeedState& feed, std::uint64_t known_size);

}  // namespace bakhita::daemon
