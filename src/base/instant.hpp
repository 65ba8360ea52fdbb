// Points in time and durations, as microseconds, with the server's two infinities.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace journey {

/// The time from `earlier` to `later`, in microseconds. Infinitely far from all else, infinity is at no
/// distance from itself. Unsigned, since two timestamps may lie further apart than a signed number reaches.
inline std::uint64_t elapsed(std::int64_t earlier, std::int64_t later) {
  using limits = std::numeric_limits<std::int64_t>;  // the server's -infinity and infinity
  if (earlier == later) return 0;
  if (earlier == limits::min() || later == limits::max()) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
}

/// Hours, minutes and seconds, whatever the IntervalStyle, and read back by it.
std::string duration_text(std::int64_t micros);

}  // namespace journey
