// The visitors that a graph falls into, guarded against over-merging.
#pragma once

#include <span>

#include "identity/alias_graph.hpp"

namespace journey::identity {

struct kind_rule {
  std::uint32_t rank = 0;                      // the smaller, the stronger; no two kinds have the same
  std::uint32_t most = graph_rules::no_limit;  // how many ids of this kind one visitor may have
};

enum class refusal : std::uint8_t { blocked, max_of_kind, max_members };

/// The left end is of the weaker kind: it gave way.
struct refused_edge {
  identity::edge edge;
  refusal reason;
};

struct visitor {
  node id;                        // the member that names it: its earliest id of the strongest kind
  std::span<const node> members;  // earliest first
};

/// All visitors, oldest first; blocked ids belong to none. Edges that the graph keeps are taken by their
/// first time, so that what is decided stays so, then by rank and text of their weaker, then stronger end.
class visitors {
 public:
  /// `kinds[k]` rules kind k.
  visitors(std::pmr::memory_resource* memory, const alias_graph& graph, std::span<const kind_rule> kinds);

  std::size_t size() const { return heads_.size(); }
  visitor operator[](std::size_t position) const;

  /// In the order in which they were refused.
  std::span<const refused_edge> refused() const { return refused_; }

 private:
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

/// What a mapping of ids to visitors says of one id.
struct mapped_id {
  node visitor = no_node;  // no_node: the id isn't there
  std::uint64_t members = 0;
  instant first_seen = unknown_time;
  instant last_seen = unknown_time;
  bool operator==(const mapped_id&) const = default;
};

/// A row of a mapping that changes, as it is from now on.
struct change {
  node id;
  mapped_id now;
  node old_visitor;  // or no_node: the id is new
};

}  // namespace journey::identity
