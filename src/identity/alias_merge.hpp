// New edges into visitors that are known already: only what they touch is looked at.
#pragma once

#include "identity/alias_graph.hpp"

namespace journey::identity {

/// What a stored mapping says of one id.
struct stored_id {
  node visitor = no_node;  // no_node: it isn't stored
  std::uint64_t members = 0;
  instant first_seen = unknown_time;
  instant last_seen = unknown_time;
};

/// In this order: add all new edges to `graph()`; `restore` the stored row of every id in them; ask
/// `growing()` and restore all rows of these visitors; `resolve`; read the changes.
///
/// The result is that of resolving all edges, old and new, together. With limits that holds where all new
/// edges are later than the old ones: what is stored stays together, and new edges are taken after it.
class alias_merge {
 public:
  alias_merge(std::pmr::memory_resource* memory, const graph_rules& rules);

  alias_graph& graph() { return graph_; }
  const alias_graph& graph() const { return graph_; }

  /// A row of the stored mapping; false where it contradicts one restored before.
  bool restore(node id, const stored_id& row);

  /// The stored visitors that may change in more than the times of ids in the new edges, each by the id that
  /// names it. To be asked once, between the two rounds of restoring.
  std::pmr::vector<node> growing();
  /// Whether an id known at that time belongs to one of them, or to none yet.
  bool grows(node id) { return id < growing_.size() && growing_[reach_.find(id)]; }

  struct change {
    node id;
    node visitor;
    std::uint64_t members;
    instant first_seen;
    instant last_seen;
    node old_visitor;  // or no_node: the id is new
  };
  /// The ids of which anything changes, visitor by visitor.
  std::pmr::vector<change> resolve();

 private:
  const stored_id& stored(node id) const {
    static constexpr stored_id none;
    return id < stored_.size() ? stored_[id] : none;
  }

  std::pmr::memory_resource* memory_;
  alias_graph graph_;
  std::pmr::vector<stored_id> stored_;
  disjoint_sets reach_;             // what may come together, limits aside
  std::pmr::vector<bool> growing_;  // by root of reach_
};

}  // namespace journey::identity
