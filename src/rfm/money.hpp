// Exact sums of decimal amounts. No PostgreSQL headers here.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/wire.hpp"

namespace journey::rfm {

/// A finite decimal number as the server sends it: digits in base 10,000, the most significant first and
/// worth 10,000 to the power of `weight`, no zero at either end; `scale` decimal places are shown.
struct amount {
  std::span<const std::uint16_t> digits;
  std::int32_t weight = 0;
  std::uint16_t scale = 0;
  bool negative = false;
};

/// A whole number as an amount; its digits are kept in `digits`.
amount whole(std::int64_t number, std::span<std::uint16_t, 5> digits);

/// A sum of amounts, the same in any order: the digits of each place are added up apart, and carried only
/// when read. As in the server's own sums, it shows as many decimal places as the amount with the most.
class money {
 public:
  explicit money(std::pmr::memory_resource* memory) : places_(memory) {}
  money(money&&) = default;  // copies would leave the memory that the sum was given
  money& operator=(money&&) = default;

  void add(const amount& value);
  void add(const money& other);

  /// The sum as an amount; its digits are kept in `digits`.
  amount value(std::pmr::vector<std::uint16_t>& digits) const;

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  /// Makes room for the places from `low` to below `end`.
  void reach(std::int32_t low, std::int32_t end);

  std::pmr::vector<std::int64_t> places_;  // the least significant first
  std::int32_t low_ = 0;                   // the first one's power of 10,000
  std::uint16_t scale_ = 0;
};

/// Less than zero, zero or greater, as `left` is less than, equal to or greater than `right`; of two equal
/// numbers the one that shows fewer decimal places comes first.
int compare(const amount& left, const amount& right);

void serialize(const amount& value, wire::writer& out);

/// Reads an amount; its digits are kept in `digits`.
amount deserialize(wire::reader& in, std::pmr::vector<std::uint16_t>& digits);

}  // namespace journey::rfm
