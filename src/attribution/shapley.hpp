// Shapley attribution in closed form.
#pragma once

#include "attribution/credits.hpp"
#include "base/name_table.hpp"
#include "base/pair_table.hpp"

namespace journey::attribution {

/// The Shapley values of the game in which a set of channels is worth the results of all paths that touch no
/// other channel (the simplified method of Zhao, Mahboobi and Bagheri 2018): each path's results in equal
/// parts to its distinct channels.
class shapley_counts {
 public:
  explicit shapley_counts(std::pmr::memory_resource* memory)
      : channels_(memory), shared_(memory), untouched_(memory), distinct_(memory) {}

  void add(path path, const results& results);
  void combine(const shapley_counts& other);
  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);
  channel_credits credits(std::pmr::memory_resource* memory) const;

 private:
  name_table channels_;
  pair_table<exact_results> shared_;  // by channel and number of channels that share the path
  exact_results untouched_;           // of empty paths
  std::pmr::vector<name_table::id> distinct_;
};

}  // namespace journey::attribution
