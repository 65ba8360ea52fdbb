#include "identity/visitors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "base/error.hpp"
#include "base/interrupts.hpp"
#include "identity/block_list.hpp"

namespace {

using namespace journey::identity;

constexpr kind user = 0;
constexpr kind alias = 1;

struct row {
  std::optional<std::string> alias;
  std::optional<std::string> user;
  instant seen_at = unknown_time;
};

using name = std::pair<kind, std::string>;

struct named_visitor {
  name id;
  std::set<name> members;
  bool operator<(const named_visitor& other) const {
    return std::tie(id, members) < std::tie(other.id, other.members);
  }
  bool operator==(const named_visitor&) const = default;
};
using named_visitors = std::set<named_visitor>;
using refusals =
    std::set<std::tuple<std::optional<std::string>, std::optional<std::string>, instant, refusal>>;

struct limits {
  std::uint32_t users = graph_rules::no_limit;
  std::uint32_t members = graph_rules::no_limit;
  bool any() const { return users != graph_rules::no_limit || members != graph_rules::no_limit; }
};

struct outcome {
  named_visitors found;
  refusals refused;
};

constexpr kind_rule two_kinds[] = {{.rank = 0}, {.rank = 1}};

/// A graph of aliases and users over ids of its own.
struct user_graph {
  explicit user_graph(const graph_rules& rules = {})
      : ids(std::pmr::get_default_resource()), graph(std::pmr::get_default_resource(), ids, rules) {}

  void add(const std::optional<std::string>& left, const std::optional<std::string>& right, instant seen_at,
           const block_list* blocked = nullptr) {
    auto number = [&](kind kind, const std::optional<std::string>& text) {
      if (!text) return no_node;
      node one = ids.add(kind, *text);
      if (blocked != nullptr) ids[one].blocked = blocked->contains(*text);
      return one;
    };
    node weak = number(alias, left);
    graph.add(weak, number(user, right), seen_at);
  }
  visitors resolve(std::span<const kind_rule> kinds = two_kinds) const {
    return visitors(std::pmr::get_default_resource(), graph, kinds);
  }
  name named(node one) const { return {ids[one].kind, std::string(ids[one].text())}; }

