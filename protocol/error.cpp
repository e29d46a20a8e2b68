// SPDX-License-Identifier: EUPL-1.2
#include "protocol/error.h"

namespace bakhita {

std::string_view describe(Error error) {
  switch (error) {
    case Error::malformed:
      return "malformed bytes";
    case Error::too_large:
      return "over a size limit";
    case Error::unknown_version:
      return "unknown protocol version";
    case Error::bad_signature:
      return "signature does not verify";
    case Error::bad_point:
      return "group element is not canonical or is the identity";
    case Error::duplicate_element:
      return "batch repeats an element";
    case Error::bad_proof:
      return "proof does not verify";
    case Error::wrong_key:
      return "public key is not the one in the origin's feed";
    case Error::wrong_root:
      return "tree root differs from the signed checkpoint";
    case Error::bad_commitment:
      return "body does not match its header";
    case Error::missing_body:
      return "body is missing though neither expired nor withdrawn";
    case Error::split_view:
      return "two signed checkpoints of one size have different roots";
    case Error::not_opened:
      return "sealed bytes do not open";
    case Error::wrong_peer:
      return "object names another node than the one it came from";
    case Error::not_a_member:
      return "not a member of the community";
    case Error::quota_exhausted:
      return "quota exhausted, try again later";
    case Error::replayed:
      return "request id was used for another request";
    case Error::unexpected:
      return "message is not allowed now";
    case Error::not_found:
      return "not found";
    case Error::refused:
      return "refused by policy";
    case Error::hidden_records:
      return "feed begins behind records that its origin has not ended";
  }
  return "unknown error";
}

}  // namespace bakhita
