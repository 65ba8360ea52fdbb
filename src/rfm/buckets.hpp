// From a rank to a bucket. No PostgreSQL headers here.
#pragma once

#include <cassert>
#include <cstdint>

namespace journey::rfm {

/// More than anybody tells apart, and few enough for an array of cuts in each group.
inline constexpr std::int32_t most_buckets = 10'000;

/// An error unless `buckets` is 1 to `most_buckets`.
void check_buckets(std::int32_t buckets);

/// The bucket, from 1, of the row of the given rank (from 1, ties share the lowest) among `rows`: its percent
/// rank, (rank - 1) / (rows - 1), in `buckets` equal steps, each with its lower bound. A row alone is in 1.
inline std::int32_t bucket(std::int64_t rank, std::int64_t rows, std::int32_t buckets) {
  assert(rank >= 1 && rank <= rows && buckets >= 1);
  if (rank <= 1) return 1;
  if (rank >= rows) return buckets;
  return 1 + static_cast<std::int32_t>(static_cast<__int128>(rank - 1) * buckets / (rows - 1));
}

}  // namespace journey::rfm