  id_pool ids;
  alias_graph graph;
};

outcome resolve(const std::vector<row>& rows, alias_mode mode = alias_mode::connected, limits most = {},
                const block_list* blocked = nullptr, bool in_order = false) {
  user_graph graph({.mode = mode, .in_order = in_order || most.any(), .max_members = most.members});
  for (const row& one : rows) graph.add(one.alias, one.user, one.seen_at, blocked);
  kind_rule kinds[] = {{.rank = 0, .most = most.users}, {.rank = 1}};
  visitors found = graph.resolve(kinds);

  outcome result;
  for (std::size_t i = 0; i < found.size(); ++i) {
    named_visitor one{graph.named(found[i].id), {}};
    for (node member : found[i].members) one.members.insert(graph.named(member));
    EXPECT_EQ(one.members.size(), found[i].members.size());
    result.found.insert(one);
  }
  for (const refused_edge& one : found.refused()) {
    std::optional<std::string> texts[2];
    for (node end : {one.edge.left, one.edge.right})
      if (end != no_node) texts[graph.ids[end].kind] = graph.ids[end].text();
    result.refused.insert({texts[alias], texts[user], one.edge.seen_at, one.reason});
  }
  return result;
}

// The rules once more, slowly: sets of names, every edge in order, no numbers and no union-find.
outcome reference(std::vector<row> rows, alias_mode mode, limits most = {}) {
  std::map<name, instant> first_seen;
  for (const row& one : rows) {
    for (const auto& [kind, text] : {std::pair(alias, one.alias), std::pair(user, one.user)}) {
      if (!text) continue;
      auto [known, fresh] = first_seen.try_emplace({kind, *text}, one.seen_at);
      known->second = std::min(known->second, one.seen_at);
    }
  }
  std::erase_if(rows, [](const row& one) { return !one.alias || !one.user; });
  if (mode == alias_mode::latest_user) {
    std::map<std::string, row> latest;
    auto rank = [](const row& one) {  // an unknown time never beats a known one
      return std::tuple(one.seen_at != unknown_time, one.seen_at, *one.user);
    };
    for (const row& one : rows) {
      row& last = latest[*one.alias];
      if (!last.user || rank(one) > rank(last)) last = one;
    }
    auto first_time = [&](const row& pair) {
      instant first = unknown_time;
      for (const row& one : rows)
        if (one.alias == pair.alias && one.user == pair.user) first = std::min(first, one.seen_at);
      return first;
    };
    std::vector<row> kept;
    for (const auto& [alias, one] : latest) kept.push_back({one.alias, one.user, first_time(one)});
    rows = kept;
  }
  std::sort(rows.begin(), rows.end(), [](const row& left, const row& right) {
    return std::tie(left.seen_at, left.alias, left.user) < std::tie(right.seen_at, right.alias, right.user);
  });

  outcome result;
  std::vector<std::set<name>> sets;
  for (const auto& [one, seen] : first_seen) sets.push_back({one});
  auto set_of = [&](const name& one) {
    return std::find_if(sets.begin(), sets.end(), [&](const auto& set) { return set.count(one) != 0; });
  };
  std::set<std::pair<std::string, std::string>> told;
  for (const row& one : rows) {
    auto left = set_of({alias, *one.alias});
    auto right = set_of({user, *one.user});
    if (left == right) continue;
    std::set<name> whole = *left;
    whole.insert(right->begin(), right->end());
    std::uint64_t users =
        std::count_if(whole.begin(), whole.end(), [](const name& one) { return one.first == user; });
    bool over_users = users > most.users;
    if (over_users || whole.size() > most.members) {
      if (told.insert({*one.alias, *one.user}).second)
        result.refused.insert(
            {one.alias, one.user, one.seen_at, over_users ? refusal::max_of_kind : refusal::max_members});
      continue;
    }
    *left = whole;
    sets.erase(right);
  }
  for (const auto& set : sets) {
    auto strongest = std::min_element(set.begin(), set.end(), [&](const name& left, const name& right) {
      return std::tuple(left.first, first_seen[left], left.second) <
             std::tuple(right.first, first_seen[right], right.second);
    });
    result.found.insert({*strongest, set});
  }
  return result;
}

std::vector<row> random_rows(std::mt19937& random) {
  std::vector<row> rows(random() % 60);
  unsigned names = 1 + random() % 25;
  unsigned times = 1 + random() % 8;
  auto text = [&]() -> std::optional<std::string> {
    if (random() % 8 == 0) return std::nullopt;
    return "id" + std::to_string(random() % names);  // spelled alike in both kinds
  };
  for (row& one : rows)
    one = {text(), text(), random() % 6 == 0 ? unknown_time : static_cast<instant>(random() % times) - 3};
  return rows;
}

TEST(alias_graph, equals_the_slow_rules_in_any_order_of_rows) {
  std::mt19937 random(4);
  for (int round = 0; round < 1500; ++round) {
    std::vector<row> rows = random_rows(random);
    auto mode = random() % 2 == 0 ? alias_mode::connected : alias_mode::latest_user;
    limits most;
    if (random() % 2 == 0) most.users = 1 + random() % 3;
    if (random() % 2 == 0) most.members = 1 + random() % 6;
    outcome expected = reference(rows, mode, most);
    for (int order = 0; order < 3; ++order) {
      outcome got = resolve(rows, mode, most, nullptr, random() % 2 == 0);
      ASSERT_EQ(got.found, expected.found) << "round " << round;
      ASSERT_EQ(got.refused, expected.refused) << "round " << round;
      std::shuffle(rows.begin(), rows.end(), random);
    }
  }
}

TEST(alias_graph, no_visitor_breaks_a_limit) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    limits most{1 + static_cast<std::uint32_t>(random() % 3), 1 + static_cast<std::uint32_t>(random() % 5)};
    for (const named_visitor& one : resolve(random_rows(random), alias_mode::connected, most).found) {
      EXPECT_LE(one.members.size(), most.members);
      EXPECT_LE(std::count_if(one.members.begin(), one.members.end(),
                              [](const name& member) { return member.first == user; }),
                most.users);
    }
  }
}

TEST(alias_graph, visitors_come_oldest_first_and_so_do_their_members) {
  user_graph graph;
  graph.add("late", std::nullopt, 9);
  graph.add("b", "u", 5);
  graph.add("a", "u", 5);
  graph.add("early", "v", 1);
  visitors found = graph.resolve();
  std::string order;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (node member : found[i].members) order += graph.named(member).second + " ";
    order += "| ";
  }
  EXPECT_EQ(order, "early v | a b u | late | ");
}

TEST(alias_graph, a_chain_of_a_million_links_is_one_visitor) {
  user_graph graph;
  constexpr int links = 1000000;
  for (int i = 0; i < links; ++i) graph.add(std::to_string((i + 1) / 2), std::to_string(i / 2), i);
  visitors found = graph.resolve();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].members.size(), links + 1u);
  EXPECT_EQ(graph.named(found[0].id).second, "0");
}

