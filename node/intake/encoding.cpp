// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/encoding.h"

namespace bakhita::intake {

std::string foreign_encoding(std::string_view first) {
  using namespace std::string_view_literals;
  if (first.starts_with("\xff\xfe\0\0"sv)) return "UTF-32 (little endian)";
  if (first.starts_with("\0\0\xfe\xff"sv)) return "UTF-32 (big endian)";
  if (first.starts_with("\xff\xfe"sv)) return "UTF-16 (little endian)";
  if (first.starts_with("\xfe\xff"sv)) return "UTF-16 (big endian)";
  // Both formats begin with an ASCII character; without a mark its other byte gives UTF-16 away.
  if (first.size() >= 4 && first[0] != 0 && first[1] == 0 && first[2] != 0 && first[3] == 0)
    return "UTF-16 (little endian, without a mark)";
  if (first.size() >= 4 && first[0] == 0 && first[1] != 0 && first[2] == 0 && first[3] != 0)
    return "UTF-16 (big endian, without a mark)";
  if (first.starts_with("\x1f\x8b"sv)) return "gzip";
  if (first.starts_with("PK\x03\x04"sv)) return "a ZIP archive or spreadsheet";
  return {};
}

std::string describe_invalid_byte(unsigned char byte) {
  constexpr char digits[] = "0123456789ABCDEF";
  const std::string hex{digits[byte >> 4], digits[byte & 15]};
  return "not UTF-8 at byte 0x" + hex +
         "; if the file is Windows-1252 or ISO 8859-1, save it as UTF-8";
}

}  // namespace bakhita::intake
