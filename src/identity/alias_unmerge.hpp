// Visitors cut apart: the edges without some pairs of ids.
#pragma once

#include "identity/visitors.hpp"

namespace journey::identity {

/// Pairs of ids that shall not count as edges, in any direction, and whether edges hold them.
class left_out_pairs {
 public:
  explicit left_out_pairs(std::pmr::memory_resource* memory) : held_(memory) {}

  void add(node left, node right) { held_.try_emplace(paired(left, right), false); }

  /// Whether an edge is to be left out; notes that it was there.
  bool hold(node left, node right) {
    auto found = held_.find(paired(left, right));
    if (found == held_.end()) return false;
    return found->second = true;
  }

  /// The pairs that no edge has held.
  struct strangers {
    std::size_t count = 0;
    node left = no_node, right = no_node;  // the first of them
  };
  strangers never_held() const;

 private:
  hash_map<std::uint64_t, bool> held_;
};

/// Two graphs over the same ids, with and without the pairs. The ids of a pair left out still count as seen.
class divided_graph {
 public:
  /// All pairs are known by now.
  divided_graph(std::pmr::memory_resource* memory, id_pool& ids, const graph_rules& rules,
                left_out_pairs& without)
      : memory_(memory), without_(without), whole_(memory, ids, rules), cut_(memory, ids, rules) {}

  /// As alias_graph::add.
  void add(node left, node right, instant seen_at);

  /// The rows of the mapping in which the cut changes more than times, visitor by visitor.
  std::pmr::vector<change> resolve(std::span<const kind_rule> kinds) const;

 private:
  std::pmr::memory_resource* memory_;
  left_out_pairs& without_;
  alias_graph whole_;
  alias_graph cut_;
};

}  // namespace journey::identity