TEST(alias_graph, blocked_ids_link_nothing_and_are_reported) {
  block_list blocked(std::pmr::get_default_resource());
  blocked.add("unknown");
  std::vector<row> rows{{"a", "UNKNOWN", 1}, {"b", " unknown ", 2}, {"unknown", "u", 3}, {"unknown", {}, 4}};
  named_visitors apart{
      {{alias, "a"}, {{alias, "a"}}}, {{alias, "b"}, {{alias, "b"}}}, {{user, "u"}, {{user, "u"}}}};
  EXPECT_EQ(resolve(rows, alias_mode::connected, {}, &blocked).found, apart);
  outcome told = resolve(rows, alias_mode::connected, {}, &blocked, true);
  EXPECT_EQ(told.found, apart);
  EXPECT_EQ(told.refused, (refusals{{"a", "UNKNOWN", 1, refusal::blocked},
                                    {"b", " unknown ", 2, refusal::blocked},
                                    {"unknown", "u", 3, refusal::blocked},
                                    {"unknown", std::nullopt, 4, refusal::blocked}}));
}

TEST(alias_graph, can_be_interrupted_while_it_resolves) {
  for (bool in_order : {false, true}) {
    user_graph graph({.in_order = in_order});
    for (int i = 0; i < 10; ++i) graph.add(std::to_string(i), std::to_string(i / 2), i);
    InterruptPending = 1;
    EXPECT_THROW(graph.resolve(), std::runtime_error);
    EXPECT_EQ(InterruptPending, 0);
  }
}

bool blocks(std::initializer_list<const char*> entries, std::string_view value) {
  block_list list(std::pmr::get_default_resource());
  for (const char* entry : entries) list.add(entry);
  return list.contains(value);
}

TEST(block_list, compares_without_blanks_and_case) {
  for (const char* value : {"null", "NULL", " null\t\n", "\u00a0Null\u200b", "\ufeffnull"})
    EXPECT_TRUE(blocks({" Null "}, value)) << '"' << value << '"';
  for (const char* value : {"", "nul", "nulls", "n ull", "null1", "n\u00a0ull"})
    EXPECT_FALSE(blocks({" Null "}, value)) << '"' << value << '"';
  EXPECT_FALSE(blocks({}, ""));
}

TEST(block_list, compares_without_punctuation_around) {
  for (const char* value :
       {"\"null\"", "'null'", "(null)", "<null>", "\\\"null\\\"", "%null%", "{{ null }}", "-null-"})
    EXPECT_TRUE(blocks({"null"}, value)) << '"' << value << '"';
  EXPECT_TRUE(blocks({"(not set)"}, "(Not Set)"));
  EXPECT_FALSE(blocks({"(not set)"}, "not set"));
  EXPECT_FALSE(blocks({"ab"}, "a-b"));
  // A minus makes another number.
  EXPECT_TRUE(blocks({"-1"}, "\"-1\""));
  EXPECT_FALSE(blocks({"-1"}, "1"));
  EXPECT_FALSE(blocks({"1"}, "-1"));
}

TEST(block_list, three_entries_stand_for_kinds_of_values) {
  for (const char* value : {"", " ", "-", "--", "??", "[]", "\"\""}) {
    EXPECT_TRUE(blocks({""}, value)) << '"' << value << '"';
    EXPECT_FALSE(blocks({"0", "xxx"}, value)) << '"' << value << '"';
  }
  for (const char* value : {"0", "000", "-0", "0.0", "{00000000-0000-0000-0000-000000000000}"}) {
    EXPECT_TRUE(blocks({"0"}, value)) << '"' << value << '"';
    EXPECT_TRUE(blocks({"00-00"}, value)) << '"' << value << '"';
    EXPECT_FALSE(blocks({"", "xxx"}, value)) << '"' << value << '"';
  }
  for (const char* value : {"xxx", "XXXX-xxxx", "ffffffff-ffff-ffff-ffff-ffffffffffff", "1111111111"}) {
    EXPECT_TRUE(blocks({"xxx"}, value)) << '"' << value << '"';
    EXPECT_FALSE(blocks({"", "0"}, value)) << '"' << value << '"';
  }
  for (const char* value :
       {"x", "xx", "01", "0x0", "111111111", "ffffffff-ffff-ffff-ffff-fffffffffffe", "\u00e9"})
    EXPECT_FALSE(blocks({"", "0", "xxx"}, value)) << '"' << value << '"';
  EXPECT_TRUE(blocks({"xxx"}, std::string(64, 'u')));
  EXPECT_FALSE(blocks({"xxx"}, std::string(65, 'u')));
}

