// From edges between ids to visitors: connected components, guarded against over-merging.
#pragma once

#include <span>

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

struct kind_rule {
  std::uint32_t rank = 0;                      // the smaller, the stronger; no two kinds have the same
  std::uint32_t most = graph_rules::no_limit;  // how many ids of this kind one visitor may have
};

enum class refusal : std::uint8_t { blocked, max_of_kind, max_members };

/// An edge, or a blocked id that came alone. The end of the weaker kind gives way when the edge is refused.
struct edge {
  instant seen_at;
  node weak;
  node strong;  // or no_node
};

struct refused_edge {
  identity::edge edge;
  refusal reason;
};

/// Collects ids and edges, then resolves them into visitors. The result does not depend on the order in which
/// edges arrive: guarded edges are taken by their first time, so that what is decided stays so, then by rank
/// and text of their weaker, then stronger end.
class alias_graph {
 public:
  alias_graph(std::pmr::memory_resource* memory, const graph_rules& rules);

  id_pool& ids() { return ids_; }
  const id_pool& ids() const { return ids_; }
  bool blocked(const edge& one) const { return blocked(one.weak) || blocked(one.strong); }

  /// An edge seen at some time; with one end missing, an id seen alone. A blocked id is never linked, what it
  /// came with is then seen alone. In the mode latest_user, `strong` is the user.
  void add(node weak, node strong, instant seen_at);

  /// Two ids that are known to be one visitor, whatever the limits say.
  void unite(node left, node right);

  /// `kinds[k]` rules kind k; to be told before anything below is asked.
  void rule_kinds(std::span<const kind_rule> kinds) { kinds_.assign(kinds.begin(), kinds.end()); }

  /// The different edges kept, blocked ones among them, in no order. In the mode latest_user those of the
  /// latest users.
  std::pmr::vector<edge> edges() const;

  /// Ends the collecting: forms the visitors and names each by its earliest id of the strongest kind.
  void resolve();

  struct visitor {
    node id;                        // the member that names it
    std::span<const node> members;  // earliest first
  };
  std::size_t visitor_count() const { return heads_.size(); }
  visitor operator[](std::size_t position) const;

  /// In the order in which they were refused.
  std::span<const refused_edge> refused() const { return refused_; }

 private:
  bool blocked(node number) const { return number != no_node && ids_[number].blocked; }
  std::uint32_t rank(node number) const {
    return number == no_node ? no_rank : kinds_[ids_[number].kind].rank;
  }
  std::string_view text(node number) const {
    return number == no_node ? std::string_view() : ids_[number].text();
  }
  bool before(const edge& left, const edge& right) const;
  bool stronger(node left, node right) const;
  edge oriented(node left, node right, instant seen_at) const;

  void join_in_order(std::pmr::vector<edge>& edges);
  void form_visitors();

  static constexpr std::uint32_t no_rank = no_node;

  std::pmr::memory_resource* memory_;
  graph_rules rules_;
  std::pmr::vector<kind_rule> kinds_;
  id_pool ids_;
  disjoint_sets sets_;
  // Both only where the rules need them: the first time of each edge; the latest user of each alias.
  hash_map<std::uint64_t, instant> edges_;
  struct latest {
    instant seen_at;
    node user = no_node;
  };
  std::pmr::vector<latest> latest_;
  std::pmr::vector<refused_edge> refused_;
  struct head {
    instant first_seen;
    std::uint64_t prefix;  // of its text: settles most comparisons
    node id;
  };
  std::pmr::vector<head> heads_;
  std::pmr::vector<node> members_;  // visitor by visitor
  std::pmr::vector<node> ends_;     // where in members_ each visitor ends
};

}  // namespace journey::identity
