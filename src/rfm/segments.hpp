// From scores to a segment. No PostgreSQL headers here.
#pragma once

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace journey::rfm {

inline constexpr std::int32_t standard_buckets = 5;

/// The segment of two scores from 1 to 5, by the matrix of "Building a historical user segmentation model
/// with dbt" (Jauregui, 2023). An error for scores of another number of buckets.
std::string_view segment(std::int32_t recency, std::int32_t frequency,
                         std::int32_t buckets = standard_buckets);

/// A row of a matrix: the segment of a recency and a frequency score, and of a range of monetary scores.
struct matrix_row {
  static constexpr std::int32_t no_limit = std::numeric_limits<std::int32_t>::max();

  std::int32_t recency;
  std::int32_t frequency;
  std::int32_t monetary_from = 1;
  std::int32_t monetary_to = no_limit;
  std::string_view segment;
};

/// A matrix that gives each combination of scores one segment. Its rows say how many scores there are.
class matrix {
 public:
  /// Keeps copies of the texts. An error where a combination has no segment, or two.
  matrix(std::pmr::memory_resource* memory, std::string_view name, std::span<const matrix_row> rows);

  std::string_view name() const { return name_; }

  /// The segment of two scores; an error where the matrix goes by the monetary score as well.
  std::string_view segment(std::int32_t recency, std::int32_t frequency) const;
  /// The segment of three scores; a matrix without monetary ranges does not look at the third.
  std::string_view segment(std::int32_t recency, std::int32_t frequency, std::int32_t monetary) const;

  /// An error unless the matrix is for scores of that many buckets.
  void check_buckets(std::int32_t buckets) const;

 private:
  struct band {
    std::int32_t monetary_to;
    std::pmr::string segment;
  };

  [[noreturn]] void refuse(const char* has, std::int32_t recency, std::int32_t frequency,
                           std::int64_t monetary) const;
  void add_bands(std::span<const matrix_row> cell);
  std::size_t first_band(std::int32_t recency, std::int32_t frequency) const;

  std::pmr::string name_;
  std::int32_t recency_buckets_ = 0;
  std::int32_t frequency_buckets_ = 0;
  std::int32_t monetary_buckets_ = 0;    // 0 where no row has a range
  std::pmr::vector<band> bands_;         // by recency, frequency and monetary score
  std::pmr::vector<std::size_t> first_;  // of the bands of each recency and frequency score
};

}  // namespace journey::rfm
