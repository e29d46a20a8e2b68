// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/disk_room.h"
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/desk/exporting.h"
#include "node/desk/import.h"
#include "node/desk/reading.h"
#include "node/desk/review.h"

namespace bakhita::daemon {

using admin::v1::Request;
using admin::v1::Response;

void import_reports(Node& node, const admin::v1::ImportBegin& begin,
                    service::Connection& connection) {
  desk::Importer importer(node.desk(), begin.source(), begin.operator_(), begin.strict());
  const auto tell = [&](bool done) {
    Response response;
    *response.mutable_import_progress() = importer.progress();
    response.set_done(done);
    connection.send(response);
  };
  while (auto request = connection.receive()) {
    if (request->has_import_rows()) {
      require_disk_room(node.config());
      importer.add(request->import_rows());
      tell(false);
    } else if (request->has_import_end()) {
      tell(true);
      return node.work_arrived();
    } else {
      throw refuse(ExitCode::usage, "expected rows or the end of the import");
    }
  }
  if (node.failed()) throw store::StorageError(node.failure());
  node.work_arrived();  // the client went away; what was acknowledged stays
}

Response show_report(Node& node, const admin::v1::ReportShow& request) {
  auto view = desk::show_report(node.desk(), request);
  if (!view)
    throw refuse(ExitCode::not_found, "there is no such report", "see `bakhita report list`");
  Response response;
  *response.mutable_report() = std::move(*view);
  return response;
}

Response list_reports(Node& node, const admin::v1::ReportList& request) {
  Response response;
  *response.mutable_report_rows() = desk::list_reports(node.desk(), request);
  return response;
}

Response search_reports(Node& node, const admin::v1::ReportSearch& request) {
  Response response;
  *response.mutable_search_hits() = desk::search_reports(node.desk(), request);
  return response;
}

Response erase_report(Node& node, const admin::v1::ReportErase& request) {
  auto erased = desk::erase_report(node.desk(), node.lookups(), request);
  if (!erased) throw refuse(ExitCode::not_found, "there is no such report");
  node.work_arrived();
  Response response;
  *response.mutable_report_erased() = std::move(*erased);
  return response;
}

void export_reports(Node& node, const admin::v1::ReportExport& request,
                    service::Connection& connection) {
  try {
    desk::export_reports(node.desk(), request, [&](const admin::v1::ReportView& view) {
      Response response;
      *response.mutable_report() = view;
      connection.send(response);
    });
  } catch (const desk::ExportRefused& refused) {
    throw refuse(ExitCode::refused, refused.what());
  }
  Response end;
  end.mutable_ok()->set_message("exported");
  end.set_done(true);
  connection.send(end);
}

}  // namespace bakhita::daemon
