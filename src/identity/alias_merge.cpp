#include "identity/alias_merge.hpp"

#include <cassert>

#include "base/interrupts.hpp"

namespace journey::identity {

bool told_rows::add(node id, const mapped_id& row) {
  assert(row.visitor != no_node);
  if (id >= rows_.size()) rows_.resize(graph_->ids().size());
  mapped_id& known = rows_[id];
  if (known.visitor != no_node) return known == row;
  known = row;
  graph_->ids().see(id, row.first_seen);
  graph_->ids().see(id, row.last_seen);
  graph_->unite(id, row.visitor);
  return true;
}

touched_ids::touched_ids(std::pmr::memory_resource* memory, alias_graph& graph)
    : told_(memory, graph), count_(graph.ids().size()), ids_(memory) {
  assert(graph.rules().in_order && graph.rules().mode == alias_mode::connected);
  for (node id = 0; id < count_; ++id) {
    check_interrupts();
    if (wants(id)) ids_.push_back(id);
  }
}

growing_visitors::growing_visitors(std::pmr::memory_resource* memory, touched_ids touched)
    : memory_(memory), told_(std::move(touched.told_)), growing_(memory), visitors_(memory) {
  const alias_graph& graph = told_.graph();
  const id_pool& ids = graph.ids();
  disjoint_sets reach(memory);  // what may come together, limits aside
  reach.grow(ids.size());
  std::pmr::vector<bool> names_others(ids.size(), false, memory);
  for (node id = 0; id < ids.size(); ++id) {
    check_interrupts();
    if (node visitor = told_[id].visitor; visitor != no_node) {
      reach.unite(id, visitor);
      names_others[visitor] = true;
    }
  }
  for (const edge& one : graph.edges()) {
    check_interrupts();
    if (!graph.blocked(one)) reach.unite(one.left, one.right);
  }

  // A set of one stored visitor grows when an id is new in it, or when another id may come to name it.
  std::pmr::vector<bool> growing_sets(ids.size(), false, memory);  // by root
  std::pmr::vector<node> first_visitors(ids.size(), no_node, memory);
  for (node id = 0; id < ids.size(); ++id) {
    check_interrupts();
    node root = reach.find(id);
    const mapped_id& row = told_[id];
    if (row.visitor == no_node) {
      if (!names_others[id]) growing_sets[root] = true;
      continue;
    }
    if (first_visitors[root] == no_node) first_visitors[root] = row.visitor;
    bool earlier = ids[id].first_seen < row.first_seen && id != row.visitor;
    if (first_visitors[root] != row.visitor || earlier) growing_sets[root] = true;
  }
  growing_.resize(ids.size());
  for (node id = 0; id < ids.size(); ++id) {
    check_interrupts();
    growing_[id] = growing_sets[reach.find(id)];
    if (growing_[id] && names_others[id]) visitors_.push_back(id);
  }
}

std::pmr::vector<change> growing_visitors::resolve(std::span<const kind_rule> kinds) const {
  const id_pool& ids = told_.graph().ids();
  visitors resolved(memory_, told_.graph(), kinds);
  std::pmr::vector<change> changes(memory_);
  for (std::size_t i = 0; i < resolved.size(); ++i) {
    visitor whole = resolved[i];
    for (node id : whole.members) {
      check_interrupts();
      const mapped_id& row = told_[id];
      bool is_stored = row.visitor != no_node;
      bool grown = grows(is_stored ? row.visitor : id);
      if (!is_stored && !grown) continue;  // it only names its visitor
      mapped_id now{grown ? whole.id : row.visitor, grown ? whole.members.size() : row.members,
                    ids[id].first_seen, ids[id].last_seen};
      if (now != row) changes.push_back({id, now, row.visitor});
    }
  }
  return changes;
}

}  // namespace journey::identity
