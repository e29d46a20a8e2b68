// SPDX-License-Identifier: EUPL-1.2
// What sessions ask of their hosts, and what the oracles see of it; in the place of
// node/peers/link.cpp.
#include "protocol/session/error_code.h"
#include "tests/simulation/network.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

v1::Frame frame_of(peers::Host::Answer answer) {
  v1::Frame frame;
  if (auto* evaluated = std::get_if<v1::Evaluated>(&answer))
    *frame.mutable_evaluated() = std::move(*evaluated);
  else if (auto* busy = std::get_if<v1::Busy>(&answer))
    *frame.mutable_busy() = std::move(*busy);
  else
    *frame.mutable_error() = std::move(std::get<v1::ProtocolError>(answer));
  return frame;
}

void note_refusal(const Result<std::optional<v1::Want>>& next) {
  const auto refused = [&](Error error) { return !next && next.error() == error; };
  SOMETIMES(refused(Error::bad_commitment), "a range is refused: a body does not fit its header");
  SOMETIMES(refused(Error::bad_proof), "a range is refused: its proof fails");
  SOMETIMES(refused(Error::wrong_root), "a range is refused: another root was signed");
  SOMETIMES(refused(Error::bad_signature), "a range is refused: its note is not signed");
  SOMETIMES(refused(Error::malformed), "a range is refused: malformed");
  SOMETIMES(next && !*next, "a fetch is complete");
}

}  // namespace

template <class Work, class Then>
void Network::job(const LinkPointer& link, End& end, Work work, Then then) {
  if (!end.node->up()) return;
  bool failed = false;
  auto result = std::make_shared<std::optional<decltype(work())>>();
  if (!end.node->run([&] { *result = work(); })) failed = true;
  if (failed) return;  // the machine is about to go down
  // Also when the connection is gone meanwhile: a session that is over gives back what it had
  // chosen. Not when the machine went down: nobody remembers it then.
  const auto finish = [this, link, &end, result, then = std::move(then),
                       life = end.node->starts]() mutable {
    if (!end.node->up() || end.node->starts != life) return;
    then(std::move(**result));
    pump(link, end);
  };
  if (weather.job_time_max == 0) {
    then(std::move(**result));
    return;
  }
  events_.after(random_.below(weather.job_time_max), finish);
}

