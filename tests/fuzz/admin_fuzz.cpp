// SPDX-License-Identifier: EUPL-1.2
// Any bytes as what a client writes to the admin socket.
#include <sys/socket.h>

#include "bakhita/admin/v1/admin.pb.h"
#include "node/service/error.h"
#include "node/service/frame.h"
#include "node/service/socket.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

void fuzz(ByteView input) {
  constexpr std::size_t fits_a_socket = 64 * 1024;
  if (input.size() > fits_a_socket) return;
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const Descriptor client(ends[0]), server(ends[1]);
  service::write_all(client.get(), as_text(input));
  ::shutdown(client.get(), SHUT_WR);
  may_refuse<service::ServiceError>([&] {
    while (const auto message = service::read_frame(server.get())) {
      admin::v1::Request request;
      if (request.ParseFromString(*message)) require(request.ByteSizeLong() <= message->size() * 2);
    }
  });
}

}  // namespace bakhita::fuzzing
