#include "identity/graph_stats.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>

namespace {

using namespace journey::identity;

constexpr kind_rule kinds[] = {{.rank = 0}, {.rank = 1}, {.rank = 2}};

// The figures once more from sets of names, with the visitors as they are given.
TEST(graph_stats, equal_a_slow_count) {
  auto* memory = std::pmr::get_default_resource();
  std::mt19937 random(21);
  for (int round = 0; round < 1000; ++round) {
    id_pool ids(memory);
    alias_graph graph(memory, ids,
                      {.in_order = true, .max_members = 1 + static_cast<std::uint32_t>(random() % 9)});
    std::map<node, std::set<node>> neighbours;
    std::set<std::set<node>> links;
    unsigned names = 1 + random() % 15;
    for (unsigned i = random() % 60; i > 0; --i) {
      auto id = [&]() -> node {
        if (random() % 7 == 0) return no_node;
        unsigned number = random() % names;
        node one = ids.add(static_cast<kind>(random() % 3), "id" + std::to_string(number));
        ids[one].blocked = number == 3;
        return one;
      };
      node left = id();
      node right = id();
      graph.add(left, right, static_cast<instant>(random() % 5));
      if (left == no_node || right == no_node || left == right || ids[left].blocked || ids[right].blocked)
        continue;
      links.insert({left, right});
      neighbours[left].insert(right);
      neighbours[right].insert(left);
    }
    visitors found(memory, graph, kinds);
    std::size_t most_hubs = random() % 6;
    graph_stats stats = stats_of(graph, found, most_hubs, memory);

    std::uint64_t of_kinds[3] = {};
    for (node id = 0; id < ids.size(); ++id) of_kinds[ids[id].kind] += !ids[id].blocked;
    for (std::size_t i = 0; i < 3; ++i)
      ASSERT_EQ(i < stats.of_kinds.size() ? stats.of_kinds[i] : 0, of_kinds[i]) << "round " << round;
    ASSERT_EQ(stats.ids, of_kinds[0] + of_kinds[1] + of_kinds[2]) << "round " << round;
    ASSERT_EQ(stats.links, links.size()) << "round " << round;
    ASSERT_EQ(stats.refused, found.refused().size());
    ASSERT_EQ(stats.visitors, found.size());

    std::vector<std::uint64_t> sizes;
    for (std::size_t i = 0; i < found.size(); ++i) sizes.push_back(found[i].members.size());
    std::sort(sizes.begin(), sizes.end());
    if (sizes.empty()) {
      ASSERT_EQ(std::tuple(stats.mean_members, stats.p99_members, stats.most_members),
                std::tuple(0.0, std::uint64_t{0}, std::uint64_t{0}));
    } else {
      double sum = 0;
      for (std::uint64_t size : sizes) sum += static_cast<double>(size);
      ASSERT_DOUBLE_EQ(stats.mean_members, sum / static_cast<double>(sizes.size()));
      auto rank = static_cast<std::size_t>(std::ceil(0.99L * static_cast<long double>(sizes.size())));
      ASSERT_EQ(stats.p99_members, sizes[rank - 1]) << "round " << round;
      ASSERT_EQ(stats.most_members, sizes.back());
    }

    std::vector<std::tuple<std::int64_t, std::string, kind>> hubs;
    for (const auto& [id, others] : neighbours)
      hubs.emplace_back(-static_cast<std::int64_t>(others.size()), ids[id].text(), ids[id].kind);
    std::sort(hubs.begin(), hubs.end());
    hubs.resize(std::min(hubs.size(), most_hubs));
    ASSERT_EQ(stats.hubs.size(), hubs.size()) << "round " << round;
    for (std::size_t i = 0; i < hubs.size(); ++i) {
      const hub& one = stats.hubs[i];
      ASSERT_EQ(std::tuple(-static_cast<std::int64_t>(one.neighbours), std::string(ids[one.id].text()),
                           ids[one.id].kind),
                hubs[i])
          << "round " << round;
    }
  }
}

}  // namespace
