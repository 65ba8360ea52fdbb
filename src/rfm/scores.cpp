#include "rfm/scores.hpp"

#include "pg/error.hpp"

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

void check_score(const char* argument, std::int32_t score) {
  if (score < 1 || score > top_score)
    throw error(
        sqlstate::invalid_parameter_value,
        std::string(argument) + " must be a score between 1 and 5: " + std::to_string(score),
        "Scores come from rfm_bucket(5). Other scales need a matrix of their own in journey.rfm_matrix.");
}

}  // namespace

std::string_view segment(std::int32_t recency, std::int32_t frequency) {
  check_score("recency", recency);
  check_score("frequency", frequency);
  return matrix[recency - 1][frequency - 1];
}

}  // namespace journey::rfm
