// Sorting that can be cancelled, and values as numbers in their order.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
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

/// A number in the order of signed integers.
inline std::uint64_t prefix_of(std::int64_t number) {
  return static_cast<std::uint64_t>(number) ^ 1ULL << 63;
}

/// A number in the order of the server's floats: -0 equals 0, and NaN comes last.
inline std::uint64_t prefix_of(double number) {
  if (std::isnan(number)) return UINT64_MAX;
  auto bits = std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number);
  return (bits >> 63) != 0 ? ~bits : bits | 1ULL << 63;
}

/// Sorts items whose order is not ours to trust: stable, and within bounds even where `before` contradicts
/// itself. Linear where the items are in order already; cancellable. `scratch` has room for half of them.
template <class Item, class Before>
void merge_sort(std::span<Item> items, Item* scratch, const Before& before) {
  constexpr std::size_t few = 8;
  if (items.size() <= few) {
    for (std::size_t next = 1; next < items.size(); ++next) {
      Item item = items[next];
      std::size_t place = next;
      for (; place > 0 && before(item, items[place - 1]); --place) items[place] = items[place - 1];
      items[place] = item;
    }
    return;
  }
  std::size_t half = items.size() / 2;
  merge_sort(items.first(half), scratch, before);
  merge_sort(items.subspan(half), scratch, before);
  if (!before(items[half], items[half - 1])) return;
  std::copy_n(items.begin(), half, scratch);
  std::size_t left = 0, right = half, place = 0;
  while (left < half && right < items.size()) {
    check_interrupts();
    items[place++] = before(items[right], scratch[left]) ? items[right++] : scratch[left++];
  }
  std::copy_n(scratch + left, half - left, items.begin() + static_cast<std::ptrdiff_t>(place));
}

}  // namespace journey
