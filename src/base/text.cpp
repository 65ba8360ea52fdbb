#include "base/text.hpp"

#include "base/interrupts.hpp"

namespace journey {
namespace {

constexpr std::size_t stretch = 1 << 20;  // how much is read between two looks at the interrupts

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
  for (std::size_t begin = 0; begin < text.size(); begin += stretch) {
    check_interrupts();
    if (std::ranges::any_of(text.substr(begin, stretch), [](char c) { return c >= 'A' && c <= 'Z'; }))
      return changed(text, memory, ascii_lower);
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  for (; !text.empty() && blank(text.front()); text.remove_prefix(1)) check_interrupts();
  for (; !text.empty() && blank(text.back()); text.remove_suffix(1)) check_interrupts();
  return text;
}

}  // namespace journey
