// How healthy a graph is: a few figures, and the ids that tie too much together.
#pragma once

#include "identity/visitors.hpp"

namespace journey::identity {

/// An id, and how many different ids it was seen with.
struct hub {
  node id;
  std::uint64_t neighbours;
};

struct graph_stats {
  std::uint64_t ids = 0;                     // without the blocked
  std::pmr::vector<std::uint64_t> of_kinds;  // these by their kinds
  std::uint64_t links = 0;                   // different edges without a blocked id
  std::uint64_t refused = 0;
  std::uint64_t visitors = 0;
  // Of the members of a visitor; 0 where there is none.
  double mean_members = 0;
  std::uint64_t p99_members = 0;  // nearest rank
  std::uint64_t most_members = 0;
  /// Most neighbours first, ties in byte order, then by kind. Refused links count, too.
  std::pmr::vector<hub> hubs;
};

/// The graph keeps its edges; `found` are its visitors.
graph_stats stats_of(const alias_graph& graph, const visitors& found, std::size_t most_hubs,
                     std::pmr::memory_resource* memory);

}  // namespace journey::identity
