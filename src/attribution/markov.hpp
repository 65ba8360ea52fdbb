// Markov attribution: transition counts, and the credit that follows from removal effects.
#pragma once

#include <array>

#include "attribution/credits.hpp"
#include "base/name_table.hpp"
#include "base/pair_table.hpp"

namespace journey::attribution {

/// How often journeys go from one channel to the next, or from `(start)`, or to `(conversion)` or `(null)`.
struct transition {
  std::string_view from;
  std::string_view to;
  double count;
  double probability;  // among all transitions from the same place
};

/// The transitions of a Markov chain of some order, counted exactly: the same bits for any order of the paths
/// and any split of them. A state is the last `order` channels, or all of them at the start of a path.
class transition_counts {
 public:
  static constexpr int highest_order = 8;
  static constexpr std::size_t most_states = 5000;

  explicit transition_counts(std::pmr::memory_resource* memory);

  /// `order` must be the same in all calls.
  void add(path path, const results& results, int order);

  void combine(const transition_counts& other);
  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

  /// Each channel's share of all conversions is that of its removal effect, and its share of all value is
  /// that of its removal effect on value: states whose conversions were worth something are shared out
  /// together, and so are those that cost something. What came without a touch stays unattributed, and so
  /// does value that was earned where nobody converted.
  channel_credits credits(std::pmr::memory_resource* memory) const;

  /// Of a chain of order 1, in order of the names, with start before and the ends after all channels.
  std::pmr::vector<transition> transitions(std::pmr::memory_resource* memory) const;

 private:
  using id = name_table::id;

  void set_order(int order);
  std::size_t states() const { return order_ == 1 ? channels_.size() : states_.size(); }
  std::span<const id> channels_of(id state, std::array<id, highest_order>& room) const;
  id state_of(std::span<const id> channels);
  exact_sum& value_of(id state);

  std::pmr::memory_resource* memory_;
  int order_ = 0;  // 0: nothing counted yet
  name_table channels_;
  name_table
      states_;  // of order 2 or more, by the bytes of their channels' numbers; else channels are states
  pair_table<exact_sum> journeys_;      // by from and to, as in `flow`
  std::pmr::vector<exact_sum> values_;  // by the last state of the paths that earned them; the rest earned 0
  exact_results untouched_;             // of empty paths
};

}  // namespace journey::attribution
