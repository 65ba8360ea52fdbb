#include "rfm/quantiles.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/interrupts.hpp"
#include "base/sort.hpp"
#include "base/error.hpp"
#include "rfm/buckets.hpp"

namespace journey::rfm {
namespace {

constexpr std::uint8_t version = 1;

}  // namespace

void quantiles::ask(std::int32_t buckets, double shift) {
  check_buckets(buckets);
  if (!std::isfinite(shift)) throw error(sqlstate::invalid_parameter_value, "shift must be a finite number");
  if (buckets == buckets_ && shift == shift_) return;
  if (buckets_ != 0)
    throw error(sqlstate::invalid_parameter_value,
                "buckets and shift must be the same for all rows of a group");
  buckets_ = buckets;
  shift_ = shift;
}

void quantiles::combine(const quantiles& other) {
  if (other.buckets_ != 0) ask(other.buckets_, other.shift_);
  measures_.insert(measures_.end(), other.measures_.begin(), other.measures_.end());
}

std::pmr::vector<double> quantiles::cuts(std::pmr::memory_resource* memory) const {
  assert(!measures_.empty() && buckets_ > 0);
  std::pmr::vector<double> cuts(memory);
  std::pmr::vector<double> sorted(measures_.begin(), measures_.end(), memory);
  sort(sorted);
  auto gaps = static_cast<__int128>(sorted.size() - 1);
  for (std::int32_t j = 1; j < buckets_; ++j) {
    check_interrupts();
    // In whole numbers, so that a quantile that is a measure is just that.
    auto at = static_cast<std::size_t>(gaps * j / buckets_);
    auto rest = static_cast<std::int32_t>(gaps * j % buckets_);
    double quantile = sorted[at];
    if (rest != 0 && sorted[at + 1] > quantile) {
      // However it is rounded, the cut stays above the one measure and not above the other.
      double step = (sorted[at + 1] - quantile) * rest / buckets_;
      quantile = std::clamp(quantile + step, std::nextafter(quantile, sorted[at + 1]), sorted[at + 1]);
    }
    cuts.push_back(quantile + shift_);
    assert(j == 1 || cuts[cuts.size() - 2] <= cuts.back());
  }
  return cuts;
}

void quantiles::serialize(wire::writer& out) const {
  out.fixed(version);
  out.fixed(buckets_);
  out.fixed(shift_);
  out.varint(measures_.size());
  for (double measure : measures_) {
    check_interrupts();
    out.fixed(measure);
  }
}

void quantiles::deserialize(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  auto buckets = in.fixed<std::int32_t>();
  auto shift = in.fixed<double>();
  if (buckets < 0 || !std::isfinite(shift)) in.fail("its question is out of range");
  buckets_ = buckets;
  shift_ = shift;
  std::size_t count = in.count(sizeof(double));
  measures_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    check_interrupts();
    measures_.push_back(in.fixed<double>());
    if (!std::isfinite(measures_.back())) in.fail("a measure is out of range");
  }
}

}  // namespace journey::rfm
