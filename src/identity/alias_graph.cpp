#include "identity/alias_graph.hpp"

#include <cassert>
#include <utility>

#include "base/interrupts.hpp"

namespace journey::identity {

alias_graph::alias_graph(std::pmr::memory_resource* memory, id_pool& ids, const graph_rules& rules)
    : memory_(memory), ids_(ids), rules_(rules), united_(memory), edges_(memory), latest_(memory) {}

void alias_graph::add(node left, node right, instant seen_at) {
  if (left != no_node) ids_.see(left, seen_at);
  if (right != no_node) ids_.see(right, seen_at);

  if (blocked(left) || blocked(right)) {
    if (!rules_.in_order) return;
  } else if (left == no_node || right == no_node || left == right) {
    return;
  } else if (rules_.mode == alias_mode::latest_user) {
    keep_latest(left, right, seen_at);
    if (!rules_.in_order) return;
  } else if (!rules_.in_order) {
    unite(left, right);
    return;
  }
  auto [kept, fresh] = edges_.try_emplace(paired(left, right), seen_at);
  if (!fresh && seen_at < kept->second) kept->second = seen_at;
}

/// An unknown time never makes a user the latest; of two at the same time it is the greater in byte order.
void alias_graph::keep_latest(node alias, node user, instant seen_at) {
  assert(ids_[alias].kind != ids_[user].kind);
  if (alias >= latest_.size()) latest_.resize(ids_.size());
  latest& last = latest_[alias];
  bool same_time = seen_at == last.seen_at;
  if (last.user == no_node || (same_time && ids_[user].text() > ids_[last.user].text()) ||
      (!same_time && seen_at != unknown_time && (last.seen_at == unknown_time || seen_at > last.seen_at)))
    last = {seen_at, user};
}

void alias_graph::unite(node left, node right) {
  assert(left < ids_.size() && right < ids_.size());
  united_.grow(ids_.size());
  united_.unite(left, right);
}

std::pmr::vector<edge> alias_graph::edges() const {
  std::pmr::vector<edge> edges(memory_);
  edges.reserve(edges_.size() + latest_.size());
  bool latest_alone = rules_.mode == alias_mode::latest_user;
  for (const auto& [ends, seen_at] : edges_) {
    check_interrupts();
    auto [left, right] = unpaired(ends);
    edge one{seen_at, left, right};
    if (latest_alone && is_latest(right, left)) std::swap(one.left, one.right);
    if (!latest_alone || blocked(one) || is_latest(one.left, one.right)) edges.push_back(one);
  }
  if (rules_.in_order) return edges;  // with the latest users' among them, by their first times
  for (node alias = 0; alias < latest_.size(); ++alias) {
    check_interrupts();
    if (latest_[alias].user != no_node) edges.push_back({latest_[alias].seen_at, alias, latest_[alias].user});
  }
  return edges;
}

}  // namespace journey::identity