void Network::perform(const LinkPointer& link, End& end, session::Effect effect) {
  Node& node = *end.node;
  Node& peer = peer_of(link, end);
  if (auto* opened = std::get_if<session::Opened>(&effect))
    return on_opened(link, end, opened->hello);
  if (std::holds_alternative<session::ListHeads>(effect)) {
    job(
        link, end,
        [&] {
          auto heads = node.host->heads_for(peer.id);
          if (node.liar.lies())
            node.liar.change_heads(node, heads, [this](const NodeId& id) { return find(id); });
          watcher_.heads_told(node, peer, heads);
          return std::pair(std::move(heads), node.host->statements_for(peer.id));
        },
        [this, &end](std::pair<std::vector<v1::FeedHead>, v1::Clock> told) {
          end.session->heads_listed(std::move(told.first), now(), std::move(told.second));
        });
  } else if (auto* compare = std::get_if<session::CompareClock>(&effect)) {
    job(
        link, end,
        [&] {
          auto wants = node.host->wanted(peer.id, compare->clock);
          watcher_.clock_compared(node, peer, compare->clock, wants);
          return wants;
        },
        [this, &end](Result<std::vector<v1::Want>> wants) {
          end.session->clock_compared(std::move(wants), now());
        });
  } else if (auto* read = std::get_if<session::ReadRange>(&effect)) {
    job(
        link, end,
        [&] {
          auto data = node.host->read(peer.id, read->want);
          if (node.liar.lies()) node.liar.change_range(read->want, data, node.random);
          if (data) watcher_.range_told(node, peer, read->want, *data);
          return data;
        },
        [this, &end](Result<v1::Data> data) { end.session->range_read(std::move(data), now()); });
  } else if (auto* accept = std::get_if<session::AcceptData>(&effect)) {
    job(
        link, end,
        [&] {
          for (const v1::Data& data : accept->data) watcher_.range_taken(node, data);
          return node.host->accept(peer.id, std::move(accept->data));
        },
        [this, &end](Result<std::optional<v1::Want>> next) {
          note_refusal(next);
          end.session->data_accepted(std::move(next), now());
        });
  } else if (auto* answer = std::get_if<session::AnswerLookup>(&effect)) {
    job(
        link, end,
        [&] {
          auto out = node.host->answer(peer.id, answer->request);
          watcher_.lookup_answered(node, peer, answer->request, out);
          if (node.liar.lies()) node.liar.change_answer(out, node.random);
          return out;
        },
        [this, &end](peers::Host::Answer out) {
          end.session->lookup_answered(frame_of(std::move(out)), now());
        });
  } else if (std::holds_alternative<session::ChooseLookup>(effect)) {
    job(
        link, end, [&] { return node.host->next_lookup(peer.id); },
        [this, &end](std::optional<v1::Evaluate> lookup) {
          end.session->lookup_chosen(std::move(lookup), now());
        });
  } else if (auto* close = std::get_if<session::CloseLookup>(&effect)) {
    job(
        link, end,
        [&] {
          if (close->answer)
            node.host->finish_lookup(peer.id, *close->answer);
          else
            node.host->fail_lookup(peer.id, close->request_id, close->retry_after, close->error);
          return true;
        },
        [this, &end](bool) { end.session->lookup_closed(now()); });
  } else if (std::holds_alternative<session::ChooseLetter>(effect)) {
    job(
        link, end, [&] { return node.host->next_letter(peer.id); },
        [this, &end](std::optional<Bytes> sealed) {
          end.session->letter_chosen(std::move(sealed), now());
        });
  } else if (auto* letter = std::get_if<session::CloseLetter>(&effect)) {
    job(
        link, end,
        [&] {
          if (letter->delivered)
            node.host->letter_delivered(peer.id, letter->id);
          else
            node.host->letter_refused(peer.id, letter->id, letter->retry_after,
                                      letter->error.value_or(Error::refused));
          return true;
        },
        [this, &end](bool) { end.session->letter_closed(now()); });
  } else if (auto* taken = std::get_if<session::TakeLetter>(&effect)) {
    job(
        link, end,
        [&] {
          const std::size_t unsynced = node.disk.unsynced();
          const auto done = node.host->take_letter(peer.id, taken->sealed);
          if (done) watcher_.letter_taken(node, unsynced);
          return done;
        },
        [this, &end](Result<void> done) { end.session->letter_taken(std::move(done), now()); });
  } else if (std::holds_alternative<session::ListCharters>(effect)) {
    job(
        link, end,
        [&] {
          return std::pair(node.host->charters_for(peer.id), node.host->shares_community(peer.id));
        },
        [this, &end](std::pair<std::vector<session::CharterNews>, bool> listed) {
          end.session->charters_listed(std::move(listed.first), listed.second, now());
        });
  } else if (auto* learn = std::get_if<session::LearnCharter>(&effect)) {
    job(
        link, end,
        [&] {
          node.host->learn_charter(peer.id, learn->package);
          return true;
        },
        [this, &end](bool) { end.session->charter_learned(now()); });
  } else if (std::holds_alternative<session::SplitViewSeen>(effect)) {
    report(node, peer.id, peers::PeerEvent::Kind::split_view, Error::split_view);
  } else if (auto* closed = std::get_if<session::Closed>(&effect)) {
    watcher_.session_ended(node, peer, *closed);
    const bool fault = closed->ending == session::Ending::misbehaved;
    report(node, peer.id,
           fault ? peers::PeerEvent::Kind::misbehaved : peers::PeerEvent::Kind::closed,
           closed->error);
  }
}

void Network::on_opened(const LinkPointer& link, End& end, const v1::Hello& hello) {
  Node& node = *end.node;
  Node& peer = peer_of(link, end);
  end.open = true;
  end.opened_at = events_.now();
  const std::uint64_t ours = node.unix_now(), theirs = hello.time();
  if ((ours > theirs ? ours - theirs : theirs - ours) > 300) {
    SOMETIMES(true, "clocks of two peers differ by minutes");
    report(node, peer.id, peers::PeerEvent::Kind::clock_differs, std::nullopt);
  }
  if (hello.acceptances_size() > 0) {
    std::vector<v1::Acceptance> all(hello.acceptances().begin(), hello.acceptances().end());
    node.run([&] { node.host->learn_acceptances(peer.id, std::move(all)); });
  }
  // One open link for each peer, as node/peers/network.cpp decides it.
  const auto links = links_[node.id];
  for (const LinkPointer& other : links) {
    if (other == link) continue;
    End& other_end = other->ends[0].node == &node ? other->ends[0] : other->ends[1];
    if (&peer_of(other, other_end) != &peer || !other_end.open || other_end.gone) continue;
    const bool together = events_.now() - other_end.opened_at < 10 * second;
    const bool other_is_preferred = other_end.dialed == (node.id < peer.id);
    const bool keeps_other = together && other_end.dialed != end.dialed && other_is_preferred;
    SOMETIMES(true, "two connections of one pair: one is replaced");
    const LinkPointer loser_link = keeps_other ? link : other;
    End& loser = keeps_other ? end : other_end;
    loser.session->close(session::Ending::replaced, now());
    events_.after(0, [this, loser_link, &loser] { pump(loser_link, loser); });
  }
  report(node, peer.id, peers::PeerEvent::Kind::connected, std::nullopt);
}

}  // namespace bakhita::simulation
