// Edges between ids, collected as they come.
#pragma once

#include "base/hash_map.hpp"
#include "identity/disjoint_sets.hpp"
#include "identity/id_pool.hpp"

namespace journey::identity {

enum class alias_mode {
  connected,    // whatever hangs together is one visitor
  latest_user,  // each alias goes with the user seen with it last; no further
};

/// What is asked of a graph.
struct graph_rules {
  alias_mode mode = alias_mode::connected;
  bool in_order = false;  // keep the edges and take them in order, not as they come: limits need that
  std::uint32_t max_members = no_limit;

  static constexpr std::uint32_t no_limit = std::numeric_limits<std::uint32_t>::max();
};

/// Two ids seen together, at `seen_at` first; or a blocked id that came alone, with `no_node` on the right.
struct edge {
  instant seen_at;
  node left;
  node right;
};

/// What it holds does not depend on the order in which edges arrive.
class alias_graph {
 public:
  alias_graph(std::pmr::memory_resource* memory, id_pool& ids, const graph_rules& rules);

  id_pool& ids() { return ids_; }
  const id_pool& ids() const { return ids_; }
  const graph_rules& rules() const { return rules_; }
  bool blocked(const edge& one) const { return blocked(one.left) || blocked(one.right); }

  /// An edge seen at some time; with one end missing, an id seen alone. A blocked id is never linked, what it
  /// came with is then seen alone. In the mode latest_user, `right` is the user.
  void add(node left, node right, instant seen_at);

  /// Two ids that are known to be one visitor, whatever the limits say.
  void unite(node left, node right);

  /// The different edges kept, blocked ones among them, in no order. In the mode latest_user those of the
  /// latest users, to the right.
  std::pmr::vector<edge> edges() const;

  /// What is one visitor without a look at the edges kept.
  const disjoint_sets& united() const { return united_; }

 private:
  bool blocked(node number) const { return number != no_node && ids_[number].blocked; }
  void keep_latest(node alias, node user, instant seen_at);
  bool is_latest(node alias, node user) const {
    return alias < latest_.size() && latest_[alias].user == user;
  }

  std::pmr::memory_resource* memory_;
  id_pool& ids_;
  graph_rules rules_;
  disjoint_sets united_;
  // Both only where the rules need them: the first time of each edge; the latest user of each alias.
  hash_map<std::uint64_t, instant> edges_;
  struct latest {
    instant seen_at;
    node user = no_node;
  };
  std::pmr::vector<latest> latest_;
};

}  // namespace journey::identity
