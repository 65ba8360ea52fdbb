#include "items/baskets.hpp"

#include <algorithm>
#include <utility>

#include "base/interrupts.hpp"
#include "base/sort.hpp"

namespace journey::items {

void baskets::close() {
  std::pmr::memory_resource* memory = lines_.get_allocator().resource();
  names_ = item_names_.sorted(memory);
  std::pmr::vector<std::uint32_t> ranks(names_.size(), memory);
  for (std::uint32_t rank = 0; rank < names_.size(); ++rank) ranks[names_[rank]] = rank;
  for (line& one : lines_) {
    check_interrupts();
    one.item = ranks[one.item];
  }
  sort(lines_);
  items_of_.starts.reserve(basket_names_.size() + 1);
  items_of_.numbers.reserve(lines_.size());
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    check_interrupts();
    if (i > 0 && lines_[i] == lines_[i - 1]) continue;
    if (i > 0 && lines_[i].basket != lines_[i - 1].basket)
      items_of_.starts.push_back(items_of_.numbers.size());
    items_of_.numbers.push_back(lines_[i].item);
  }
  if (!lines_.empty()) items_of_.starts.push_back(items_of_.numbers.size());
  std::pmr::vector<line>(memory).swap(lines_);
}

pair_finder::pair_finder(std::pmr::memory_resource* memory, const baskets& all, const pair_rules& rules)
    : all_(all),
      rules_(rules),
      orders_(all.items(), 0, memory),
      baskets_of_(memory),
      together_(all.items(), 0, memory),
      pairs_(memory) {
  baskets_of_.starts.assign(all.items() + 1, 0);
  auto each_that_makes_pairs = [&](auto visit) {
    for (std::uint32_t basket = 0; basket < all_.size(); ++basket) {
      check_interrupts();
      std::size_t items = all_[basket].size();
      if (items >= 2 && items <= rules_.max_basket) visit(basket);
    }
  };
  for (std::size_t basket = 0; basket < all_.size(); ++basket) {
    check_interrupts();
    if (all_[basket].size() > rules_.max_basket) ++too_large_;
    for (std::uint32_t item : all_[basket]) ++orders_[item];
  }
  each_that_makes_pairs([&](std::uint32_t basket) {
    for (std::uint32_t item : all_[basket]) ++baskets_of_.starts[item + 1];
  });
  for (std::size_t item = 0; item < all_.items(); ++item)
    baskets_of_.starts[item + 1] += baskets_of_.starts[item];
  baskets_of_.numbers.resize(baskets_of_.starts.back());
  std::pmr::vector<std::size_t> ends(baskets_of_.starts, memory);
  each_that_makes_pairs([&](std::uint32_t basket) {
    for (std::uint32_t item : all_[basket]) baskets_of_.numbers[ends[item]++] = basket;
  });
}

std::span<const pair_finder::pair> pair_finder::of(std::uint32_t item) {
  pairs_.clear();
  // Found is whom the item meets; what was counted is taken back on the way.
  for (std::uint32_t basket : baskets_of_[item]) {
    check_interrupts();
    for (std::uint32_t with : all_[basket])
      if (together_[with]++ == 0) pairs_.push_back({with, 0, {}});
  }
  auto kept = pairs_.begin();
  for (const pair& one : pairs_) {
    check_interrupts();
    std::uint64_t together = std::exchange(together_[one.with], 0);
    if (one.with == item || together < rules_.min_together) continue;
    pair_counts counts{together, orders_[item], orders_[one.with], all_.size()};
    *kept++ = {one.with, measured(rules_.measure, counts), counts};
  }
  pairs_.erase(kept, pairs_.end());
  auto top = pairs_.begin() + static_cast<std::ptrdiff_t>(std::min(rules_.top, pairs_.size()));
  std::partial_sort(pairs_.begin(), top, pairs_.end(), [](const pair& left, const pair& right) {
    check_interrupts();
    return left.measure != right.measure ? left.measure > right.measure : left.with < right.with;
  });
  return {pairs_.begin(), top};
}

}  // namespace journey::items
