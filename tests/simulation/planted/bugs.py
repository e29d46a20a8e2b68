# SPDX-License-Identifier: EUPL-1.2
"""Bugs for plant.py: a rule of the product, word for word as it stands in its file, and the same without it."""
from typing import NamedTuple


class Bug(NamedTuple):
    name: str
    file: str
    rule: str
    bug: str


FEEDS, LOOKUPS, PUBLISHING = "node/store/feeds.cpp", "node/desk/lookups.cpp", "node/desk/publishing.cpp"
ACCEPT = "node/store/feed_accept.cpp"
SPLIT_VIEWS, EXCHANGE = "node/store/split_views.cpp", "node/exchange/exchange_host.cpp"
SYNCING = "node/exchange/syncing.cpp"
RULES, DECIDING = "protocol/policy/rules.cpp", "node/desk/deciding.cpp"
ANSWERING, REPORTS, AUDIT = "node/desk/answering.cpp", "node/store/reports.cpp", "node/store/audit.cpp"

STORAGE = [
    Bug("signs-before-the-anchor", FEEDS, "  anchor.advance_feed(checkpoint);",
        "  if (!PLANTED) anchor.advance_feed(checkpoint);"),
    Bug("signs-before-the-records-are-synced", FEEDS,
        "  state_->database.commit(std::move(extra));\n  entry->row = std::move(next);\n  entry->tree = std::move(tree);",
        "  if (PLANTED) state_->database.commit_later(std::move(extra));\n"
        "  else state_->database.commit(std::move(extra));\n"
        "  entry->row = std::move(next);\n  entry->tree = std::move(tree);"),
    Bug("tells-a-note-that-is-not-synced", FEEDS,
        "  database.commit(std::move(batch));\n  entry.row = std::move(next);\n}\n\nFeedState Feeds::append",
        "  if (PLANTED) database.commit_later(std::move(batch));\n  else database.commit(std::move(batch));\n"
        "  entry.row = std::move(next);\n}\n\nFeedState Feeds::append"),
    Bug("acknowledges-before-the-sync", AUDIT, "  database_.commit(std::move(batch));",
        "  if (PLANTED) database_.commit_later(std::move(batch));\n  else database_.commit(std::move(batch));"),
    Bug("starts-from-an-old-copy", AUDIT, "  if (frontier_.size() < known.audit_size ||",
        "  if (PLANTED) return;\n  if (frontier_.size() < known.audit_size ||"),
    Bug("leaves-the-audit-entry-out", ANSWERING,
        "  if (note)\n    desk.audit.commit(std::move(batch),",
        "  if (PLANTED)\n    desk.database.commit(std::move(batch));\n  else if (note)\n    desk.audit.commit(std::move(batch),"),
    Bug("stays-unsigned-after-a-crash", FEEDS,
        "  if (state.note_size < state.size || !by_this_key) state_->sign_current(*entry, log_key, sign);",
        "  if (!PLANTED && (state.note_size < state.size || !by_this_key)) state_->sign_current(*entry, log_key, sign);"),
    Bug("keeps-the-key-of-an-erased-report", REPORTS, "  destroyed.emplace(key_name(bucket, generation), std::nullopt);",
        "  if (!PLANTED) destroyed.emplace(key_name(bucket, generation), std::nullopt);"),
    Bug("leaves-no-gap-where-a-report-was", REPORTS,
        "  batch.erase(Table::report_ids, keyed_hash(id_key_, as_bytes(id)));",
        "  if (!PLANTED) batch.erase(Table::report_ids, keyed_hash(id_key_, as_bytes(id)));"),
    Bug("writes-a-narrative-in-plain", REPORTS, "  ByteWriter id_row;",
        "  if (PLANTED) batch.put(Table::meta, as_bytes(\"debug\"), as_bytes(content.report().narrative()));\n"
        "  ByteWriter id_row;"),
]

FEED = [
    Bug("skips-the-commitment", ACCEPT, "    if (commit_to(body) != header->commit) return Error::bad_commitment;",
        "    if (!PLANTED && commit_to(body) != header->commit) return Error::bad_commitment;"),
    Bug("skips-the-proof", ACCEPT, "  if (!proven) return tree.size() == checkpoint.size",
        "  if (!PLANTED && !proven) return tree.size() == checkpoint.size"),
    Bug("believes-an-unsigned-note", "protocol/feed/checkpoint.cpp",
        "    if (!check(as_bytes(text), *signature, key)) return Error::bad_signature;",
        "    if (!PLANTED && !check(as_bytes(text), *signature, key)) return Error::bad_signature;"),
    Bug("looks-away-from-a-split-view", SPLIT_VIEWS,
        "  state_->convict(*entry, *seen, note, held, std::string(state.note));\n  return Error::split_view;",
        "  if (PLANTED) return {};\n"
        "  state_->convict(*entry, *seen, note, held, std::string(state.note));\n  return Error::split_view;"),
    Bug("keeps-no-evidence", SPLIT_VIEWS, "  if (kept < evidence_max)\n", "  if (!PLANTED && kept < evidence_max)\n"),
    Bug("forgets-the-frozen-feed", SPLIT_VIEWS, "  frozen.state.frozen = true;", "  frozen.state.frozen = !PLANTED;"),
    Bug("keeps-withdrawn-bodies", "node/store/feed_erasure.cpp", "    if (index < entry.row.state.size && index >=",
        "    if (!PLANTED && index < entry.row.state.size && index >="),
    Bug("does-not-index-tokens", ACCEPT,
        "      batch.put(Table::tokens, token_key(entry.row.state.number, token), number_key(index));",
        "      if (!PLANTED) batch.put(Table::tokens, token_key(entry.row.state.number, token), number_key(index));"),
]

