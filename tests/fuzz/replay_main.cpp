// SPDX-License-Identifier: EUPL-1.2
// Runs a fuzz target over the files of its corpus, then over mutations of them with a fixed seed,
// so that each target is exercised by every build, not only where libFuzzer is at hand.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int mutations_per_file = 200;

std::vector<std::uint8_t> read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void mutate(std::vector<std::uint8_t>& data, std::mt19937& random) {
  if (data.empty()) {
    data.push_back(static_cast<std::uint8_t>(random()));
    return;
  }
  const auto at = static_cast<std::ptrdiff_t>(random() % data.size());
  const auto byte = static_cast<std::uint8_t>(random());
  switch (random() % 4) {
    case 0:
      data[static_cast<std::size_t>(at)] = byte;
      break;
    case 1:
      data[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1u << byte % 8);
      break;
    case 2:
      data.erase(data.begin() + at);
      break;
    default:
      data.insert(data.begin() + at, byte);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::mt19937 random(1);
  std::vector<std::vector<std::uint8_t>> inputs{{}};
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i]))
      inputs.push_back(read(entry.path()));
  }
  for (auto input : inputs) {
    for (int i = 0; i < mutations_per_file; ++i) {
      LLVMFuzzerTestOneInput(input.data(), input.size());
      mutate(input, random);
    }
  }
  std::printf("%zu inputs, %d mutations each\n", inputs.size(), mutations_per_file);
  return 0;
}
