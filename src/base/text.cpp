#include "base/text.hpp"

#include "base/interrupts.hpp"

namespace journey {
namespace {

constexpr std::size_t stretch = 1 << 20;  // how much is copied between two looks at the interrupts

template <class Change>
std::string_view changed(std::string_view text, std::pmr::memory_resource* memory, Change change) {
  auto* copy = static_cast<char*>(memory->allocate(text.size() + 1, 1));
  for (std::size_t begin = 0; begin < text.size(); begin += stretch) {
    check_interrupts();
    std::ranges::transform(text.substr(begin, stretch), copy + begin, change);
  }
  return {copy, text.size()};
}

}  // namespace

std::string_view copied(std::string_view text, std::pmr::memory_resource* memory) {
  return changed(text, memory, std::identity());
}

std::string_view ascii_lowered(std::string_view text, std::pmr::memory_resource* memory) {
  if (std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; })) return text;
  return changed(text, memory, ascii_lower);
}

std::string_view trimmed(std::string_view text) {
  auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  auto begin = std::ranges::find_if_not(text, blank);
  auto end = std::find_if_not(text.rbegin(), std::make_reverse_iterator(begin), blank).base();
  return {begin, end};
}

}  // namespace journey
