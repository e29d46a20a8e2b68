// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a signed checkpoint: with a signature check that always agrees, so that what is
// behind it is reached, there is one text for a checkpoint.
#include "protocol/feed/checkpoint.h"

#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

void fuzz(ByteView input) {
  static const FeedId feed{{{1, 2, 3}}, {{4, 5, 6}}, 7};
  static const PublicKey key{9};
  const auto agree = [](ByteView, const Signature&, const PublicKey&) { return true; };
  const std::string_view note = as_text(input);
  require(!open_checkpoint(note, feed, key));
  const auto text = open_note(note, origin_line(feed), key, agree);
  const auto checkpoint = open_checkpoint(note, feed, key, agree);
  if (checkpoint) require(text && *text == checkpoint_text(*checkpoint));
  if (!text) return;
  const std::string again = make_note(*text, origin_line(feed), key, Signature{1});
  require(open_note(again, origin_line(feed), key, agree) == *text);
  require(open_checkpoint(again, feed, key, agree).has_value() == checkpoint.has_value());
}

}  // namespace bakhita::fuzzing