SESSIONS = [
    Bug("takes-a-hello-of-another-connection", "protocol/session/hello.cpp", ".raw(exporter).raw(node.bytes)",
        ".raw(PLANTED ? Hash{} : exporter).raw(node.bytes)"),
    Bug("takes-an-unsigned-hello", "protocol/session/hello.cpp",
        "  if (!check(message, *signature, ends.peer_log_key)) return Error::bad_signature;",
        "  if (!PLANTED && !check(message, *signature, ends.peer_log_key)) return Error::bad_signature;"),
    Bug("never-pings", "protocol/session/session.cpp", "  return pings_sent_ > pings_answered_ ? Time::max()",
        "  return PLANTED || pings_sent_ > pings_answered_ ? Time::max()"),
    Bug("ticks-without-end", "protocol/session/session.cpp", "    if (now >= next_ping_at()) ping();",
        "    if (!PLANTED && now >= next_ping_at()) ping();"),
    Bug("reads-on-past-its-limits", "protocol/session/session.cpp",
        "  return alive() && !fetching_.full() && meter_ready_at(now) <= now;",
        "  return alive() && (PLANTED || (!fetching_.full() && meter_ready_at(now) <= now));"),
]

MEMBERS = [
    Bug("serves-a-removed-member", DECIDING, "  return policy::decide(question, terms_of(community));",
        "  return PLANTED && question.act == policy::Act::relay ? policy::RuleId::allowed\n"
        "                                                       : policy::decide(question, terms_of(community));"),
    Bug("hands-records-to-strangers", SYNCING,
        "  if (!origin_for(peer, *feed, peer)) return refuse_relay(peer, *feed);\n  // In recovery",
        "  if (!PLANTED && !origin_for(peer, *feed, peer)) return refuse_relay(peer, *feed);\n  // In recovery"),
    Bug("answers-an-old-epoch", RULES, "q.now / seconds_per_day > t.charter->former_keys_until_day();",
        "(!PLANTED && q.now / seconds_per_day > t.charter->former_keys_until_day());"),
    Bug("answers-strangers", ANSWERING, "  if (decided != policy::RuleId::allowed)\n    return refused(",
        "  if (!PLANTED && decided != policy::RuleId::allowed)\n    return refused("),
    Bug("serves-in-recovery-mode", EXCHANGE,
        "  const bool serving = listeners_.is_serving();", "  const bool serving = PLANTED || listeners_.is_serving();"),
]

ANSWERS = [
    Bug("drops-the-quota", ANSWERING,
        "  std::uint64_t wait =\n      take(own, limits_of(",
        "  std::uint64_t wait = PLANTED ? 0 :\n      take(own, limits_of("),
    Bug("forgets-what-was-charged", ANSWERING, "    batch.put(store::Table::quotas, own_key, encode(own));",
        "    if (!PLANTED) batch.put(store::Table::quotas, own_key, encode(own));"),
    Bug("answers-other-elements-for-free", ANSWERING,
        "    if (before && as_text(*before) != as_text(asked)) return refusal(request, Error::replayed);",
        "    if (!PLANTED && before && as_text(*before) != as_text(asked)) return refusal(request, Error::replayed);"),
    Bug("takes-any-batch-size", ANSWERING,
        "  if (!is_batch_size(elements->size())) return refusal(request, Error::malformed);",
        "  if (!PLANTED && !is_batch_size(elements->size())) return refusal(request, Error::malformed);"),
    Bug("takes-any-purpose", ANSWERING, "  out.purpose = request.purpose();",
        "  out.purpose = PLANTED ? community.charter.purposes(0) : request.purpose();"),
    Bug("answers-under-a-key-nobody-asked-for", ANSWERING,
        "  if (request.public_key() != as_text(key.public_key)) return",
        "  if (!PLANTED && request.public_key() != as_text(key.public_key)) return"),
    Bug("takes-an-element-twice", "protocol/voprf/voprf.cpp",
        "  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())",
        "  if (!PLANTED && std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())"),
]

