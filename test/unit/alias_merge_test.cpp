#include "identity/alias_merge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace {

using namespace journey::identity;

// Kinds by rank: the strongest first.
constexpr int kinds = 3;

struct name {
  kind of;
  std::string text;
  auto operator<=>(const name&) const = default;
};
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
  auto operator<=>(const state&) const = default;
};
using mapping = std::map<name, state>;

struct limits {
  std::uint32_t of_kind[kinds] = {graph_rules::no_limit, graph_rules::no_limit, graph_rules::no_limit};
  std::uint32_t members = graph_rules::no_limit;
  bool any = false;
};

std::vector<kind_rule> rules_of(const limits& most) {
  std::vector<kind_rule> rules;
  for (std::uint32_t i = 0; i < kinds; ++i) rules.push_back({.rank = i, .most = most.of_kind[i]});
  return rules;
}

void add(alias_graph& graph, const row& one) {
  auto number = [&](const std::optional<name>& id) {
    return id ? graph.ids().add(id->of, id->text) : no_node;
  };
  node left = number(one.left);
  graph.add(left, number(one.right), one.seen_at);
}

name named(const id_pool& ids, node id) { return {ids[id].kind, std::string(ids[id].text())}; }

mapping resolved(const std::vector<row>& rows, const limits& most) {
  auto* memory = std::pmr::get_default_resource();
  id_pool ids(memory);
  alias_graph graph(memory, ids, {.in_order = most.any, .max_members = most.members});
  for (const row& one : rows) add(graph, one);
  visitors found(memory, graph, rules_of(most));
  mapping result;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (node id : found[i].members)
      result[named(ids, id)] = {named(ids, found[i].id), found[i].members.size(), ids[id].first_seen,
                                ids[id].last_seen};
  return result;
}

/// Merges the rows into the mapping as the SQL function does; counts the rows it looks at and gives.
struct merge_counts {
  std::size_t read = 0;
  std::size_t changed = 0;
};
merge_counts merge(mapping& current, const std::vector<row>& rows, const limits& most) {
  merge_counts counts;
  auto* memory = std::pmr::get_default_resource();
  id_pool ids(memory);
  alias_graph graph(memory, ids, {.in_order = true, .max_members = most.members});
  for (const row& one : rows) add(graph, one);
  auto tell = [&](auto& step, const name& id, const state& stored) {
    ++counts.read;
    node number = ids.add(id.of, id.text);
    EXPECT_TRUE(step.tell(number, {ids.add(stored.visitor.of, stored.visitor.text), stored.members,
                                   stored.first_seen, stored.last_seen}));
  };
  touched_ids touched(memory, graph);
  for (node id : touched.wanted()) {
    EXPECT_TRUE(touched.wants(id));
    if (auto found = current.find(named(ids, id)); found != current.end())
      tell(touched, found->first, found->second);
  }
  growing_visitors growing(memory, std::move(touched));
  for (node visitor : growing.wanted()) {
    EXPECT_TRUE(growing.wants(visitor));
    for (const auto& [id, stored] : current)
      if (stored.visitor == named(ids, visitor)) tell(growing, id, stored);
  }
  for (const change& one : growing.resolve(rules_of(most))) {
    name id = named(ids, one.id);
    auto found = current.find(id);
    EXPECT_EQ(found == current.end(), one.old_visitor == no_node);
    if (found != current.end()) {
      EXPECT_EQ(named(ids, one.old_visitor), found->second.visitor);
    }
    state now{named(ids, one.now.visitor), one.now.members, one.now.first_seen, one.now.last_seen};
    EXPECT_TRUE(found == current.end() || found->second != now) << "a row that does not change";
    current[id] = now;
    ++counts.changed;
  }
  return counts;
}

std::vector<row> random_rows(std::mt19937& random, bool ties) {
  std::vector<row> rows(random() % 80);
  unsigned names = 1 + random() % 30;
  auto id = [&]() -> std::optional<name> {
    if (random() % 6 == 0) return std::nullopt;
    return name{static_cast<kind>(random() % kinds), "id" + std::to_string(random() % names)};
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    instant time = ties ? static_cast<instant>(random() % 20) : static_cast<instant>(i);
    rows[i] = {id(), id(), ties && random() % 8 == 0 ? unknown_time : time};
  }
  return rows;
}

