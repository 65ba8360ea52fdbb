#include "base/exact_sum.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/error.hpp"

namespace journey {

double exact_sum::value() const {
  assert(std::ranges::is_sorted(low_, {}, [](double part) { return std::abs(part); }));
  double sum = high_;
  double rest = 0;
  std::size_t left = low_.size();
  while (left > 0 && rest == 0) rest = two_sum(sum, low_[--left]);
  // The rest may be exactly half of the last digit; then the part below decides the direction.
  if (left > 0 && rest != 0 && (rest > 0) == (low_[left - 1] > 0)) {
    double up = sum + rest * 2;
    if (up - sum == rest * 2) sum = up;
  }
  if (!std::isfinite(sum))
    throw error(sqlstate::numeric_value_out_of_range, "a sum is out of range for type double precision");
  return sum;
}

void exact_sum::serialize(wire::writer& out) const {
  out.varint(low_.size());
  for (double part : low_) out.fixed(part);
  out.fixed(high_);
}

void exact_sum::deserialize(wire::reader& in) {
  std::size_t parts = in.count(sizeof(double)) + 1;
  for (std::size_t i = 0; i < parts; ++i) {
    auto part = in.fixed<double>();
    if (!std::isfinite(part)) in.fail("a sum is not finite");
    add(part);
  }
}

}  // namespace journey