TEST(block_list, entries_are_patterns) {
  EXPECT_TRUE(blocks({"Test@*"}, "test@example.com"));
  EXPECT_TRUE(blocks({"test@*"}, "TEST@"));
  EXPECT_FALSE(blocks({"test@*"}, "a test@"));
  EXPECT_TRUE(blocks({"*@example.com"}, "a@b@example.com"));
  EXPECT_TRUE(blocks({"a*b*c"}, "abxbcc"));
  EXPECT_FALSE(blocks({"a*b*c"}, "abxbcd"));
  EXPECT_TRUE(blocks({"*bot*"}, "a robot here"));
  EXPECT_TRUE(blocks({"*"}, ""));
  EXPECT_TRUE(blocks({"bot[0-9]"}, "\"BOT7\""));
  EXPECT_TRUE(blocks({"[A-C]1"}, "b1"));
  EXPECT_FALSE(blocks({"bot[0-9]"}, "bot"));
  EXPECT_TRUE(blocks({"b*", "bot", "beta*"}, "beta1"));
  EXPECT_FALSE(blocks({"test@%"}, "test@example.com"));
  EXPECT_TRUE(blocks({"100%"}, "100%"));
}

TEST(block_list, can_be_cleared_and_filled_again) {
  block_list list(std::pmr::get_default_resource());
  for (const char* entry : {"a", "b*"}) list.add(entry);
  list.clear();
  EXPECT_FALSE(list.contains("a"));
  EXPECT_FALSE(list.contains("bc"));
  list.add("b*");
  EXPECT_TRUE(list.contains("bc"));
}

TEST(block_list, refuses_patterns_without_bounds) {
  block_list list(std::pmr::get_default_resource());
  EXPECT_THROW(list.add('*' + std::string(1000, 'a')), journey::error);
  EXPECT_NO_THROW(list.add('*' + std::string(999, 'a')));
  EXPECT_NO_THROW(list.add(std::string(100000, 'a')));  // a text, no pattern
  EXPECT_TRUE(list.contains(std::string(100000, 'A')));
  for (int i = 1; i < 1000; ++i) list.add("a*" + std::to_string(i));
  EXPECT_THROW(list.add("b*"), journey::error);
}

TEST(block_list, can_be_interrupted) {
  block_list list(std::pmr::get_default_resource());
  for (const char* entry : {"0", "*b"}) list.add(entry);
  for (const char* value : {" ", "0", "aaaa", "---"}) {
    InterruptPending = 1;
    EXPECT_THROW(list.contains(value), std::runtime_error);
  }
}

TEST(id_pool, one_text_under_two_kinds_is_two_ids) {
  id_pool ids(std::pmr::get_default_resource());
  node one = ids.add(user, "x");
  EXPECT_NE(ids.add(alias, "x"), one);
  EXPECT_EQ(ids.add(user, "x"), one);
  EXPECT_EQ(ids.find(user, "x"), one);
  EXPECT_EQ(ids.find(user, "y"), no_node);
  std::string huge(1 << 20, 'x');
  node long_one = ids.add(alias, huge);
  EXPECT_EQ(ids[long_one].text(), huge);
  EXPECT_EQ(ids.find(alias, huge), long_one);
}

TEST(id_pool, a_million_ids_are_found_again) {
  id_pool ids(std::pmr::get_default_resource());
  for (int i = 0; i < 1000000; ++i) ASSERT_EQ(ids.add(alias, std::to_string(i)), static_cast<node>(i));
  for (int i = 0; i < 1000000; ++i) ASSERT_EQ(ids.find(alias, std::to_string(i)), static_cast<node>(i));
}

TEST(id_pool, unknown_times_tell_nothing) {
  id_pool ids(std::pmr::get_default_resource());
  node one = ids.add(user, "x");
  ids.see(one, unknown_time);
  EXPECT_EQ(ids[one].first_seen, unknown_time);
  EXPECT_EQ(ids[one].last_seen, unknown_time);
  for (instant seen : {5, -7, 3}) ids.see(one, seen);
  ids.see(one, unknown_time);
  EXPECT_EQ(ids[one].first_seen, -7);
  EXPECT_EQ(ids[one].last_seen, 5);
}

}  // namespace
