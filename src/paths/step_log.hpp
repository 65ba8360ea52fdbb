// The rows of one visitor, each with the steps of a question that it meets. No PostgreSQL headers here.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "paths/packed_rows.hpp"

namespace journey::paths {

/// At most so many conditions in one question: a row keeps a bit for each.
inline constexpr int most_steps = 64;

/// The bits from `first` up to, not including, `end`.
inline std::uint64_t bits(int first, int end) {
  if (first >= end) return 0;
  return (~std::uint64_t{0} >> (most_steps - (end - first))) << first;
}

struct step_row {
  std::int64_t ts;
  std::uint64_t steps;  // bit i: the row meets the condition at place i, from 0

  bool operator==(const step_row&) const = default;
  std::array<std::uint64_t, 1> numbers() const { return {steps}; }
  static step_row of(std::int64_t ts, const std::array<std::uint64_t, 1>& numbers) {
    return {ts, numbers[0]};
  }
};

/// In order of time; at one instant, the row that meets the earlier condition comes first.
inline bool comes_before(const step_row& left, const step_row& right) {
  if (left.ts != right.ts) return left.ts < right.ts;
  std::uint64_t differing = left.steps ^ right.steps;
  return (left.steps & differing & (~differing + 1)) != 0;
}

/// Rows in order, whatever the order in which they come.
class step_log {
 public:
  explicit step_log(std::pmr::memory_resource* memory) : rows_(memory) {}

  void add(const step_row& row) { rows_.add(row); }
  void combine(const step_log& other) { rows_.combine(other.rows_); }
  /// All rows in order.
  std::pmr::vector<step_row> rows(std::pmr::memory_resource* memory) const;

  void serialize(wire::writer& out) const { rows_.serialize(out); }
  /// `conditions` is the number of conditions that rows may meet.
  void deserialize(wire::reader& in, int conditions);

 private:
  packed_rows<step_row> rows_;
};

/// Hands the rows of each instant, in order of time, to `visit(std::span<const step_row>)`, until it returns
/// false.
template <class Visit>
void each_instant(std::span<const step_row> rows, Visit visit) {
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin + 1;
    while (end < rows.size() && rows[end].ts == rows[begin].ts) ++end;
    if (!visit(rows.subspan(begin, end - begin))) return;
    begin = end;
  }
}

}  // namespace journey::paths
