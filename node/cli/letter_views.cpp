// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/letter_views.h"

#include <algorithm>
#include <ostream>

#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"
#include "protocol/bytes.h"
#include "protocol/unix_time.h"

namespace bakhita::cli {
namespace {

using admin::v1::LetterView;
using admin::v1::ThreadView;

constexpr std::size_t id_shown = 12;

std::string short_class(const std::string& name) {
  static constexpr std::string_view prefix = "ANSWER_CLASS_";
  std::string out = name.starts_with(prefix) ? name.substr(prefix.size()) : name;
  for (char& c : out) c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
  return out;
}

std::string due_text(const ThreadView& thread) {
  if (thread.due().empty()) return {};
  return thread.due() + " by " + thread.due_by() + (thread.overdue() ? " OVERDUE" : "");
}

/// As the options of these commands take it.
std::string word(const google::protobuf::EnumDescriptor* words, int number) {
  std::string out = enum_name(words, number);
  std::ranges::replace(out, '_', '-');
  return out;
}

/// Of days since 1970-01-01.
std::string day_text(std::uint64_t day) { return time_text(day * 86'400).substr(0, 10); }

std::string short_id(const std::string& bytes) {
  return to_hex(as_bytes(bytes)).substr(0, id_shown);
}

void print_line(std::ostream& out, const std::string& name, const std::string& value) {
  if (!value.empty())
    out << "  " << name << std::string(14 - name.size(), ' ') << printable(value) << '\n';
}

template <class Statements>
void print_statements(std::ostream& out, const Statements& statements) {
  for (const v1::Statement& statement : statements)
    print_line(out, word(v1::StatementBasis_descriptor(), statement.basis()),
               statement.text() +
                   " [about: " + word(v1::LegalCategory_descriptor(), statement.subject()) +
                   ", evaluation " + "ABCX?"[std::min(4u, statement.source_evaluation() - 1)] +
                   std::to_string(statement.information_evaluation()) + "]");
}

void print_marks(std::ostream& out, const v1::Marks& marks) {
  static const char* const tlp[] = {"?", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"};
  static const char* const pap[] = {"?", "CLEAR", "GREEN", "AMBER", "RED"};
  std::string text = "H" + std::to_string(marks.handling()) +
                     " TLP:" + tlp[std::min(5u, marks.tlp())] +
                     " PAP:" + pap[std::min(4u, marks.pap())] + ", purpose " + marks.purpose();
  if (marks.do_not_contact_subject()) text += ", do not contact the subject";
  if (marks.do_not_notify_platform_until() > 0)
    text += ", do not notify the platform before " + day_text(marks.do_not_notify_platform_until());
  print_line(out, "marks", text);
  print_line(out, "restriction", marks.handling_text());
  print_line(out, "legal basis", marks.legal_basis());
}

void print_decision(std::ostream& out, const v1::Letter& letter) {
  const v1::ConsentDecision& decision = letter.consent_decision();
  print_line(out, "answers", short_id(letter.in_reply_to()));
  if (decision.granted())
    print_line(out, "decision", "granted until " + day_text(decision.valid_until() / 86'400));
  else
    print_line(out, "decision",
               "denied: " + word(v1::ConsentGround_descriptor(), decision.ground()));
  print_line(out, "conditions", decision.conditions());
}

void print_body(std::ostream& out, const v1::Letter& letter) {
  print_line(out, "facts", letter.request().facts());
  print_line(out, "context", letter.request().context());
  print_line(out, "reasons", letter.request().reasons());
  print_line(out, "intended use", letter.request().intended_use());
  print_line(out, "about ref", to_hex(as_bytes(letter.request().indicator())));
  print_statements(out, letter.request().statements());
  print_statements(out, letter.partial_reply().statements());
  print_statements(out, letter.reply().statements());
  print_statements(out, letter.spontaneous().statements());
  if (letter.has_refusal())
    print_line(out, "ground", word(v1::RefusalGround_descriptor(), letter.refusal().ground()));
  print_line(out, "text", letter.refusal().text());
  print_line(out, "question", letter.clarification_request().question());
  print_line(out, "answer", letter.clarification().answer());
  if (letter.has_consent_request())
    print_line(out, "about letter", short_id(letter.consent_request().letter()));
  print_line(out, "recipient", letter.consent_request().recipient());
  print_line(out, "for", letter.consent_request().purpose());
  print_line(out, "reasons", letter.consent_request().reasons());
  if (letter.has_consent_decision()) print_decision(out, letter);
  if (letter.has_consent_withdrawal())
    print_line(out, "takes back", short_id(letter.in_reply_to()));
  if (letter.has_feedback())
    print_line(out, "outcome", word(v1::FeedbackOutcome_descriptor(), letter.feedback().outcome()));
  print_line(out, "text", letter.feedback().text());
  print_line(out, "reason", letter.cancellation().reason() + letter.consent_withdrawal().reason());
}

void print_letter(std::ostream& out, const LetterView& view) {
  out << '\n'
      << view.kept_at() << "  " << (view.ours() ? "we: " : "they: ") << printable(view.kind())
      << "  " << view.id() << "  (" << printable(view.delivery()) << ")\n";
  if (view.ours() && !view.operator_().empty())
    print_line(out, "written by",
               view.operator_() +
                   (view.approver() == view.operator_() ? "" : ", approved by " + view.approver()));
  if (view.letter().has_marks()) print_marks(out, view.letter().marks());
  print_body(out, view.letter());
  for (const admin::v1::AttachmentView& file : view.attachments())
    print_line(out, "file",
               file.name() + ", " + byte_size(file.size()) +
                   (file.chunks_here() == file.chunks()
                        ? ""
                        : ", " + std::to_string(file.chunks_here()) + " of " +
                              std::to_string(file.chunks()) + " pieces here"));
}

}  // namespace

void show_drafts(const Context& context, const admin::v1::Drafts& drafts) {
  if (context.json) return print_json(context, drafts);
  Table table({"DRAFT", "TO", "KIND", "BY", "WRITTEN"});
  for (const admin::v1::DraftView& draft : drafts.drafts())
    table.add({draft.id().substr(0, id_shown), draft.country(), draft.kind(), draft.drafted_by(),
               draft.drafted_at()});
  if (table.empty()) return say(context, "no drafts");
  table.print(context.out, terminal_width());
}

void show_threads(const Context& context, const admin::v1::Threads& threads) {
  if (context.json) return print_json(context, threads);
  Table table({"REQUEST", "COUNTRY", "SIDE", "STATE", "CLASS", "DUE", "LETTERS"});
  for (const ThreadView& thread : threads.threads())
    table.add({thread.id().substr(0, id_shown), thread.country(), thread.side(), thread.state(),
               short_class(thread.answer_class()), due_text(thread),
               std::to_string(thread.letters())});
  if (table.empty()) return say(context, "no requests");
  table.print(context.out, terminal_width());
}

void show_tallies(const Context& context, const admin::v1::RequestTallies& tallies) {
  if (context.json) return print_json(context, tallies);
  Table table({"COUNTRY", "SIDE", "REQUESTS", "OPEN", "LATE", "ANSWERED", "IN TIME", "REFUSED",
               "NEVER", "FEEDBACK", "OWED", "USEFUL"});
  for (const admin::v1::RequestTally& of : tallies.tallies())
    table.add({of.country(), of.side(), grouped(of.requests()), grouped(of.open()),
               grouped(of.overdue()), grouped(of.answered()), grouped(of.in_time()),
               grouped(of.refused()), grouped(of.unanswered()), grouped(of.feedback_given()),
               grouped(of.feedback_owed()), grouped(of.useful())});
  if (table.empty()) return say(context, "no requests");
  table.print(context.out, terminal_width());
}

void show_thread(const Context& context, const admin::v1::ThreadDetail& detail) {
  if (context.json) return print_json(context, detail);
  const ThreadView& thread = detail.thread();
  context.out << "request " << thread.id() << " with " << printable(thread.country()) << " ("
              << thread.side() << "): " << thread.state() << '\n';
  print_line(context.out, "due", due_text(thread));
  print_line(context.out, "match", thread.match());
  print_line(context.out, "our reports", joined(thread.report_ids()));
  for (const LetterView& letter : detail.letters()) print_letter(context.out, letter);
}

}  // namespace bakhita::cli
