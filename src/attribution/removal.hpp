// Removal effects of an absorbing Markov chain.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

namespace journey::attribution {

/// How often walks go from one state of a chain to another.
struct flow {
  std::uint32_t from;  // a state, or `start`
  std::uint32_t to;    // a state, or `conversion` or `null`
  double weight;

  static constexpr std::uint32_t start = UINT32_MAX;
  static constexpr std::uint32_t conversion = UINT32_MAX;
  static constexpr std::uint32_t null = UINT32_MAX - 1;
};

/// A chain of states that each belong to up to `order` channels.
struct chain {
  std::size_t channels;
  std::size_t order;
  std::span<const std::uint32_t>
      channels_of_states;  // `order` for each state, `no_channel` where there are fewer
  std::span<const flow> flows;

  static constexpr std::uint32_t no_channel = UINT32_MAX;
  std::size_t states() const { return channels_of_states.size() / order; }
};

/// For each channel the share of conversions that would be lost without it: of the walks from start to
/// conversion, those that pass through a state of the channel. Some walk must convert.
///
/// Exact up to rounding, with a small relative error in each result: states are censored one by one
/// (Grassmann, Taksar and Heyman 1985), which only ever adds, multiplies and divides positive numbers, and so
/// needs no pivoting. Halving the channels shares that work among them: n^3 steps for n states in all.
std::pmr::vector<double> removal_effects(const chain& chain, std::pmr::memory_resource* memory);

}  // namespace journey::attribution
