#include "channels/rules.hpp"

#include <algorithm>
#include <bit>

namespace journey::channels {
namespace {

std::uint64_t bit(std::size_t number) { return std::uint64_t{1} << (number % 64); }

}  // namespace

channel_rules::channel_rules(std::pmr::memory_resource* memory)
    : memory_(memory), rules_(memory), columns_{column(memory), column(memory), column(memory),
                                                column(memory), column(memory), column(memory),
                                                column(memory), column(memory)} {}

void channel_rules::add(std::string_view channel, const std::array<patterns, rule_fields>& conditions) {
  std::size_t number = rules_.size();
  rules_.push_back({channel, conditions});
  for (std::size_t field = 0; field < rule_fields; ++field) {
    column& own = columns_[field];
    if (number % 64 == 0) own.indifferent.push_back(0);
    if (conditions[field])
      own.concerned.push_back(number);
    else
      own.indifferent.back() |= bit(number);
  }
}

const channel_rules::rule_set& channel_rules::satisfied(std::size_t field, std::string_view value) {
  column& own = columns_[field];
  bool memorable = value.size() <= longest_remembered;
  if (memorable) {
    auto known = own.remembered.find(value);
    if (known != own.remembered.end()) return known->second;
  }
  own.scratch = own.indifferent;
  for (std::size_t number : own.concerned)
    if (std::ranges::any_of(*rules_[number].conditions[field],
                            [&](auto pattern) { return matches(pattern, value); }))
      own.scratch[number / 64] |= bit(number);
  if (!memorable) return own.scratch;
  if (own.remembered.size() >= most_remembered) own.remembered.clear();
  return put(own.remembered, value, rule_set(own.scratch, memory_)).first->second;
}

std::string_view channel_rules::channel(const rule_values& values) {
  std::array<const rule_set*, rule_fields> sets;
  std::size_t fields = 0;
  for (std::size_t field = 0; field < rule_fields; ++field)
    if (!columns_[field].concerned.empty()) sets[fields++] = &satisfied(field, values[field]);
  for (std::size_t word = 0; word * 64 < rules_.size(); ++word) {
    std::uint64_t holding = ~std::uint64_t{0};
    for (std::size_t i = 0; i < fields; ++i) holding &= (*sets[i])[word];
    std::size_t rule = word * 64 + std::countr_zero(holding);
    if (holding != 0 && rule < rules_.size()) return rules_[rule].channel;
  }
  return "Unassigned";
}

}  // namespace journey::channels
