// Cut points that split measures into buckets of like size. No PostgreSQL headers here.
#pragma once

#include <memory_resource>
#include <vector>

#include "base/wire.hpp"

namespace journey::rfm {

/// Measures, and the number of buckets to cut them into.
class quantiles {
 public:
  explicit quantiles(std::pmr::memory_resource* memory) : measures_(memory) {}

  /// Into how many buckets, and what is added to each cut. An error if it was told otherwise before.
  void ask(std::int32_t buckets, double shift);
  void add(double measure) { measures_.push_back(measure); }
  void combine(const quantiles& other);
  bool empty() const { return measures_.empty(); }

  /// The cuts between the buckets, of which there must be a measure. Cut j of k is the quantile j / k of type
  /// 7 (Hyndman and Fan, 1996: on the line between the two measures next to it) plus the shift.
  std::pmr::vector<double> cuts(std::pmr::memory_resource* memory) const;

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  std::pmr::vector<double> measures_;
  std::int32_t buckets_ = 0;
  double shift_ = 0;
};

}  // namespace journey::rfm