TEST(alias_merge, any_split_of_the_edges_equals_all_at_once) {
  std::mt19937 random(6);
  for (int round = 0; round < 2000; ++round) {
    std::vector<row> rows = random_rows(random, true);
    mapping expected = resolved(rows, {});
    std::shuffle(rows.begin(), rows.end(), random);
    mapping merged;
    for (std::size_t from = 0; from < rows.size();) {
      std::size_t count = std::min<std::size_t>(1 + random() % 30, rows.size() - from);
      merge(merged, {rows.begin() + from, rows.begin() + from + count}, {});
      from += count;
    }
    ASSERT_EQ(merged, expected) << "round " << round;
  }
}

TEST(alias_merge, with_limits_splits_in_order_of_time_equal_all_at_once) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<row> rows = random_rows(random, false);
    limits most{.any = true};
    for (std::uint32_t& of : most.of_kind)
      if (random() % 2 == 0) of = 1 + random() % 2;
    if (random() % 2 == 0) most.members = 1 + random() % 6;
    mapping expected = resolved(rows, most);
    mapping merged;
    for (std::size_t from = 0; from < rows.size();) {
      std::size_t count = std::min<std::size_t>(1 + random() % 30, rows.size() - from);
      std::vector<row> batch(rows.begin() + from, rows.begin() + from + count);
      std::shuffle(batch.begin(), batch.end(), random);
      merge(merged, batch, most);
      from += count;
    }
    ASSERT_EQ(merged, expected) << "round " << round;
  }
}

TEST(alias_merge, looks_only_at_what_is_touched) {
  std::vector<row> rows;
  for (int i = 0; i < 1000; ++i)
    rows.push_back({name{1, "a" + std::to_string(i)}, name{0, "u" + std::to_string(i / 10)}, i});
  mapping current = resolved(rows, {});

  // Known edges, seen again: the two ids of each.
  merge_counts again = merge(current, {{name{1, "a5"}, name{0, "u0"}, 5000}}, {});
  EXPECT_EQ(again.read, 2u);
  EXPECT_EQ(again.changed, 2u);
  // Two visitors become one: all their ids, and those of no other.
  merge_counts joined = merge(current, {{name{1, "a5"}, name{0, "u1"}, 6000}}, {});
  EXPECT_EQ(joined.read, 2u + 22u);
  EXPECT_EQ(joined.changed, 22u);
  // Nothing new at all.
  merge_counts nothing = merge(current, {{name{1, "a5"}, name{0, "u1"}, 6000}}, {});
  EXPECT_EQ(nothing.changed, 0u);
}

TEST(alias_merge, the_older_visitor_takes_over) {
  mapping current = resolved({{name{1, "a"}, name{0, "young"}, 10}, {name{1, "b"}, name{0, "old"}, 5}}, {});
  merge(current, {{name{1, "a"}, name{0, "old"}, 20}}, {});
  for (const auto& [id, stored] : current) EXPECT_EQ(stored.visitor.text, "old");
  // Late news of an even earlier time.
  merge(current, {{std::nullopt, name{0, "young"}, 1}}, {});
  for (const auto& [id, stored] : current) EXPECT_EQ(stored.visitor.text, "young");
}

TEST(alias_merge, notices_a_contradiction) {
  id_pool ids(std::pmr::get_default_resource());
  alias_graph graph(std::pmr::get_default_resource(), ids, {.in_order = true});
  node id = ids.add(1, "a");
  touched_ids touched(std::pmr::get_default_resource(), graph);
  node one = ids.add(0, "u");
  node other = ids.add(0, "v");
  EXPECT_TRUE(touched.wants(id));
  EXPECT_FALSE(touched.wants(one));
  EXPECT_TRUE(touched.tell(id, {one, 2, 1, 1}));
  EXPECT_TRUE(touched.tell(id, {one, 2, 1, 1}));
  EXPECT_FALSE(touched.tell(id, {other, 2, 1, 1}));
  growing_visitors growing(std::pmr::get_default_resource(), std::move(touched));
  EXPECT_FALSE(growing.tell(id, {other, 2, 1, 1}));
}

}  // namespace
