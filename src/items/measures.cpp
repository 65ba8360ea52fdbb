#include "items/measures.hpp"

#include <algorithm>
#include <cmath>

namespace journey::items {
namespace {

double quotient(double dividend, double divisor) { return divisor == 0 ? 0 : dividend / divisor; }

double product(std::uint64_t left, std::uint64_t right) {
  return static_cast<double>(left) * static_cast<double>(right);
}

/// One cell of the table: what it adds, by what was to be expected of it.
double surprise(double count, double row, double column, double all) {
  return count == 0 ? 0 : count * std::log(count * all / (row * column));
}

}  // namespace

double support(const pair_counts& counts) {
  return quotient(static_cast<double>(counts.together), static_cast<double>(counts.baskets));
}

double confidence(const pair_counts& counts) {
  return quotient(static_cast<double>(counts.together), static_cast<double>(counts.item));
}

double lift(const pair_counts& counts) {
  return quotient(product(counts.together, counts.baskets), product(counts.item, counts.with));
}

double jaccard(const pair_counts& counts) {
  return quotient(static_cast<double>(counts.together),
                  static_cast<double>(counts.item + counts.with - counts.together));
}

double cosine(const pair_counts& counts) {
  return quotient(static_cast<double>(counts.together), std::sqrt(product(counts.item, counts.with)));
}

double log_likelihood_ratio(const pair_counts& counts) {
  auto both = static_cast<double>(counts.together);
  double first = static_cast<double>(counts.item) - both;
  double second = static_cast<double>(counts.with) - both;
  // Baskets too large to make pairs count for both items but not together, and may leave less than nothing.
  double neither = std::max(0.0, static_cast<double>(counts.baskets) - both - first - second);
  double all = both + first + second + neither;
  double ratio = 2 * (surprise(both, both + first, both + second, all) +
                      surprise(first, both + first, first + neither, all) +
                      surprise(second, second + neither, both + second, all) +
                      surprise(neither, second + neither, first + neither, all));
  ratio = std::max(0.0, ratio);  // what rounding leaves of nothing
  return both * neither < first * second ? -ratio : ratio;
}

double measured(pair_measure measure, const pair_counts& counts) {
  switch (measure) {
    case pair_measure::together:
      return static_cast<double>(counts.together);
    case pair_measure::confidence:
      return confidence(counts);
    case pair_measure::lift:
      return lift(counts);
    case pair_measure::jaccard:
      return jaccard(counts);
    case pair_measure::cosine:
      return cosine(counts);
    case pair_measure::llr:
      return log_likelihood_ratio(counts);
  }
  return 0;
}

}  // namespace journey::items
