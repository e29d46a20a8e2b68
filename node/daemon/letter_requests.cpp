// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/desk/correspondence.h"
#include "node/desk/request_stats.h"

namespace bakhita::daemon {
namespace {

using admin::v1::Response;

/// What the rules refuse, as the operator sees it: with the rule's name.
template <class Work>
Response answered(Work work) {
  try {
    Response response;
    work(response);
    return response;
  } catch (const desk::LetterRefused& refused) {
    const bool missing = refused.rule().starts_with("no-") || refused.rule() == "not-unique";
    throw refuse(missing ? ExitCode::not_found : ExitCode::refused, refused.what());
  }
}

}  // namespace

Response write_letter(Node& node, const admin::v1::LetterWrite& request) {
  Response response = answered(
      [&](Response& out) { *out.mutable_letter_written() = desk::write(node.desk(), request); });
  node.network().wake_letters();
  return response;
}

Response send_letter(Node& node, const admin::v1::LetterSend& request) {
  Response response = answered([&](Response& out) {
    const LetterId id = desk::draft_named(node.desk(), request.id());
    desk::send_letter(node.desk(), id, request.operator_());
    out.mutable_letter_written()->set_id(to_hex(id));
    out.mutable_letter_written()->set_sent(true);
  });
  node.network().wake_letters();
  return response;
}

Response discard_letter(Node& node, const admin::v1::LetterDiscard& request) {
  return answered([&](Response& out) {
    desk::discard_draft(node.desk(), desk::draft_named(node.desk(), request.id()),
                        request.operator_());
    out.mutable_ok()->set_message("discarded");
  });
}

Response list_drafts(Node& node) {
  return answered([&](Response& out) { *out.mutable_drafts() = desk::list_drafts(node.desk()); });
}

Response list_threads(Node& node, const admin::v1::ThreadList& request) {
  return answered(
      [&](Response& out) { *out.mutable_threads() = desk::list_threads(node.desk(), request); });
}

Response request_stats(Node& node, const admin::v1::RequestStats& request) {
  return answered([&](Response& out) {
    *out.mutable_request_tallies() = desk::tally_requests(node.desk(), request);
  });
}

Response show_thread(Node& node, const admin::v1::ThreadShow& request) {
  return answered([&](Response& out) {
    const auto detail = desk::show_thread(node.desk(), request);
    if (detail) *out.mutable_thread() = *detail;
  });
}

Response use_onward(Node& node, const admin::v1::OnwardUse& request) {
  return answered(
      [&](Response& out) { *out.mutable_onward() = desk::use_onward(node.desk(), request); });
}

Response keep_chunk(Node& node, const admin::v1::ChunkPut& request) {
  const auto digest = to_array<32>(as_bytes(request.digest()));
  if (!digest || request.content().empty() || request.content().size() > attachment_chunk_size ||
      request.number() >= chunks_in(attachment_size_max))
    throw refuse(ExitCode::usage, "the piece of a file is malformed");
  desk::keep_chunk(node.desk(), *digest, request.number(), as_bytes(request.content()));
  Response response;
  response.mutable_ok();
  return response;
}

Response read_chunk(Node& node, const admin::v1::ChunkGet& request) {
  return answered(
      [&](Response& out) { *out.mutable_chunk() = desk::read_chunk(node.desk(), request); });
}

}  // namespace bakhita::daemon
