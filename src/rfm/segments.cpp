#include "rfm/segments.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "base/error.hpp"
#include "base/sort.hpp"

namespace journey::rfm {
namespace {

constexpr std::string_view hibernating = "Hibernating", at_risk = "At Risk", cannot_lose = "Cannot Lose Them",
                           about_to_sleep = "About to Sleep", need_attention = "Need Attention",
                           promising = "Promising", new_customers = "New Customers",
                           potential = "Potential Loyalists", loyal = "Loyal Customers",
                           champions = "Champions";

// A row for each recency score, a column for each frequency score.
constexpr std::string_view standard[standard_buckets][standard_buckets] = {
    {hibernating, hibernating, at_risk, at_risk, cannot_lose},
    {hibernating, hibernating, at_risk, at_risk, cannot_lose},
    {about_to_sleep, about_to_sleep, need_attention, loyal, loyal},
    {promising, potential, potential, loyal, loyal},
    {new_customers, potential, potential, champions, champions},
};

void check_score(const char* argument, std::int32_t score, std::int32_t buckets) {
  if (score < 1 || score > buckets)
    throw error(sqlstate::invalid_parameter_value,
                std::string(argument) + " must be a score between 1 and " + std::to_string(buckets) + ": " +
                    std::to_string(score),
                "Scores come from rfm_bucket or rfm_bucket_at with as many buckets as the matrix has.");
}

auto place(const matrix_row& row) { return std::tuple(row.recency, row.frequency, row.monetary_from); }

}  // namespace

std::string_view segment(std::int32_t recency, std::int32_t frequency, std::int32_t buckets) {
  if (buckets != standard_buckets)
    throw error(sqlstate::invalid_parameter_value,
                "the standard matrix is for scores of 5 buckets, not " + std::to_string(buckets),
                "Score with 5 buckets, or name a matrix of your own in journey.rfm_matrix.");
  check_score("recency", recency, buckets);
  check_score("frequency", frequency, buckets);
  return standard[recency - 1][frequency - 1];
}

matrix::matrix(std::pmr::memory_resource* memory, std::string_view name, std::span<const matrix_row> rows)
    : name_(name, memory), bands_(memory), first_(memory) {
  if (rows.empty())
    throw error(sqlstate::invalid_parameter_value, "unknown matrix: " + quoted(name_),
                "Add it to journey.rfm_matrix, a row for each combination of scores.");
  std::pmr::vector<matrix_row> sorted(rows.begin(), rows.end(), memory);
  sort_by(sorted, place);
  for (const matrix_row& row : sorted) {
    assert(row.recency >= 1 && row.frequency >= 1 && row.monetary_to >= row.monetary_from);
    recency_buckets_ = std::max(recency_buckets_, row.recency);
    frequency_buckets_ = std::max(frequency_buckets_, row.frequency);
    if (row.monetary_from > 1) monetary_buckets_ = std::max(monetary_buckets_, row.monetary_from);
    if (row.monetary_to != matrix_row::no_limit)
      monetary_buckets_ = std::max(monetary_buckets_, row.monetary_to);
  }
  auto next = sorted.begin();
  for (std::int32_t recency = 1; recency <= recency_buckets_; ++recency)
    for (std::int32_t frequency = 1; frequency <= frequency_buckets_; ++frequency) {
      check_interrupts();
      auto cell = next;
      while (next != sorted.end() && next->recency == recency && next->frequency == frequency) ++next;
      if (next == cell) refuse("no segment", recency, frequency, 1);
      add_bands({cell, next});
    }
}

void matrix::add_bands(std::span<const matrix_row> cell) {
  first_.push_back(bands_.size());
  std::int64_t next = 1;  // the least monetary score without a segment
  for (const matrix_row& row : cell) {
    if (row.monetary_from > next) refuse("no segment", row.recency, row.frequency, next);
    if (row.monetary_from < next) refuse("two segments", row.recency, row.frequency, row.monetary_from);
    bands_.push_back({row.monetary_to, std::pmr::string(row.segment, bands_.get_allocator())});
    next = std::int64_t{row.monetary_to} + 1;
  }
  if (next <= monetary_buckets_) refuse("no segment", cell[0].recency, cell[0].frequency, next);
}

void matrix::refuse(const char* has, std::int32_t recency, std::int32_t frequency,
                    std::int64_t monetary) const {
  auto scores = [this](std::int32_t r, std::int32_t f, std::int64_t m) {
    std::string text = "recency " + std::to_string(r);
    if (monetary_buckets_ == 0) return text + " and frequency " + std::to_string(f);
    return text + ", frequency " + std::to_string(f) + " and monetary " + std::to_string(m);
  };
  throw error(sqlstate::invalid_parameter_value,
              "matrix " + quoted(name_) + " has " + has + " for " + scores(recency, frequency, monetary),
              "Give each combination of scores one row in journey.rfm_matrix.",
              "It reaches up to " + scores(recency_buckets_, frequency_buckets_, monetary_buckets_) + ".");
}

std::size_t matrix::first_band(std::int32_t recency, std::int32_t frequency) const {
  check_score("recency", recency, recency_buckets_);
  check_score("frequency", frequency, frequency_buckets_);
  auto cell = static_cast<std::size_t>(recency - 1) * static_cast<std::size_t>(frequency_buckets_) +
              static_cast<std::size_t>(frequency - 1);
  assert(cell < first_.size());
  return first_[cell];
}

std::string_view matrix::segment(std::int32_t recency, std::int32_t frequency) const {
  if (monetary_buckets_ > 0)
    throw error(sqlstate::invalid_parameter_value, "matrix " + quoted(name_) + " needs a monetary score",
                "Call rfm_segment(recency, frequency, monetary, matrix).");
  return bands_[first_band(recency, frequency)].segment;
}

std::string_view matrix::segment(std::int32_t recency, std::int32_t frequency, std::int32_t monetary) const {
  check_score("monetary", monetary, monetary_buckets_ > 0 ? monetary_buckets_ : matrix_row::no_limit);
  std::size_t at = first_band(recency, frequency);
  while (bands_[at].monetary_to < monetary) ++at;
  assert(at < bands_.size());
  return bands_[at].segment;
}

void matrix::check_buckets(std::int32_t buckets) const {
  for (std::int32_t own : {recency_buckets_, frequency_buckets_, monetary_buckets_})
    if (own != buckets && own != 0)
      throw error(sqlstate::invalid_parameter_value,
                  "matrix " + quoted(name_) + " is for scores of " + std::to_string(own) + " buckets, not " +
                      std::to_string(buckets),
                  "Score with as many buckets as the matrix has, or name another matrix.");
}

}  // namespace journey::rfm
