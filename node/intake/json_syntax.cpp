// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/json_syntax.h"

#include "node/intake/limits.h"

namespace bakhita::intake {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Walks through a text; `open_` holds the brackets that are not closed yet.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<JsonMistake> run() {
    space();
    if (peek() != '{') return JsonMistake{at_, "expected a JSON object"};
    if (!values()) return JsonMistake{at_, reason_};
    space();
    if (at_ != text_.size()) return JsonMistake{at_, "text after the JSON object"};
    return std::nullopt;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool fail(std::string reason) {
    reason_ = at_ >= text_.size() ? "the JSON object is cut short" : std::move(reason);
    return false;
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r' || peek() == '\n') ++at_;
  }

  /// Values until every bracket is closed again.
  bool values() {
    do {
      if (!value()) return false;
      // Behind a value: close what ends here, then a comma leads to the next value.
      while (!open_.empty() && !fresh_) {
        space();
        if (take(open_.back())) {
          open_.pop_back();
          continue;
        }
        if (!take(',')) return fail("expected a comma or a closing bracket");
        if (open_.back() == '}' && !name()) return false;
        break;
      }
    } while (!open_.empty());
    return true;
  }

  /// One value; of an object or array only the beginning. Sets fresh_ when the next value is inside
  /// it.
  bool value() {
    fresh_ = false;
    space();
    if (peek() == '{' || peek() == '[') return enter(peek() == '{' ? '}' : ']');
    if (peek() == '"') return string();
    if (peek() == '-' || is_digit(peek())) return number();
    return word("true") || word("false") || word("null") || fail("expected a JSON value");
  }

  bool enter(char closing) {
    if (open_.size() >= json_depth_max) return fail("nested deeper than 32 levels");
    open_.push_back(closing);
    ++at_;
    space();
    if (take(closing)) {
      open_.pop_back();
      return true;
    }
    fresh_ = true;
    return closing == ']' || name();
  }

  bool name() {
    space();
    if (peek() != '"') return fail("expected a member's name in double quotes");
    if (!string()) return false;
    space();
    return take(':') || fail("expected a colon");
  }

  bool string() {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20)
        return fail("a control character in a string");
      if (text_[at_] == '\\' && !escape()) return false;
      ++at_;
    }
    return take('"') || fail("");
  }

  /// Leaves at_ on the escape's last character.
  bool escape() {
    ++at_;
    if (peek() != 'u')
      return (peek() != '\0' &&
              std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos) ||
             fail("an unknown escape in a string");
    for (int i = 0; i < 4; ++i) {
      ++at_;
      if (!is_hex(peek())) return fail("an escape that is not \\u and four hexadecimal digits");
    }
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return fail("expected a digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    take('-');
    if (take('0')) {
      if (is_digit(peek())) return fail("a number that begins with 0");
    } else if (!digits()) {
      return false;
    }
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool word(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string open_;  ///< closing brackets awaited, at most json_depth_max
  bool fresh_ = false;
  std::string reason_;
};

}  // namespace

std::optional<JsonMistake> find_json_mistake(std::string_view text) { return Scanner(text).run(); }

}  // namespace bakhita::intake
