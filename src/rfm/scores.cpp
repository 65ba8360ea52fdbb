#include "rfm/scores.hpp"

#include "base/error.hpp"

namespace journey::rfm {
namespace {

constexpr std::string_view hibernating = "Hibernating", at_risk = "At Risk", cannot_lose = "Cannot Lose Them",
                           about_to_sleep = "About to Sleep", need_attention = "Need Attention",
                           promising = "Promising", new_customers = "New Customers",
                           potential = "Potential Loyalists", loyal = "Loyal Customers",
                           champions = "Champions";

// A row for each recency score, a column for each frequency score.
constexpr std::string_view matrix[top_score][top_score] = {
    {hibernating, hibernating, at_risk, at_risk, cannot_lose},
    {hibernating, hibernating, at_risk, at_risk, cannot_lose},
    {about_to_sleep, about_to_sleep, need_attention, loyal, loyal},
    {promising, potential, potential, loyal, loyal},
    {new_customers, potential, potential, champions, champions},
};

}  // namespace

void check_score(const char* argument, std::int32_t score, std::int32_t top) {
  if (score < 1 || score > top)
    throw error(sqlstate::invalid_parameter_value,
                std::string(argument) + " must be a score between 1 and " + std::to_string(top) + ": " +
                    std::to_string(score),
                "Scores come from rfm_bucket or rfm_bucket_at with as many buckets as the matrix has.");
}

std::string_view segment(std::int32_t recency, std::int32_t frequency) {
  check_score("recency", recency, top_score);
  check_score("frequency", frequency, top_score);
  return matrix[recency - 1][frequency - 1];
}

}  // namespace journey::rfm
