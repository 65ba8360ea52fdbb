#include "identity/block_list.hpp"

#include <algorithm>

namespace journey::identity {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

std::string_view essence(std::string_view value) {
  constexpr std::string_view white = " \t\n\v\f\r";
  std::size_t start = value.find_first_not_of(white);
  if (start == value.npos) return {};
  value = value.substr(start, value.find_last_not_of(white) - start + 1);
  bool zeros = value.find('0') != value.npos && value.find_first_not_of("0-") == value.npos;
  return zeros ? "0" : value;
}

}  // namespace

void block_list::add(std::string_view value) {
  values_.emplace_back(essence(value));
  for (char& letter : values_.back()) letter = lower(letter);
}

bool block_list::contains(std::string_view value) const {
  std::string_view core = essence(value);
  return std::any_of(values_.begin(), values_.end(), [core](const std::pmr::string& blocked) {
    return std::equal(blocked.begin(), blocked.end(), core.begin(), core.end(),
                      [](char left, char right) { return left == lower(right); });
  });
}

}  // namespace journey::identity
