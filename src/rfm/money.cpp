#include "rfm/money.hpp"

#include <algorithm>
#include <cassert>

namespace journey::rfm {
namespace {

constexpr std::int64_t base = 10000;
constexpr std::int32_t most_places = 0x10000;  // more than a numeric can have on either side of its point
constexpr std::uint16_t most_scale = 0x3FFF;

/// The order of two numbers' magnitudes.
int compare_magnitudes(const amount& left, const amount& right) {
  if (left.digits.empty() || right.digits.empty())
    return static_cast<int>(right.digits.empty()) - static_cast<int>(left.digits.empty());
  if (left.weight != right.weight) return left.weight < right.weight ? -1 : 1;
  auto order = std::lexicographical_compare_three_way(left.digits.begin(), left.digits.end(),
                                                      right.digits.begin(), right.digits.end());
  return std::is_lt(order) ? -1 : std::is_gt(order) ? 1 : 0;
}

}  // namespace

amount whole(std::int64_t number, std::span<std::uint16_t, 5> digits) {
  auto rest = static_cast<std::uint64_t>(number);
  if (number < 0) rest = -rest;
  std::size_t first = digits.size();
  for (; rest > 0; rest /= base) digits[--first] = static_cast<std::uint16_t>(rest % base);
  std::size_t end = digits.size();
  while (end > first && digits[end - 1] == 0) --end;
  return {digits.subspan(first, end - first), static_cast<std::int32_t>(digits.size() - first) - 1, 0,
          number < 0};
}

void money::reach(std::int32_t low, std::int32_t end) {
  if (places_.empty()) low_ = low;
  if (low < low_) {
    places_.insert(places_.begin(), low_ - low, 0);
    low_ = low;
  }
  auto needed = static_cast<std::size_t>(end - low_);
  if (needed > places_.size()) places_.resize(needed);
}

void money::add(const amount& value) {
  scale_ = std::max(scale_, value.scale);
  if (value.digits.empty()) return;
  auto count = static_cast<std::int32_t>(value.digits.size());
  reach(value.weight - count + 1, value.weight + 1);
  std::int64_t* place = places_.data() + (value.weight - low_);
  for (std::uint16_t digit : value.digits) *place-- += value.negative ? -digit : digit;
}

void money::add(const money& other) {
  scale_ = std::max(scale_, other.scale_);
  if (other.places_.empty()) return;
  reach(other.low_, other.low_ + static_cast<std::int32_t>(other.places_.size()));
  std::int64_t* place = places_.data() + (other.low_ - low_);
  for (std::int64_t digits : other.places_) *place++ += digits;
}

amount money::value(std::pmr::vector<std::uint16_t>& digits) const {
  // The sign is that of the carry that is left over, so the second round, if any, runs on the negated sum.
  bool negative = false;
  for (;;) {
    digits.clear();
    std::int64_t carry = 0;
    for (std::size_t i = 0; i < places_.size() || carry > 0; ++i) {
      std::int64_t sum = carry;
      if (i < places_.size()) sum += negative ? -places_[i] : places_[i];
      carry = sum / base - (sum % base < 0);
      digits.push_back(static_cast<std::uint16_t>(sum - carry * base));
    }
    if (carry == 0) break;
    negative = true;
  }
  while (!digits.empty() && digits.back() == 0) digits.pop_back();
  std::int32_t weight = low_ + static_cast<std::int32_t>(digits.size()) - 1;
  std::reverse(digits.begin(), digits.end());
  while (!digits.empty() && digits.back() == 0) digits.pop_back();
  if (digits.empty()) return {{}, 0, scale_, false};
  assert(std::ranges::all_of(digits, [](std::uint16_t digit) { return digit < base; }));
  return {digits, weight, scale_, negative};
}

void money::serialize(wire::writer& out) const {
  out.varint(scale_);
  out.signed_varint(low_);
  out.varint(places_.size());
  for (std::int64_t digits : places_) out.signed_varint(digits);
}

void money::deserialize(wire::reader& in) {
  std::uint64_t scale = in.varint();
  std::int64_t low = in.signed_varint();
  std::size_t count = in.count(1);
  if (scale > most_scale || low < -most_places || low > most_places || count > 2 * most_places)
    in.fail("an amount is out of range");
  scale_ = static_cast<std::uint16_t>(scale);
  low_ = static_cast<std::int32_t>(low);
  places_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t digits = in.signed_varint();
    if (digits > INT64_MAX / 2 || digits < INT64_MIN / 2) in.fail("an amount is out of range");
    places_.push_back(digits);
  }
}

int compare(const amount& left, const amount& right) {
  int sign = compare_magnitudes(left, right);
  if (left.negative != right.negative)
    sign = left.negative ? -1 : 1;  // a zero is never negative
  else if (left.negative)
    sign = -sign;
  return sign != 0 ? sign : static_cast<int>(left.scale) - static_cast<int>(right.scale);
}

void serialize(const amount& value, wire::writer& out) {
  out.varint(value.scale);
  out.signed_varint(value.weight);
  out.fixed(value.negative);
  out.varint(value.digits.size());
  for (std::uint16_t digit : value.digits) out.fixed(digit);
}

amount deserialize(wire::reader& in, std::pmr::vector<std::uint16_t>& digits) {
  std::uint64_t scale = in.varint();
  std::int64_t weight = in.signed_varint();
  auto negative = in.fixed<std::uint8_t>();
  std::size_t count = in.count(sizeof(std::uint16_t));
  if (scale > most_scale || weight < -most_places || weight > most_places || negative > 1 ||
      count > most_places || (count == 0 && negative == 1))
    in.fail("an amount is out of range");
  digits.clear();
  for (std::size_t i = 0; i < count; ++i) {
    digits.push_back(in.fixed<std::uint16_t>());
    if (digits.back() >= base) in.fail("a digit is out of range");
  }
  if (count > 0 && (digits.front() == 0 || digits.back() == 0))
    in.fail("an amount is not in its shortest form");
  return {digits, static_cast<std::int32_t>(weight), static_cast<std::uint16_t>(scale), negative == 1};
}

}  // namespace journey::rfm
