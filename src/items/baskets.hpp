// Which items are in a basket together.
#pragma once

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "base/name_table.hpp"
#include "items/measures.hpp"

namespace journey::items {

/// Numbers of one thing by those of another.
struct index {
  explicit index(std::pmr::memory_resource* memory) : starts(1, 0, memory), numbers(memory) {}
  std::size_t size() const { return starts.size() - 1; }
  std::span<const std::uint32_t> operator[](std::size_t of) const {
    return std::span(numbers).subspan(starts[of], starts[of + 1] - starts[of]);
  }

  std::pmr::vector<std::size_t> starts;  // those of n from starts[n] to before starts[n + 1]
  std::pmr::vector<std::uint32_t> numbers;
};

/// What is in which basket. Items are numbers, in byte order of their names.
class baskets {
 public:
  explicit baskets(std::pmr::memory_resource* memory)
      : basket_names_(memory), item_names_(memory), lines_(memory), names_(memory), items_of_(memory) {}

  /// A line, in any order. An item counts once a basket.
  void add(std::string_view basket, std::string_view item) {
    lines_.push_back({basket_names_.number(basket), item_names_.number(item)});
  }
  /// To be called after the last line.
  void close();

  std::size_t size() const { return items_of_.size(); }
  std::size_t items() const { return names_.size(); }
  std::string_view name(std::uint32_t item) const { return item_names_[names_[item]]; }
  /// The items of a basket, in order.
  std::span<const std::uint32_t> operator[](std::size_t basket) const { return items_of_[basket]; }

 private:
  struct line {
    std::uint32_t basket;
    std::uint32_t item;
    auto operator<=>(const line&) const = default;
  };
  name_table basket_names_;
  name_table item_names_;
  std::pmr::vector<line> lines_;
  std::pmr::vector<name_table::id> names_;
  index items_of_;
};

/// Which pairs are asked for.
struct pair_rules {
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
  pair_measure measure = pair_measure::together;
  std::size_t top = all;  // of each item so many
  std::uint64_t min_together = 1;
  std::size_t max_basket = all;  // larger baskets make no pairs
};

/// Finds the pairs of one item after the other: counts for one item are all that is ever kept of pairs,
/// however many there are.
class pair_finder {
 public:
  pair_finder(std::pmr::memory_resource* memory, const baskets& all, const pair_rules& rules);

  struct pair {
    std::uint32_t with;
    double measure;
    pair_counts counts;
  };
  /// The pairs of an item: the greatest measure first, at the same in byte order. Valid until the next call.
  std::span<const pair> of(std::uint32_t item);

  /// How many baskets are too large to make pairs.
  std::size_t too_large() const { return too_large_; }

 private:
  const baskets& all_;
  pair_rules rules_;
  std::size_t too_large_ = 0;
  std::pmr::vector<std::uint64_t> orders_;  // how many baskets an item is in
  index baskets_of_;                        // those that make pairs, by item
  std::pmr::vector<std::uint32_t> together_;
  std::pmr::vector<pair> pairs_;
};

}  // namespace journey::items
