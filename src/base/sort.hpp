// Sorting that can be cancelled, and texts in byte order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/interrupts.hpp"

namespace journey {

/// Sorts a range; cancellable however long it takes.
template <class Range, class Before = std::less<>>
void sort(Range&& range, Before before = {}) {
  std::sort(range.begin(), range.end(), [before](const auto& left, const auto& right) {
    check_interrupts();
    return before(left, right);
  });
}

/// Sorts a range by what `key` says of each item. (A name of its own: with three arguments std::sort would be
/// taken for this one.)
template <class Range, class Key>
void sort_by(Range&& range, Key key) {
  sort(range, [key](const auto& left, const auto& right) {
    return std::invoke(key, left) < std::invoke(key, right);
  });
}

/// The first eight bytes as a number in byte order: settles most comparisons without a look at the text.
inline std::uint64_t prefix_of(std::string_view text) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < sizeof prefix; ++i)
    prefix = prefix << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  return prefix;
}

}  // namespace journey
