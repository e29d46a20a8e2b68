// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/attachments.h"
#include "node/cli/commands.h"
#include "node/cli/letter_options.h"
#include "node/cli/letter_views.h"
#include "node/cli/reply.h"
#include "protocol/letter/correspondence.h"

namespace bakhita::cli {
namespace {

/// One letter of a kind, as its options fill it in.
struct Writing {
  Request request;
  LetterOptions options;
  std::vector<std::filesystem::path> files;
  admin::v1::LetterWrite& write() { return *request.mutable_letter_write(); }
  v1::Letter& letter() { return *write().mutable_content(); }
};

void send(const Context& context, Writing& writing) {
  apply(writing.options, writing.letter());
  for (const auto& file : writing.files)
    *writing.letter().add_attachments() = upload_attachment(context, file);
  writing.write().set_operator_(context.operator_name);
  const Response response = call(context, writing.request);
  const auto& written = response.letter_written();
  if (context.json) return print_json(context, written);
  context.out << (written.sent() ? "sent " : "draft ") << written.id() << " in request "
              << written.thread() << '\n';
  for (const std::string& other : written.also_open())
    say(context, "note: request " + other.substr(0, 12) +
                     " about the same match waits already: to be sent (`bakhita request drafts`), "
                     "or for its answer");
  if (!written.sent())
    say(context,
        "a second person sends it: bakhita --as NAME request send " + written.id().substr(0, 8));
}

/// A verb that writes a letter; `add` adds what is its own.
template <class Add>
CLI::App* add_writing(CLI::App& parent, Context& context, const char* name, const char* help,
                      Add add) {
  auto writing = std::make_shared<Writing>();
  CLI::App* command = parent.add_subcommand(name, help);
  add(*command, *writing);
  add_mark_options(*command, writing->options);
  command->add_option("--attach", writing->files, "a file that goes along, up to 64 MiB")
      ->type_name("FILE");
  command->add_flag_callback(
      "--draft", [writing] { writing->write().set_draft_only(true); },
      "keep it; `request send` sends it");
  command->callback([&context, writing] { send(context, *writing); });
  return command;
}

void add_thread(CLI::App& command, Writing& writing) {
  command.add_option("REQUEST", *writing.write().mutable_thread(), "its id, or how it begins")
      ->required();
}

void add_consent_request(CLI::App& command, Writing& writing) {
  command
      .add_option("--request", *writing.write().mutable_consent_request(),
                  "id of the letter that asks, or how it begins; needed when several are open")
      ->type_name("LETTER");
}

void add_new(CLI::App& request, Context& context) {
  add_writing(
      request, context, "new", "ask another authority what it knows",
      [](CLI::App& command, Writing& writing) {
        admin::v1::LetterWrite& write = writing.write();
        v1::InformationRequest& body = *writing.letter().mutable_request();
        command
            .add_option("--match", *write.mutable_match(),
                        "the match that leads here: fills in all that is not given")
            ->type_name("ID");
        command.add_option("--peer", *write.mutable_peer(), "country, without a match");
        command.add_option("--community", *write.mutable_community(), "under whose charter")
            ->type_name("NAME");
        add_class_option(command, body);
        command.add_option("--facts", *body.mutable_facts(), "what is known");
        command.add_option("--context", *body.mutable_context(), "the case around it");
        command.add_option("--reasons", *body.mutable_reasons(), "why it is asked");
        command.add_option("--use", *body.mutable_intended_use(), "what the answer is for");
        command.add_option("--language", *body.mutable_language(), "of the answer (BCP 47)");
      });
}

void add_answers(CLI::App& request, Context& context) {
  add_writing(request, context, "answer", "answer a request, or a part of it",
              [](CLI::App& command, Writing& writing) {
                add_thread(command, writing);
                command.add_flag("--partial", writing.options.partial, "more will follow");
                add_statement_options(command, writing.options);
              });
  add_writing(request, context, "refuse", "refuse a request, with a ground",
              [](CLI::App& command, Writing& writing) {
                add_thread(command, writing);
                add_ground_option(command, *writing.letter().mutable_refusal());
                command.add_option("--text", *writing.letter().mutable_refusal()->mutable_text(),
                                   "what the ground leaves unsaid");
              });
  add_writing(request, context, "clarify", "ask back (--ask), or answer that (--answer)",
              [](CLI::App& command, Writing& writing) {
                add_thread(command, writing);
                auto* question = command.add_option("--ask", writing.options.question,
                                                    "a question; the clock stands still");
                command.add_option("--answer", writing.options.answer, "the answer to one")
                    ->excludes(question);
              });
  add_writing(request, context, "feedback", "say what an answer led to",
              [](CLI::App& command, Writing& writing) {
                add_thread(command, writing);
                add_outcome_option(command, *writing.letter().mutable_feedback());
                command.add_option("--text", *writing.letter().mutable_feedback()->mutable_text(),
                                   "in words");
              });
  add_writing(request, context, "cancel", "an answer is needed no more",
              [](CLI::App& command, Writing& writing) {
                add_thread(command, writing);
                command.add_option(
                    "--reason", *writing.letter().mutable_cancellation()->mutable_reason(), "why");
              });
}

void add_inform(CLI::App& request, Context& context) {
  add_writing(
      request, context, "inform", "hand over information that nobody asked for",
      [](CLI::App& command, Writing& writing) {
        command.add_option("--peer", *writing.write().mutable_peer(), "country")->required();
        command
            .add_option("--community", *writing.write().mutable_community(), "under whose charter")
            ->type_name("NAME");
        writing.options.spontaneous = true;
        add_statement_options(command, writing.options);
      });
}

void add_consent(CLI::App& request, Context& context) {
  CLI::App* consent = request.add_subcommand("consent", "onward use: ask, grant, deny, take back");
  consent->require_subcommand(1);
  add_writing(*consent, context, "ask", "may this be passed on, or used otherwise?",
              [](CLI::App& command, Writing& writing) {
                add_thread(command, writing);
                v1::ConsentRequest& body = *writing.letter().mutable_consent_request();
                command
                    .add_option("--letter", *writing.write().mutable_consent_letter(),
                                "the letter whose content it is: its id, or how it begins")
                    ->required();
                command
                    .add_option("--recipient", *body.mutable_recipient(), "country or authority")
                    ->required();
                command.add_option("--for", *body.mutable_purpose(), "purpose code")->required();
                command.add_option("--reasons", *body.mutable_reasons(), "why")->required();
              });
  add_writing(*consent, context, "grant", "say yes, until a day",
              [](CLI::App& command, Writing& writing) {
                add_thread(command, writing);
                add_consent_request(command, writing);
                command.add_option("--until", writing.options.until, "YYYY-MM-DD")->required();
                v1::ConsentDecision& body = *writing.letter().mutable_consent_decision();
                body.set_granted(true);
                command.add_option("--conditions", *body.mutable_conditions(), "in words");
              });
  add_writing(*consent, context, "deny", "say no, with a ground",
              [](CLI::App& command, Writing& writing) {
                add_thread(command, writing);
                add_consent_request(command, writing);
                add_ground_option(command, *writing.letter().mutable_consent_decision());
              });
  add_writing(*consent, context, "withdraw", "take a consent back",
              [](CLI::App& command, Writing& writing) {
                add_thread(command, writing);
                command
                    .add_option("--decision", *writing.write().mutable_consent_decision(),
                                "the letter that granted it: its id, or how it begins")
                    ->required();
                command
                    .add_option("--reason",
                                *writing.letter().mutable_consent_withdrawal()->mutable_reason(),
                                "why")
                    ->required();
              });
}

void add_drafts(CLI::App& request, Context& context) {
  CLI::App* drafts = request.add_subcommand("drafts", "what waits for a second person");
  drafts->callback([&context] {
    Request list;
    list.mutable_draft_list();
    show_drafts(context, call(context, list).drafts());
  });
  auto send_one = std::make_shared<Request>();
  CLI::App* send_command = request.add_subcommand("send", "send a draft, as its second person");
  send_command->add_option("DRAFT", *send_one->mutable_letter_send()->mutable_id(), "its id")
      ->required();
  send_command->callback([&context, send_one] {
    send_one->mutable_letter_send()->set_operator_(context.operator_name);
    const Response response = call(context, *send_one);
    if (context.json)
      print_json(context, response.letter_written());
    else
      context.out << "sent " << response.letter_written().id() << '\n';
  });
  auto discard = std::make_shared<Request>();
  CLI::App* discard_command = request.add_subcommand("discard", "throw a draft away");
  discard_command->add_option("DRAFT", *discard->mutable_letter_discard()->mutable_id(), "its id")
      ->required();
  discard_command->callback([&context, discard] {
    discard->mutable_letter_discard()->set_operator_(context.operator_name);
    const Response response = call(context, *discard);
    if (context.json) return print_json(context, response.ok());
    say(context, response.ok().message());
  });
}

void add_reading(CLI::App& request, Context& context) {
  auto list = std::make_shared<Request>();
  admin::v1::ThreadList* filter = list->mutable_thread_list();
  CLI::App* list_command = request.add_subcommand("list", "what is asked and answered");
  list_command->add_option("--country", *filter->mutable_peer(), "only with this country");
  std::vector<std::string> states = correspondence_state_names();
  states.emplace_back("open");  // information that nobody asked for
  list_command->add_option("--state", *filter->mutable_state(), "only in this state")
      ->check(CLI::IsMember(states));
  list_command->add_option("--report", *filter->mutable_report_id(), "only about this report")
      ->type_name("ID");
  list_command->add_option("--side", *filter->mutable_side(), "asking, asked or information")
      ->check(CLI::IsMember({"asking", "asked", "information"}));
  list_command->add_flag_callback(
      "--overdue", [filter] { filter->set_overdue(true); }, "only what is late");
  list_command->callback(
      [&context, list] { show_threads(context, call(context, *list).threads()); });

  auto show = std::make_shared<Request>();
  CLI::App* show_command = request.add_subcommand("show", "all letters of a request");
  show_command->add_option("REQUEST", *show->mutable_thread_show()->mutable_id(), "its id")
      ->required();
  show_command->callback([&context, show] {
    show->mutable_thread_show()->set_operator_(context.operator_name);
    show_thread(context, call(context, *show).thread());
  });
}

void add_stats(CLI::App& request, Context& context) {
  auto stats = std::make_shared<Request>();
  CLI::App* command =
      request.add_subcommand("stats", "what became of requests, by country: answers, feedback");
  command->add_option("--country", *stats->mutable_request_stats()->mutable_peer(),
                      "only with this country");
  command->callback(
      [&context, stats] { show_tallies(context, call(context, *stats).request_tallies()); });
}

void add_use(CLI::App& request, Context& context) {
  auto use = std::make_shared<Request>();
  admin::v1::OnwardUse* body = use->mutable_onward_use();
  CLI::App* command =
      request.add_subcommand("use", "may the content of a letter be used so? Answers and records");
  command->add_option("LETTER", *body->mutable_letter(), "its id")->required();
  command->add_option("--as", *body->mutable_use(), "the use")
      ->required()
      ->check(CLI::IsMember(
          {"court", "pass-on", "purpose", "contact-subject", "notify-platform", "against-victim"}));
  command->add_option("--recipient", *body->mutable_recipient(), "country or authority");
  command->add_option("--for", *body->mutable_purpose(), "purpose code");
  command->callback([&context, use, body] {
    body->set_operator_(context.operator_name);
    const Response response = call(context, *use);
    const admin::v1::OnwardAnswer& answer = response.onward();
    if (context.json) print_json(context, answer);
    if (!answer.allowed())
      throw CommandError(ExitCode::refused,
                         answer.explanation() + " (rule " + answer.rule() + ", may be changed by " +
                             answer.changed_by() + ")",
                         answer.consent_can_lift() ? "ask the sender: bakhita request consent ask"
                                                   : "no consent lifts this rule");
    if (!context.json) context.out << "allowed: " << answer.explanation() << '\n';
  });
}

void add_save(CLI::App& request, Context& context) {
  struct Saving {
    std::string letter, name;
    std::filesystem::path out;
  };
  auto saving = std::make_shared<Saving>();
  CLI::App* command = request.add_subcommand("save", "write a received file to disk");
  command->add_option("LETTER", saving->letter, "the letter it came with")->required();
  command->add_option("NAME", saving->name, "its name, or its SHA-256")->required();
  command->add_option("--out", saving->out, "where to; must not exist")
      ->type_name("FILE")
      ->required();
  command->callback([&context, saving] {
    download_attachment(context, saving->letter, saving->name, saving->out);
    admin::v1::Done done;
    done.set_message("wrote " + saving->out.string());
    if (context.json)
      print_json(context, done);
    else
      say(context, done.message());
  });
}

}  // namespace

void add_request_commands(CLI::App& app, Context& context) {
  CLI::App* request =
      app.add_subcommand("request", "ask other authorities, answer them, and what follows");
  request->require_subcommand(1);
  add_new(*request, context);
  add_reading(*request, context);
  add_stats(*request, context);
  add_answers(*request, context);
  add_inform(*request, context);
  add_consent(*request, context);
  add_drafts(*request, context);
  add_use(*request, context);
  add_save(*request, context);
}

}  // namespace bakhita::cli
