// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/letters.h"

#include <algorithm>
#include <array>

#include "node/desk/correspondence.h"
#include "tests/simulation/attachments.h"
#include "tests/simulation/points.h"
#include "tests/simulation/world.h"

namespace bakhita::simulation {
namespace {

void set_statement(v1::Statement& out, const std::string& text) {
  out.set_text(text);
  out.set_basis(v1::STATEMENT_BASIS_FACT);
  out.set_subject(v1::LEGAL_CATEGORY_SUSPECT);
  out.set_source_evaluation(1);
  out.set_information_evaluation(2);
}

void set_marks(v1::Marks& marks) {
  marks.set_tlp(3);
  marks.set_pap(2);
  marks.set_purpose("investigation");
  marks.set_legal_basis("invented treaty, article 1");
}

/// What the run wrote into a letter; empty: the node wrote it by itself.
std::string text_in(const v1::Letter& letter) {
  if (letter.has_request()) return letter.request().facts();
  if (letter.has_spontaneous()) return letter.spontaneous().statements(0).text();
  if (letter.has_partial_reply()) return letter.partial_reply().statements(0).text();
  if (letter.has_reply()) return letter.reply().statements(0).text();
  if (letter.has_refusal()) return letter.refusal().text();
  if (letter.has_clarification_request()) return letter.clarification_request().question();
  if (letter.has_clarification()) return letter.clarification().answer();
  if (letter.has_feedback()) return letter.feedback().text();
  return {};
}

v1::Letter opening(Random& random, const std::string& text) {
  v1::Letter out;
  set_marks(*out.mutable_marks());
  if (random.chance(0.3)) {
    set_statement(*out.mutable_spontaneous()->add_statements(), text);
    SOMETIMES(true, "somebody writes unasked");
    return out;
  }
  v1::InformationRequest& request = *out.mutable_request();
  request.set_answer_class(random.chance(0.3) ? v1::ANSWER_CLASS_URGENT_ACCESSIBLE
                                              : v1::ANSWER_CLASS_ORDINARY);
  request.set_facts(text);
  request.set_context(std::string(canary) + "x context");
  request.set_reasons(std::string(canary) + "x reasons");
  request.set_intended_use("investigation");
  request.set_language("en");
  SOMETIMES(true, "somebody asks for information");
  return out;
}

/// The asked side answers, in part or whole, asks back, or refuses; the asking side goes on.
std::optional<v1::Letter> next_step(const admin::v1::ThreadView& thread, Random& random,
                                    const std::string& text) {
  v1::Letter out;
  if (thread.side() == "asking" && random.chance(0.1)) {
    out.mutable_feedback()->set_outcome(v1::FEEDBACK_OUTCOME_NO_USE);
    out.mutable_feedback()->set_text(text);
    return out;
  }
  if (thread.side() == "asked" && thread.due_by() == "us") {
    switch (random.below(5)) {
      case 0:
        set_statement(*out.mutable_partial_reply()->add_statements(), text);
        break;
      case 1:
        out.mutable_clarification_request()->set_question(text);
        break;
      case 2:
        out.mutable_refusal()->set_ground(v1::REFUSAL_GROUND_NOT_AVAILABLE);
        out.mutable_refusal()->set_text(text);
        break;
      default:
        set_statement(*out.mutable_reply()->add_statements(), text);
        break;
    }
    return out;
  }
  if (thread.side() != "asking") return std::nullopt;
  if (thread.state() == "feedback-due") {
    out.mutable_feedback()->set_outcome(v1::FEEDBACK_OUTCOME_NO_USE);
    out.mutable_feedback()->set_text(text);
    return out;
  }
  if (thread.due_by() != "us") return std::nullopt;
  out.mutable_clarification()->set_answer(text);
  return out;
}

/// Kept outside the product; certain once the node has acknowledged the writing.
void write(World& world, Node& node, std::size_t to, const std::string& text,
           admin::v1::LetterWrite request) {
  std::vector<KnownLetter>& known = world.truth.letters;
  const std::size_t place = known.size();
  known.push_back({.text = text, .from = node.index, .to = to, .certain = false});
  known[place].opening = request.thread().empty();
  if (!attach_files(world, node, known[place], *request.mutable_content())) return;
  const bool done = node.run([&] {
    try {
      known[place].id = desk::write(*node.desk, request).id();
      always(node.disk.all_synced(), "a letter was acknowledged before it was durable");
      known[place].certain = true;
    } catch (const desk::LetterRefused& refused) {
      SOMETIMES(refused.rule() == "not-members", "a letter to a former member is refused");
      SOMETIMES(refused.rule() == "wrong-state", "a step out of turn is refused");
    }
  });
  if (done) node.work_soon();
}

std::string new_text(const World& world, const Node& node) {
  return std::string(canary) + "l" + std::to_string(node.index) + "-" +
         std::to_string(world.truth.letters.size());
}

void begin_correspondence(World& world, Node& node) {
  if (!node.serving() || world.truth.groups.empty()) return;
  const Group& group = world.truth.groups[node.random.below(world.truth.groups.size())];
  std::vector<std::size_t> others(group.ever.begin(), group.ever.end());
  std::erase(others, node.index);
  if (!group.ever.contains(node.index) || others.empty()) return;
  const std::size_t to = others[node.random.below(others.size())];
  const std::string text = new_text(world, node);
  admin::v1::LetterWrite request;
  *request.mutable_content() = opening(node.random, text);
  request.set_peer(world.nodes[to]->country);
  request.set_community(group.name);
  request.set_operator_("operator");
  write(world, node, to, text, request);
}

void go_on(World& world, Node& node) {
  if (!node.serving()) return;
  admin::v1::Threads threads;
  node.run([&] { threads = desk::list_threads(*node.desk, {}); });
  if (threads.threads().empty() || !node.serving()) return;
  const auto count = static_cast<std::uint64_t>(threads.threads_size());
  const admin::v1::ThreadView& thread = threads.threads(static_cast<int>(node.random.below(count)));
  const std::string text = new_text(world, node);
  const auto step = next_step(thread, node.random, text);
  const auto to = std::ranges::find_if(
      world.nodes, [&](const auto& other) { return other->country == thread.country(); });
  if (!step || to == world.nodes.end()) return;
  admin::v1::LetterWrite request;
  *request.mutable_content() = *step;
  request.set_thread(thread.id());
  request.set_operator_("operator");
  SOMETIMES(step->has_reply(), "a request is answered");
  SOMETIMES(step->has_refusal(), "a request is refused with a ground");
  SOMETIMES(step->has_clarification(), "a question back is answered");
  SOMETIMES(step->has_feedback(), "feedback is given");
  write(world, node, (*to)->index, text, request);
}

/// How often each text came, of letters that others wrote; and what a node says of its own.
struct Kept {
  std::map<std::string, int> received;
  std::map<std::string, std::string> undeliverable;
};
Kept kept_by(const Node& node) {
  Kept out;
  for (const auto& [id, thread] : node.stores->letters.threads())
    for (const storage::v1::KeptLetter& kept : node.stores->letters.letters_of(id)) {
      const std::string text = text_in(desk::letter_in(kept));
      if (text.empty()) continue;
      if (!kept.ours())
        ++out.received[text];
      else if (!kept.undeliverable().empty())
        out.undeliverable[text] = kept.undeliverable();
    }
  return out;
}

}  // namespace

void plan_letters(World& world) {
  for (auto& pointer : world.nodes) {
    Node& node = *pointer;
    const Random stream = world.random.fork("letters", node.index);
    const double rate = world.scenario.letters_per_hour;
    world.repeat(rate, stream.fork("begin"), [&] { begin_correspondence(world, node); });
    world.repeat(4 * rate, stream.fork("go on"), [&] { go_on(world, node); });
  }
}

std::string missing_letter(World& world) {
  std::map<std::size_t, Kept> kept;
  for (auto& node : world.nodes)
    if (node->serving()) node->run([&] { kept[node->index] = kept_by(*node); });
  for (KnownLetter& letter : world.truth.letters) {
    Node &from = *world.nodes[letter.from], &to = *world.nodes[letter.to];
    if (!kept.contains(letter.from) || !kept.contains(letter.to)) continue;
    const auto came = kept[letter.to].received.find(letter.text);
    const int times = came == kept[letter.to].received.end() ? 0 : came->second;
    always(times <= 1, "a letter had its effect twice");
    SOMETIMES(times == 1 && !letter.certain, "a letter came that its writer did not see off");
    if (!letter.certain || from.rolled_back || to.rolled_back || from.liar.lied || to.liar.lied)
      continue;
    std::string file;
    if (times == 1) to.run([&] { file = missing_file(to, from, letter); });
    if (times == 1 && file.empty()) continue;
    // Who was taken off the charter meanwhile is written to no more; and a step may have crossed
    // another one.
    const bool given_up = kept[letter.from].undeliverable.contains(letter.text);
    SOMETIMES(given_up, "a letter is given up");
    const bool members_change =
        std::ranges::any_of(std::array{Fault::removal, Fault::proposal, Fault::fork},
                            [&](Fault fault) { return world.scenario.faults.contains(fault); });
    if (given_up && (!letter.opening || members_change)) continue;
    if (!file.empty()) return file + (given_up ? ": they were given up" : "");
    return "a letter of node " + std::to_string(letter.from) + " has not come to node " +
           std::to_string(letter.to) + (given_up ? ": it was given up" : "");
  }
  SOMETIMES(!world.truth.letters.empty(), "all letters have come");
  return {};
}

}  // namespace bakhita::simulation