QUESTIONS = [
    Bug("believes-a-wrong-evaluation", LOOKUPS,
        "  if (!verify_in_parallel(asked.public_key, asked.blinded, *evaluated, proof))",
        "  if (!PLANTED && !verify_in_parallel(asked.public_key, asked.blinded, *evaluated, proof))"),
    Bug("asks-what-a-victim-uses", "node/desk/facts.cpp",
        "  if (!is_releasable(sighting.role())) {\n      out.shielded_role = true;",
        "  if (!is_releasable(sighting.role())) {\n      out.shielded_role = !PLANTED;"),
    Bug("blinds-with-one-scalar", LOOKUPS, "voprf::scalar_from_uniform(desk_.random.bytes<64>());",
        "voprf::scalar_from_uniform(PLANTED ? ByteArray<64>{1} : desk_.random.bytes<64>());"),
    Bug("asks-unpadded", LOOKUPS, "  while (out.inputs.size() < size) out.inputs",
        "  while (!PLANTED && out.inputs.size() < size) out.inputs"),
    Bug("asks-in-plain", LOOKUPS, "      out.set_purpose(purpose);",
        "      out.set_purpose(PLANTED ? std::string(as_text(batch->inputs[0])) : purpose);"),
    Bug("never-asks-again", LOOKUPS,
        "void Lookups::abandon(const NodeId& peer) {\n  const std::lock_guard lock(mutex_);\n  outstanding_.erase(peer);",
        "void Lookups::abandon(const NodeId& peer) {\n  const std::lock_guard lock(mutex_);\n"
        "  if (!PLANTED) outstanding_.erase(peer);"),
    Bug("misses-new-months", "node/desk/matching.cpp", "        if (known.insert(head->period).second) add_period(*state, head->period);",
        "        if (!PLANTED && known.insert(head->period).second) add_period(*state, head->period);"),
    Bug("shows-what-was-withdrawn", "node/desk/matches.cpp", "  changes.batch.erase(Table::matches, key);",
        "  if (!PLANTED) changes.batch.erase(Table::matches, key);"),
]

POLICY = [
    Bug("publishes-what-a-victim-uses", RULES,
        "bool is_shielded(const Question& q, const Terms&) { return q.facts.shielded_role; }",
        "bool is_shielded(const Question& q, const Terms&) { return !PLANTED && q.facts.shielded_role; }"),
    Bug("publishes-over-the-charter", RULES,
        "  return t.charter == nullptr || q.marks.tlp > t.charter->highest_tlp();",
        "  return t.charter == nullptr || (!PLANTED && q.marks.tlp > t.charter->highest_tlp());"),
    Bug("records-another-answer", DECIDING, "  recorded.rule = policy::name_of(decided);",
        "  recorded.rule = PLANTED ? std::string(\"allowed\") : std::string(policy::name_of(decided));"),
    Bug("forgets-a-withdrawal", PUBLISHING, "    if (change.withdrawn) withdrawals.push_back(",
        "    if (!PLANTED && change.withdrawn) withdrawals.push_back("),
    Bug("reuses-a-salt", PUBLISHING, "make_lock(prk, scope, now.period, desk.random.bytes<32>(), summary,",
        "make_lock(prk, scope, now.period, PLANTED ? ByteArray<32>{} : desk.random.bytes<32>(), summary,"),
    Bug("publishes-without-dummies", PUBLISHING,
        "  const std::size_t missing = (locks_multiple - order",
        "  const std::size_t missing = PLANTED ? 0 : (locks_multiple - order"),
    Bug("publishes-in-the-order-of-its-files", PUBLISHING, "  std::sort(order.begin(), order.end(),",
        "  if (!PLANTED) std::sort(order.begin(), order.end(),"),
    Bug("sees-an-erased-report-still", "node/desk/sightings.cpp", "                                     return sighting.report() == report;",
        "                                     return !PLANTED && sighting.report() == report;"),
    Bug("puts-the-narrative-into-the-audit-trail", "node/desk/import.cpp", "desk_.entry(actor_, \"report.import\", source_, {},",
        "desk_.entry(actor_, \"report.import\", PLANTED ? prepared[0].content.report().narrative() : source_, {},"),
]

LETTERS = [
    Bug("takes-a-piece-before-the-sync", "node/desk/post.cpp", "as_bytes(chunk.content()));\n  desk_.database.commit(",
        "as_bytes(chunk.content()));\n  if (PLANTED) desk_.database.commit_later(std::move(batch));\n  else desk_.database.commit("),
    Bug("leaves-the-last-piece-out", "node/desk/letters.cpp", "chunk < chunks_in(file.size()); ++chunk)",
        "chunk + (PLANTED ? 1 : 0) < chunks_in(file.size()); ++chunk)"),
]

RECOVERY = [
    Bug("trusts-those-who-left", "node/store/members.cpp", "  return last(*this, node, false) > last(*this, node, true);",
        "  return PLANTED ? last(*this, node, false).has_value() : last(*this, node, false) > last(*this, node, true);"),
]

BUGS = STORAGE + FEED + SESSIONS + MEMBERS + ANSWERS + QUESTIONS + POLICY + LETTERS + RECOVERY
