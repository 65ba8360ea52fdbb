// Sorting that can be cancelled, and texts in byte order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "pg/interrupts.hpp"

namespace journey::identity {

/// Sorts with a pulse: cancellable however long it takes.
template <class Range, class Before>
void sort(Range&& range, Before before) {
  std::sort(range.begin(), range.end(), [before](const auto& left, const auto& right) {
    check_interrupts();
    return before(left, right);
  });
}

/// The first eight bytes as a number in byte order: settles most comparisons without a look at the text.
inline std::uint64_t prefix_of(std::string_view text) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < sizeof prefix; ++i)
    prefix = prefix << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  return prefix;
}

}  // namespace journey::identity
