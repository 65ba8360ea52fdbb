// From a rank to a bucket, and from two scores to a segment. No PostgreSQL headers here.
#pragma once

#include <cstdint>
#include <string_view>

namespace journey::rfm {

/// More than anybody tells apart, and few enough for an array of cuts in each group.
inline constexpr std::int32_t most_buckets = 10'000;

/// The bucket, from 1, of the row of the given rank (from 1, ties share the lowest) among `rows`: its percent
/// rank, (rank - 1) / (rows - 1), in `buckets` equal steps, each with its lower bound. A row alone is in 1.
inline std::int32_t bucket(std::int64_t rank, std::int64_t rows, std::int32_t buckets) {
  if (rank <= 1) return 1;
  if (rank >= rows) return buckets;
  return 1 + static_cast<std::int32_t>(static_cast<__int128>(rank - 1) * buckets / (rows - 1));
}

/// An error unless `score` is one of 1 to `top`.
void check_score(const char* argument, std::int32_t score, std::int32_t top);

inline constexpr std::int32_t top_score = 5;

/// The segment of two scores from 1 to 5, by the matrix of "Building a historical user segmentation model
/// with dbt" (Jauregui, 2023).
std::string_view segment(std::int32_t recency, std::int32_t frequency);

}  // namespace journey::rfm
