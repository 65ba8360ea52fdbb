#include "attribution/credits.hpp"

#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/interrupts.hpp"

namespace journey::attribution {
namespace {

[[noreturn]] void refuse(const char* argument, const char* why, double number) {
  throw error(sqlstate::invalid_parameter_value,
              std::string(argument) + " must " + why + ": " + std::to_string(number));
}

}  // namespace

void results::check() const {
  for (auto [argument, number] :
       {std::pair("conversions", conversions), std::pair("value", value), std::pair("nulls", nulls)})
    if (!std::isfinite(number)) refuse(argument, "be finite", number);
  if (conversions < 0) refuse("conversions", "not be negative", conversions);
  if (nulls < 0) refuse("nulls", "not be negative", nulls);
}

std::pmr::vector<exact_results> empty_results(std::size_t count, std::pmr::memory_resource* memory) {
  std::pmr::vector<exact_results> results(memory);
  results.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    check_interrupts();
    results.emplace_back(memory);
  }
  return results;
}

void add_unattributed(channel_credits& credits, const exact_results& rest) {
  double conversions = rest.conversions.value(), value = rest.value.value();
  if (conversions != 0 || value != 0) credits.push_back({unattributed, {}, conversions, value});
}

channel_credits by_name(const name_table& channels, std::span<const exact_results> parts,
                        const exact_results& rest, std::pmr::memory_resource* memory) {
  channel_credits credits(memory);
  for (name_table::id channel : channels.sorted(memory)) {
    check_interrupts();
    credits.push_back(
        {channels[channel], {}, parts[channel].conversions.value(), parts[channel].value.value()});
  }
  add_unattributed(credits, rest);
  return credits;
}

}  // namespace journey::attribution
