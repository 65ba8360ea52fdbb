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
  std::span<const double> values;  // for each state what all conversions out of it were worth

  static constexpr std::uint32_t no_channel = UINT32_MAX;
  std::size_t states() const { return channels_of_states.size() / order; }
};

/// What would be lost without a channel, each as a share of all there is.
struct removal_effect {
  double conversions = 0;
  double gains = 0;   // of the states whose conversions were worth more than nothing
  double losses = 0;  // of those whose conversions were worth less
};

/// The removal effects of each channel: of the walks from start to conversion, and of what these earn, the
/// part that passes through a state of the channel. A walk earns the mean value of the conversions out of its
/// last state. Gains and losses count apart, so that nothing cancels out; a share of nothing is 0.
///
/// Exact up to rounding, with a small relative error in each result: states are censored one by one
/// (Grassmann, Taksar and Heyman 1985), which only ever adds, multiplies and divides positive numbers, and so
/// needs no pivoting. Halving the channels shares that work among them: n^3 steps for n states in all.
std::pmr::vector<removal_effect> removal_effects(const chain& chain, std::pmr::memory_resource* memory);

}  // namespace journey::attribution
