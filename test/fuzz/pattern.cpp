// Any pattern over any text, both in one input, against the rule in its plainest form.
#include "base/pattern.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

/// The same by recursion: `*` is nothing, or a byte and `*` again.
bool plainly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return plainly(pattern.substr(1), text) || (!text.empty() && plainly(pattern, text.substr(1)));
  std::size_t end = pattern[0] == '[' ? pattern.find(']', 2) : pattern.npos;
  std::size_t length = end == pattern.npos ? 1 : end + 1;
  return !text.empty() && journey::matches(pattern.substr(0, length), text.substr(0, 1)) &&
         plainly(pattern.substr(length), text.substr(1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::size_t cut = bytes.find('\n');
  if (cut == bytes.npos) return 0;
  std::string_view pattern = bytes.substr(0, cut), text = bytes.substr(cut + 1);
  bool answer = journey::matches(pattern, text);
  if (size <= 24 && answer != plainly(pattern, text)) std::abort();
  return 0;
}
