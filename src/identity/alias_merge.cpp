#include "identity/alias_merge.hpp"

#include <tuple>

#include "base/interrupts.hpp"

namespace journey::identity {
namespace {

bool same(const stored_id& left, const stored_id& right) {
  auto key = [](const stored_id& one) {
    return std::tuple(one.visitor, one.members, one.first_seen, one.last_seen);
  };
  return key(left) == key(right);
}

graph_rules ordered(graph_rules rules) {
  rules.in_order = true;
  return rules;
}

}  // namespace

alias_merge::alias_merge(std::pmr::memory_resource* memory, const graph_rules& rules)
    : memory_(memory), graph_(memory, ordered(rules)), stored_(memory), reach_(memory), growing_(memory) {}

bool alias_merge::restore(node id, const stored_id& row) {
  if (id >= stored_.size()) stored_.resize(graph_.ids().size());
  stored_id& known = stored_[id];
  if (known.visitor != no_node) return same(known, row);
  known = row;
  graph_.ids().see(id, row.first_seen);
  graph_.ids().see(id, row.last_seen);
  graph_.unite(id, row.visitor);
  return true;
}

std::pmr::vector<node> alias_merge::growing() {
  const id_pool& ids = graph_.ids();
  reach_.grow(ids.size());
  auto unite = [this](node left, node right) {
    left = reach_.find(left);
    right = reach_.find(right);
    if (left != right) reach_.join(left, right);
  };
  std::pmr::vector<bool> names_others(ids.size(), false, memory_);
  for (node id = 0; id < ids.size(); ++id) {
    check_interrupts();
    if (node visitor = stored(id).visitor; visitor != no_node) {
      unite(id, visitor);
      names_others[visitor] = true;
    }
  }
  for (const edge& one : graph_.edges()) {
    check_interrupts();
    if (!graph_.blocked(one)) unite(one.weak, one.strong);
  }

  // A set of one stored visitor grows when an id is new in it, or when another id may come to name it.
  growing_.resize(ids.size());
  std::pmr::vector<node> visitors(ids.size(), no_node, memory_);  // by root
  for (node id = 0; id < ids.size(); ++id) {
    check_interrupts();
    node root = reach_.find(id);
    const stored_id& row = stored(id);
    if (row.visitor == no_node) {
      if (!names_others[id]) growing_[root] = true;
      continue;
    }
    if (visitors[root] == no_node) visitors[root] = row.visitor;
    bool earlier = ids[id].first_seen < row.first_seen && id != row.visitor;
    if (visitors[root] != row.visitor || earlier) growing_[root] = true;
  }
  std::pmr::vector<node> found(memory_);
  for (node id = 0; id < ids.size(); ++id)
    if (names_others[id] && grows(id)) found.push_back(id);
  return found;
}

std::pmr::vector<alias_merge::change> alias_merge::resolve() {
  graph_.resolve();
  const id_pool& ids = graph_.ids();
  std::pmr::vector<change> changes(memory_);
  for (std::size_t i = 0; i < graph_.visitor_count(); ++i) {
    alias_graph::visitor visitor = graph_[i];
    for (node id : visitor.members) {
      check_interrupts();
      const stored_id& row = stored(id);
      bool is_stored = row.visitor != no_node;
      bool grown = grows(is_stored ? row.visitor : id);
      if (!is_stored && !grown) continue;  // it only names its visitor
      stored_id now{grown ? visitor.id : row.visitor, grown ? visitor.members.size() : row.members,
                    ids[id].first_seen, ids[id].last_seen};
      if (!same(now, row))
        changes.push_back({id, now.visitor, now.members, now.first_seen, now.last_seen, row.visitor});
    }
  }
  return changes;
}

}  // namespace journey::identity
