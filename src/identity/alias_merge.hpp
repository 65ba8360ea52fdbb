// New edges into visitors that are known already: only what they touch is looked at. Step by step, each made
// of the one before: the graph of the new edges; `touched_ids`, to be told their stored rows;
// `growing_visitors`, to be told all of theirs; the changes.
//
// The result is that of resolving all edges, old and new, together. With limits that holds where all new
// edges are later than the old ones: what is stored stays together, and new edges are taken after it.
#pragma once

#include "identity/visitors.hpp"

namespace journey::identity {

/// The rows of the stored mapping that a merge has been told.
class told_rows {
 public:
  told_rows(std::pmr::memory_resource* memory, alias_graph& graph) : graph_(&graph), rows_(memory) {}

  alias_graph& graph() const { return *graph_; }
  const mapped_id& operator[](node id) const {
    static constexpr mapped_id none;
    return id < rows_.size() ? rows_[id] : none;
  }
  /// False where the row contradicts one told before.
  bool add(node id, const mapped_id& row);

 private:
  alias_graph* graph_;
  std::pmr::vector<mapped_id> rows_;
};

/// The ids in the new edges, which are all in the graph by now. Their stored rows are wanted.
class touched_ids {
 public:
  /// The graph keeps its edges.
  touched_ids(std::pmr::memory_resource* memory, alias_graph& graph);

  std::span<const node> wanted() const { return ids_; }
  bool wants(node id) const { return id < count_ && !told_.graph().ids()[id].blocked; }
  /// The row of a wanted id; false where it contradicts one told before.
  bool tell(node id, const mapped_id& row) { return told_.add(id, row); }

 private:
  friend class growing_visitors;
  told_rows told_;
  node count_;
  std::pmr::vector<node> ids_;
};

/// The stored visitors that may change in more than the times of ids in the new edges. The rows of all their
/// members are wanted.
class growing_visitors {
 public:
  growing_visitors(std::pmr::memory_resource* memory, touched_ids touched);

  /// Each visitor by the id that names it.
  std::span<const node> wanted() const { return visitors_; }
  bool wants(node visitor) const { return grows(visitor); }
  /// A row of a wanted visitor; false where it contradicts one told before.
  bool tell(node id, const mapped_id& row) { return told_.add(id, row); }

  /// The rows of which anything changes, visitor by visitor.
  std::pmr::vector<change> resolve(std::span<const kind_rule> kinds) const;

 private:
  bool grows(node id) const { return id < growing_.size() && growing_[id]; }

  std::pmr::memory_resource* memory_;
  told_rows told_;
  std::pmr::vector<bool> growing_;  // whether an id belongs to one of them, or to no visitor yet
  std::pmr::vector<node> visitors_;
};

}  // namespace journey::identity
