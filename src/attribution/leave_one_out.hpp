// Leave-one-out attribution.
#pragma once

#include "attribution/credits.hpp"
#include "base/name_table.hpp"

namespace journey::attribution {

/// The counterfactual model of google/fractribution (there called shapley): a touch's contribution is by how
/// much the path's conversion rate is above that of the same path without the touch, which is 0 if nobody
/// took that path, and no contribution is below 0. The path's results go to its touches in proportion; to the
/// last touch where no touch contributes.
class path_counts {
 public:
  explicit path_counts(std::pmr::memory_resource* memory)
      : memory_(memory),
        channels_(memory),
        paths_(memory),
        counts_(memory),
        untouched_(memory),
        key_(memory) {}

  void add(path path, const results& results);
  void combine(const path_counts& other);
  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);
  channel_credits credits(std::pmr::memory_resource* memory) const;

 private:
  using id = name_table::id;
  struct exact_counts : exact_results {
    explicit exact_counts(std::pmr::memory_resource* memory) : exact_results(memory), nulls(memory) {}
    exact_sum nulls;
  };

  exact_counts& count(std::span<const id> channels);
  void channels_of(id path, std::pmr::vector<id>& channels) const;
  double conversion_rate(id path) const;

  std::pmr::memory_resource* memory_;
  name_table channels_;
  name_table paths_;  // by the bytes of their channels' numbers
  std::pmr::vector<exact_counts> counts_;
  exact_results untouched_;  // of empty paths
  std::pmr::vector<id> key_;
};

}  // namespace journey::attribution
