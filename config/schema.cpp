// SPDX-License-Identifier: EUPL-1.2
#include "config/schema.h"

#include <map>
#include <vector>

#include "config/config.h"

namespace bakhita::config {
namespace {

/// A section, or a key without children.
struct Node {
  std::map<std::string, Node> children;
  KeySchema key;
};

/// The tree of all dotted keys.
Node tree() {
  Node root;
  for (const std::string& name : all_keys()) {
    Node* at = &root;
    for (std::size_t begin = 0; begin <= name.size();) {
      const std::size_t end = std::min(name.find('.', begin), name.size());
      at = &at->children[name.substr(begin, end - begin)];
      begin = end + 1;
    }
    at->key = schema_of(name);
  }
  return root;
}

bool is_required(const Node& node) {
  if (node.children.empty()) return node.key.required;
  for (const auto& [name, child] : node.children)
    if (is_required(child)) return true;
  return false;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string leaf(const Node& node, const std::string& name) {
  std::string out = "{\"description\": " + quoted(help_of(name)) + ", ";
  if (!node.key.list) return out + node.key.value + "}";
  return out + "\"oneOf\": [{" + node.key.value + "}, {\"type\": \"array\", \"items\": {" +
         node.key.value + "}}]}";
}

void write_section(const Node& node, const std::string& name, const std::string& indent,
                   std::string& out) {
  out += indent + "\"type\": \"object\",\n" + indent + "\"additionalProperties\": false,\n";
  std::string required;
  for (const auto& [child_name, child] : node.children)
    if (is_required(child)) required += (required.empty() ? "" : ", ") + quoted(child_name);
  if (!required.empty()) out += indent + "\"required\": [" + required + "],\n";
  out += indent + "\"properties\": {\n";
  for (auto child = node.children.begin(); child != node.children.end(); ++child) {
    const std::string path = (name.empty() ? "" : name + ".") + child->first;
    out += indent + "  " + quoted(child->first) + ": ";
    if (child->second.children.empty()) {
      out += leaf(child->second, path);
    } else {
      out += "{\n" + indent + "    \"description\": " + quoted(help_of(path)) + ",\n";
      write_section(child->second, path, indent + "    ", out);
      out += indent + "  }";
    }
    out += std::next(child) == node.children.end() ? "\n" : ",\n";
  }
  out += indent + "}\n";
}

}  // namespace

std::string help_of(const std::string& name) {
  static const std::map<std::string, std::string> help{
      {"admin_socket", "The socket that `bakhita` talks to."},
      {"authority", "The authority's name, in the node card that other countries verify."},
      {"country", "ISO 3166-1 alpha-2, or another short name in capitals."},
      {"data_folder", "The database; the head anchor and the node card stand beside it."},
      {"desk", "Where peers ask about a match, shown to them; default: the country."},
      {"keystore", "The sealed file with every secret of the node, and what opens it."},
      {"keystore.credential", "Name of a credential of the service manager that opens it."},
      {"keystore.file", "The sealed file itself."},
      {"keystore.key_file", "A key file that opens it."},
      {"limits", "Memory and disk of the database."},
      {"limits.block_cache", "What it keeps of what it read."},
      {"limits.free_space_min",
       "With less free on its disk nothing is imported, newly published, or taken from peers."},
      {"limits.write_buffer", "What it gathers before it writes a table file."},
      {"logging", "What goes to standard error."},
      {"logging.format", "Lines for people, or a JSON document each."},
      {"logging.level", "The least that is logged."},
      {"lookups", "What this node asks of others."},
      {"lookups.interval", "How often identifiers that were not looked up yet are asked for."},
      {"network", "Where the node is reached."},
      {"network.advertise", "Addresses for the node card, that others reach."},
      {"network.dial_interval", "How often a peer that is not connected is tried."},
      {"network.listen", "Addresses that the node listens on."},
      {"peers", "How others are trusted."},
      {"peers.approvals", "Persons that must verify a peer's number: 1 or 2."},
      {"publishing", "What leaves this node."},
      {"publishing.approvals", "Persons that a publication needs: 1 or 2."},
      {"publishing.retention_days", "Life of a published lock."},
      {"quotas", "What one peer may ask of this node."},
      {"quotas.all_peers", "All peers of a community together may ask so many times what one may."},
      {"quotas.g1", "Of enumerable identifiers: phones, accounts at banks."},
      {"quotas.g1.burst", "Elements at once."},
      {"quotas.g1.per_day", "Elements a day."},
      {"quotas.g1.per_epoch", "Elements in an epoch."},
      {"quotas.g2", "Of sparse identifiers."},
      {"quotas.g2.burst", "Elements at once."},
      {"quotas.g2.per_day", "Elements a day."},
      {"quotas.g2.per_epoch", "Elements in an epoch."},
      {"quotas.onboarding", "Granted to a peer once, by `bakhita peer release-onboarding`."},
      {"quotas.onboarding.g1", "Elements of enumerable identifiers."},
      {"quotas.onboarding.g2", "Elements of sparse identifiers."},
      {"recovery", "The way out of recovery mode."},
      {"recovery.peers", "Peers that must have said what they hold of this node's feed."},
      {"tables_folder", "Tables of canonical forms and code lists; default: the installed ones."},
  };
  const auto found = help.find(name);
  return found == help.end() ? "" : found->second;
}

std::string json_schema() {
  std::string out =
      "{\n"
      "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
      "  \"title\": \"Configuration of a Bakhita node\",\n";
  write_section(tree(), "", "  ", out);
  return out + "}\n";
}

}  // namespace bakhita::config
