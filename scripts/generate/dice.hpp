// Seeded random numbers that are the same on every platform: integers only, none of the std:: distributions,
// whose results are left to the library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace generate {

/// A well-mixed hash of one number (the finaliser of splitmix64).
constexpr std::uint64_t mix(std::uint64_t bits) {
  bits += 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}
constexpr std::uint64_t mix(std::uint64_t first, std::uint64_t second) { return mix(mix(first) ^ second); }

/// A stream of random numbers in eight bytes, so that everybody can have their own.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}

  /// Evenly from [low, high).
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + scale(next32(), high - low); }

  /// From [low, high), mostly near low: a quarter of the way on average.
  std::int64_t skewed(std::int64_t low, std::int64_t high) {
    const std::uint64_t even = next32();
    const std::uint64_t squared = (even * even) >> 32;
    return low + scale((squared * even) >> 32, high - low);
  }

  /// True `parts` times in a thousand.
  bool chance(int parts) { return between(0, 1000) < parts; }

  template <class T, std::size_t N>
  const T& pick(const std::array<T, N>& choices) {
    return choices[static_cast<std::size_t>(between(0, N))];
  }

  /// The place of a weight, as often as it weighs.
  template <std::size_t N>
  std::size_t pick_weighted(const std::array<int, N>& weights) {
    std::int64_t sum = 0;
    for (const int weight : weights) sum += weight;
    std::int64_t left = between(0, sum);
    std::size_t place = 0;
    while (left >= weights[place]) left -= weights[place++];
    return place;
  }

 private:
  std::uint64_t next32() { return mix(state_++) >> 32; }

  // Without overflow for ranges below 2^63: the high and the low half of the range in turn.
  static std::int64_t scale(std::uint64_t part, std::int64_t range) {
    const auto wide = static_cast<std::uint64_t>(range);
    return static_cast<std::int64_t>(part * (wide >> 32) + ((part * (wide & 0xffffffff)) >> 32));
  }

  std::uint64_t state_;
};

}  // namespace generate
