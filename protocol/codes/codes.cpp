// SPDX-License-Identifier: EUPL-1.2
#include "protocol/codes/codes.h"

#include <stdexcept>

#include "protocol/identifier/text.h"

namespace bakhita {

CodeLists CodeLists::parse(const TableTexts& texts) {
  CodeLists out;
  for (const auto& [file, content] : texts) {
    int number = 0;
    for (std::string_view line : text::split(content, '\n')) {
      ++number;
      if (line.empty() || line[0] == '#') continue;
      const auto fields = text::split(line, '\t');
      if (fields.size() < 4 || !text::is_digits(fields[2]))
        throw std::runtime_error(file + ":" + std::to_string(number) +
                                 ": expected list, version, number, code");
      CodeList& list = out.lists_[std::string(fields[0])];
      const auto code_number = static_cast<std::uint32_t>(std::stoul(std::string(fields[2])));
      list.version = fields[1];
      list.numbers[std::string(fields[3])] = code_number;
      list.codes[code_number] = fields[3];
    }
  }
  for (std::string_view name :
       {code_list::acts, code_list::means, code_list::purposes, code_list::exploitation,
        code_list::recruitment, code_list::control, code_list::industry, code_list::age})
    if (!out.lists_.contains(name))
      throw std::runtime_error("code list " + std::string(name) + " is missing");
  return out;
}

std::vector<std::string> CodeLists::codes(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [code, number] : list(name).numbers) out.push_back(code);
  return out;
}

}  // namespace bakhita
