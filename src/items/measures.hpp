// How strongly two items belong together.
#pragma once

#include <cstdint>

namespace journey::items {

/// In how many of all baskets an item is, another one is, and both are.
struct pair_counts {
  std::uint64_t together;
  std::uint64_t item;
  std::uint64_t with;
  std::uint64_t baskets;
};

enum class pair_measure { together, confidence, lift, jaccard, cosine, llr };

/// The share of the baskets that has both.
double support(const pair_counts& counts);
/// The share of the baskets with the item that has the other, too.
double confidence(const pair_counts& counts);
/// How many times as often together as by chance.
double lift(const pair_counts& counts);
/// Of the baskets with either the share that has both.
double jaccard(const pair_counts& counts);
/// The cosine between the baskets of one and those of the other.
double cosine(const pair_counts& counts);
/// Dunning's log-likelihood ratio (Accurate Methods for the Statistics of Surprise and Coincidence, 1993),
/// below 0 where they are together less often than by chance.
double log_likelihood_ratio(const pair_counts& counts);

double measured(pair_measure measure, const pair_counts& counts);

}  // namespace journey::items
