// Sums of floating-point numbers that do not depend on the order of the additions.
#pragma once

#include <memory_resource>
#include <vector>

#include "base/wire.hpp"

namespace journey {

/// An exact sum of doubles, kept as doubles that do not overlap (Shewchuk 1997, as in Python's math.fsum).
/// `value()` is the exact sum rounded once, so any order and any split of the additions gives the same bits.
/// One double is enough as long as nothing is rounded away: sums of whole numbers take no memory of their
/// own.
class exact_sum {
 public:
  using parts = std::pmr::vector<double>;  // smallest first; the largest part is kept apart in `high_`

  explicit exact_sum(std::pmr::memory_resource* memory) : low_(memory) {}
  exact_sum(exact_sum&&) = default;  // a copy would leave the memory resource

  void add(double number) {
    if (low_.empty()) {
      double error = two_sum(high_, number);
      if (error != 0) low_.push_back(error);
      return;
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < low_.size(); ++i) {
      double part = low_[i];
      double error = two_sum(number, part);
      if (error != 0) low_[kept++] = error;
    }
    double error = two_sum(high_, number);
    low_.resize(kept);
    if (error != 0) low_.push_back(error);
  }

  void add(const exact_sum& other) {
    for (double part : other.low_) add(part);
    add(other.high_);
  }

  /// The sum, rounded half to even; an error where a double can't hold it.
  double value() const;

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  /// `sum` becomes the rounded sum of both; what was rounded away is returned (Knuth's TwoSum).
  static double two_sum(double& sum, double number) {
    double total = sum + number;
    double virtual_number = total - sum;
    double error = (sum - (total - virtual_number)) + (number - virtual_number);
    sum = total;
    return error;
  }

  double high_ = 0;
  parts low_;
};

}  // namespace journey
