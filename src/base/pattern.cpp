#include "base/pattern.hpp"

#include "base/interrupts.hpp"

namespace journey {
namespace {

/// How many bytes of the pattern stand for one byte of the text, and whether `c` is that byte.
struct one_byte {
  std::size_t length;
  bool holds;
};

one_byte match_one(std::string_view pattern, char c) {
  std::size_t end = pattern[0] == '[' ? pattern.find(']', 2) : pattern.npos;
  if (end == pattern.npos) return {1, pattern[0] == c};
  std::string_view members = pattern.substr(1, end - 1);
  bool wanted = members[0] != '!';
  if (!wanted) members.remove_prefix(1);
  bool found = false;
  while (!members.empty()) {
    bool range = members.size() >= 3 && members[1] == '-';
    auto byte = static_cast<unsigned char>(c);
    auto low = static_cast<unsigned char>(members[0]),
         high = static_cast<unsigned char>(members[range ? 2 : 0]);
    found = found || (byte >= low && byte <= high);
    members.remove_prefix(range ? 3 : 1);
  }
  return {end + 1, found == wanted};
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = pattern.npos, resume = 0;  // the last '*', and where to try again after it
  while (t < text.size()) {
    check_interrupts();
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
      continue;
    }
    one_byte one = p < pattern.size() ? match_one(pattern.substr(p), text[t]) : one_byte{0, false};
    if (one.holds) {
      p += one.length;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

}  // namespace journey
