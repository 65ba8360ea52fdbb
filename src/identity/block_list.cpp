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

/// Greedy: each stretch between two % at its first place, the last one at the end.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t percent = pattern.npos;  // the latest % passed, and where the text stood then
  std::size_t resume = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && pattern[at] == '%') {
      percent = at++;
      resume = i;
    } else if (at < pattern.size() && pattern[at] == lower(text[i])) {
      ++at, ++i;
    } else if (percent != pattern.npos) {
      at = percent + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('%', at) == pattern.npos;
}

}  // namespace

void block_list::add(std::string_view entry) {
  entries_.emplace_back(essence(entry));
  for (char& letter : entries_.back()) letter = lower(letter);
}

bool block_list::contains(std::string_view value) const {
  std::string_view core = essence(value);
  return std::any_of(entries_.begin(), entries_.end(),
                     [core](const std::pmr::string& entry) { return matches(entry, core); });
}

}  // namespace journey::identity
