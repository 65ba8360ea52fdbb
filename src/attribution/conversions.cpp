#include "attribution/conversions.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "base/sort.hpp"

namespace journey::attribution {
namespace {

constexpr auto infinity = std::numeric_limits<std::int64_t>::max();
constexpr auto minus_infinity = std::numeric_limits<std::int64_t>::min();

}  // namespace

window looking_back(std::int64_t converted_at, std::optional<std::int64_t> lookback) {
  if (!lookback) return {minus_infinity, converted_at};
  if (converted_at == infinity || converted_at == minus_infinity) return {converted_at, converted_at};
  std::int64_t since;
  if (__builtin_sub_overflow(converted_at, *lookback, &since)) since = minus_infinity;
  return {since, converted_at};
}

std::pmr::vector<conversion> conversions_at(std::span<const std::optional<std::int64_t>> times,
                                            std::optional<std::int64_t> lookback, bool reuse_touches,
                                            std::pmr::memory_resource* memory) {
  std::pmr::vector<std::pair<std::int64_t, std::int32_t>> by_time(memory);
  assert(times.size() <= std::numeric_limits<std::int32_t>::max());
  for (std::size_t i = 0; i < times.size(); ++i)
    if (times[i]) by_time.emplace_back(*times[i], static_cast<std::int32_t>(i + 1));
  sort(by_time);

  std::pmr::vector<conversion> conversions(memory);
  conversions.reserve(by_time.size());
  std::optional<std::int64_t> before, latest;  // the latest time before that of a conversion, and that time
  for (auto [converted_at, number] : by_time) {
    check_interrupts();
    if (latest != converted_at) before = std::exchange(latest, converted_at);
    window when = looking_back(converted_at, lookback);
    if (!reuse_touches && before) when.since = std::max(when.since, *before + 1);
    assert(when.since <= when.until);
    conversions.push_back({number, when});
  }
  return conversions;
}

}  // namespace journey::attribution
