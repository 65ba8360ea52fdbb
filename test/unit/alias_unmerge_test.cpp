#include "identity/alias_unmerge.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

namespace {

using namespace journey::identity;

constexpr int kinds = 3;

using name = std::pair<kind, std::string>;
struct row {
  std::optional<name> left;
  std::optional<name> right;
  instant seen_at;
};
struct state {
  name visitor;
  std::size_t members;
  instant first_seen;
  instant last_seen;
  bool operator==(const state&) const = default;
};
using mapping = std::map<name, state>;

struct graph_case {
  std::vector<row> rows;
  std::set<std::pair<name, name>> without;
  graph_rules rules;
  std::vector<kind_rule> kinds;

  bool left_out(const row& one) const {
    return one.left && one.right &&
           (without.count({*one.left, *one.right}) != 0 || without.count({*one.right, *one.left}) != 0);
  }
};

graph_case random_case(std::mt19937& random) {
  graph_case one;
  unsigned names = 1 + random() % 12;
  auto id = [&] {
    return name{static_cast<kind>(random() % kinds), "id" + std::to_string(random() % names)};
  };
  auto maybe = [&]() -> std::optional<name> {
    if (random() % 6 == 0) return std::nullopt;
    return id();
  };
  one.rows.resize(random() % 50);
  for (row& row : one.rows)
    row = {maybe(), maybe(), random() % 8 == 0 ? unknown_time : static_cast<instant>(random() % 9)};
  for (unsigned i = random() % 8; i > 0; --i) one.without.insert({id(), id()});
  for (std::uint32_t i = 0; i < kinds; ++i) one.kinds.push_back({.rank = i});
  if (random() % 2 == 0) {
    one.rules.in_order = true;
    one.rules.max_members = 1 + random() % 6;
    one.kinds[0].most = 1 + random() % 2;
  }
  return one;
}

/// All rows resolved at once, by the same rules.
mapping resolved(const graph_case& of, const std::vector<row>& rows) {
  auto* memory = std::pmr::get_default_resource();
  id_pool ids(memory);
  alias_graph graph(memory, ids, of.rules);
  for (const row& one : rows) {
    node left = one.left ? ids.add(one.left->first, one.left->second) : no_node;
    graph.add(left, one.right ? ids.add(one.right->first, one.right->second) : no_node, one.seen_at);
  }
  auto named = [&](node id) { return name{ids[id].kind, std::string(ids[id].text())}; };
  visitors found(memory, graph, of.kinds);
  mapping result;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (node id : found[i].members)
      result[named(id)] = {named(found[i].id), found[i].members.size(), ids[id].first_seen,
                           ids[id].last_seen};
  return result;
}

struct unmerged {
  mapping changes;
  std::map<name, name> old_visitors;
  std::size_t strangers = 0;
};

unmerged unmerge(const graph_case& of) {
  auto* memory = std::pmr::get_default_resource();
  id_pool ids(memory);
  auto number = [&](const name& id) { return ids.add(id.first, id.second); };
  left_out_pairs pairs(memory);
  for (const auto& [left, right] : of.without) {
    node first = number(left);
    pairs.add(first, number(right));
  }
  divided_graph graph(memory, ids, of.rules, pairs);
  for (const row& one : of.rows) {
    node left = one.left ? number(*one.left) : no_node;
    graph.add(left, one.right ? number(*one.right) : no_node, one.seen_at);
  }
  auto named = [&](node id) { return name{ids[id].kind, std::string(ids[id].text())}; };
  unmerged result;
  for (const change& one : graph.resolve(of.kinds)) {
    EXPECT_TRUE(
        result.changes
            .insert({named(one.id),
                     {named(one.now.visitor), one.now.members, one.now.first_seen, one.now.last_seen}})
            .second);
    result.old_visitors[named(one.id)] = named(one.old_visitor);
  }
  result.strangers = pairs.never_held().count;
  return result;
}

// Each pair left out as two rows of ids seen alone, resolved anew.
TEST(alias_unmerge, equals_resolving_with_and_without_the_pairs) {
  std::mt19937 random(11);
  std::size_t changes = 0;
  for (int round = 0; round < 3000; ++round) {
    graph_case one = random_case(random);
    std::vector<row> apart;
    for (const row& row : one.rows) {
      if (one.left_out(row)) {
        apart.push_back({row.left, std::nullopt, row.seen_at});
        apart.push_back({std::nullopt, row.right, row.seen_at});
      } else {
        apart.push_back(row);
      }
    }
    mapping before = resolved(one, one.rows);
    mapping after = resolved(one, apart);
    mapping expected;
    for (const auto& [id, now] : after)
      if (before.at(id) != now) expected[id] = now;
    unmerged got = unmerge(one);
    ASSERT_EQ(got.changes.size(), expected.size()) << "round " << round;
    for (const auto& [id, now] : expected) {
      ASSERT_TRUE(got.changes.count(id) != 0 && got.changes.at(id) == now) << "round " << round;
      ASSERT_EQ(got.old_visitors.at(id), before.at(id).visitor) << "round " << round;
    }
    changes += expected.size();
  }
  EXPECT_GT(changes, 1000u);
}

TEST(alias_unmerge, tells_of_pairs_that_no_edge_holds) {
  std::mt19937 random(12);
  for (int round = 0; round < 500; ++round) {
    graph_case one = random_case(random);
    std::set<std::pair<name, name>> strangers;
    for (auto [left, right] : one.without) {
      graph_case alone{one.rows, {{left, right}}, {}, {}};
      bool held =
          std::any_of(one.rows.begin(), one.rows.end(), [&](const row& row) { return alone.left_out(row); });
      if (!held) strangers.insert(std::minmax(left, right));
    }
    ASSERT_EQ(unmerge(one).strangers, strangers.size()) << "round " << round;
  }
}

TEST(alias_unmerge, the_first_pair_that_is_missing_is_named) {
  id_pool ids(std::pmr::get_default_resource());
  left_out_pairs pairs(std::pmr::get_default_resource());
  EXPECT_EQ(pairs.never_held().count, 0u);
  node a = ids.add(1, "a"), u = ids.add(0, "u"), v = ids.add(0, "v");
  pairs.add(v, u);
  pairs.add(a, v);
  pairs.add(v, a);  // the same
  EXPECT_TRUE(pairs.hold(u, v));
  EXPECT_FALSE(pairs.hold(a, u));
  EXPECT_FALSE(pairs.hold(a, no_node));
  left_out_pairs::strangers found = pairs.never_held();
  EXPECT_EQ(found.count, 1u);
  EXPECT_EQ(found.left, a);
  EXPECT_EQ(found.right, v);
}

}  // namespace
