#include "identity/graph_stats.hpp"

#include <cassert>
#include <tuple>

#include "base/sort.hpp"

namespace journey::identity {
namespace {

/// By their places, the `most` ids of the most neighbours.
std::pmr::vector<hub> greatest(const id_pool& ids, std::span<const node> neighbours, std::size_t most,
                               std::pmr::memory_resource* memory) {
  std::pmr::vector<hub> hubs(memory);
  for (node id = 0; id < ids.size(); ++id) {
    check_interrupts();
    if (neighbours[id] != 0) hubs.push_back({id, neighbours[id]});
  }
  auto greater = [&ids](const hub& left, const hub& right) {
    check_interrupts();
    if (left.neighbours != right.neighbours) return left.neighbours > right.neighbours;
    auto key = [&ids](const hub& one) { return std::tuple(ids[one.id].text(), ids[one.id].kind); };
    return key(left) < key(right);
  };
  most = std::min(most, hubs.size());
  std::partial_sort(hubs.begin(), hubs.begin() + static_cast<std::ptrdiff_t>(most), hubs.end(), greater);
  hubs.resize(most);
  return hubs;
}

}  // namespace

graph_stats stats_of(const alias_graph& graph, const visitors& found, std::size_t most_hubs,
                     std::pmr::memory_resource* memory) {
  assert(graph.rules().in_order);
  const id_pool& ids = graph.ids();
  graph_stats stats{.of_kinds = std::pmr::vector<std::uint64_t>(memory),
                    .refused = found.refused().size(),
                    .visitors = found.size(),
                    .hubs = std::pmr::vector<hub>(memory)};

  for (node id = 0; id < ids.size(); ++id) {
    check_interrupts();
    if (ids[id].blocked) continue;
    ++stats.ids;
    if (ids[id].kind >= stats.of_kinds.size()) stats.of_kinds.resize(ids[id].kind + std::size_t{1});
    ++stats.of_kinds[ids[id].kind];
  }

  std::pmr::vector<node> neighbours(ids.size(), 0, memory);
  for (const edge& one : graph.edges()) {
    check_interrupts();
    if (graph.blocked(one)) continue;
    ++stats.links;
    ++neighbours[one.left];
    ++neighbours[one.right];
  }
  stats.hubs = greatest(ids, neighbours, most_hubs, memory);

  std::pmr::vector<std::uint64_t> sizes(memory);
  for (std::size_t i = 0; i < found.size(); ++i) {
    check_interrupts();
    sizes.push_back(found[i].members.size());
  }
  sort(sizes);
  if (!sizes.empty()) {
    stats.mean_members = static_cast<double>(stats.ids) / static_cast<double>(sizes.size());
    stats.p99_members = sizes[(sizes.size() * 99 + 99) / 100 - 1];
    stats.most_members = sizes.back();
  }
  return stats;
}

}  // namespace journey::identity
