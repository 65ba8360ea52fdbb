// Paths, their edges, retention and keyed funnels against slow references, and their states as mergeable
// values.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "paths/funnel.hpp"
#include "paths/neighbor.hpp"
#include "paths/path_log.hpp"
#include "paths/returned.hpp"

namespace {

using namespace journey;
using namespace journey::paths;

auto* memory = std::pmr::get_default_resource();

template <class State>
std::string bytes_of(const State& state) {
  wire::writer out(memory);
  state.serialize(out);
  return {out.data(), out.size()};
}

template <class State>
void read(State& state, std::string_view bytes) {
  wire::reader in(bytes, "state");
  if constexpr (std::is_same_v<State, event_log>)
    state.deserialize(in, most_steps);
  else
    state.deserialize(in);
  in.end();
}

/// Puts rows into a state in any order and any split: `add(state, row)`.
template <class State, class Row, class Add>
std::unique_ptr<State> gathered(std::vector<Row> rows, std::mt19937& random, Add add) {
  std::ranges::shuffle(rows, random);
  auto state = std::make_unique<State>(memory);
  State parts[] = {State(memory), State(memory)};
  for (const Row& row : rows) add(parts[random() % 2], row);
  for (State& part : parts) {
    std::string before = bytes_of(part);
    State arrived(memory);
    if (random() % 2 == 0 && !rows.empty()) {
      try {
        read(arrived, before);
      } catch (const error&) {  // of no row, which no plan sends
        continue;
      }
      state->combine(arrived);
    } else {
      state->combine(part);
      EXPECT_EQ(bytes_of(part), before) << "the right side stays as it is";
    }
  }
  return state;
}

/// Feeds what is nearly a state: an error, or a state that answers and keeps its one form.
template <class State, class Answer>
void survives_hostile_bytes(const State& state, Answer answer) {
  std::string good = bytes_of(state);
  State copy(memory);
  read(copy, good);
  EXPECT_EQ(bytes_of(copy), good);
  std::mt19937 random(41);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string hostile = good;
    for (std::size_t i = random() % 3 + 1; i-- > 0;)
      hostile[random() % hostile.size()] = static_cast<char>(random());
    State read_state(memory);
    try {
      read(read_state, hostile);
      answer(read_state);
      State sum(memory);
      sum.combine(read_state);
      answer(sum);
    } catch (const error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
  for (std::size_t length = 0; length < good.size(); ++length) {
    State cut(memory);
    EXPECT_THROW(read(cut, std::string_view(good).substr(0, length)), error);
  }
}

struct named {
  std::int64_t ts;
  std::string name;
  std::uint64_t steps = 0;
  auto operator<=>(const named&) const = default;
};

std::vector<named> drawn_rows(std::mt19937& random, std::size_t most, int span, int names) {
  std::vector<named> rows(random() % (most + 1));
  for (named& row : rows) {
    row.ts = static_cast<std::int64_t>(random() % span) - 2;
    row.name = std::string(random() % 3, 'x') + std::to_string(random() % names);
    row.steps = random() & random() & 7;
  }
  return rows;
}

TEST(path, is_in_order_of_time_and_bytes) {
  std::mt19937 random(42);
  for (int round = 0; round < 3000; ++round) {
    auto rows = drawn_rows(random, round % 10 == 0 ? 700 : 12, 8, 5);
    auto most = random() % 3 == 0 ? path_log::all : static_cast<std::int32_t>(1 + random() % 9);
    auto state = gathered<path_log>(rows, random, [most](path_log& log, const named& row) {
      log.ask(most);
      log.add(row.ts, row.name);
    });
    std::ranges::sort(rows, {}, [](const named& row) { return std::pair(row.ts, row.name); });
    std::vector<std::string> expected;
    for (const named& row : rows)
      if (expected.size() < static_cast<std::size_t>(most)) expected.push_back(row.name);
    auto steps = state->steps(memory);
    ASSERT_EQ(std::vector<std::string>(steps.begin(), steps.end()), expected);
  }
}

/// States that keep their names together answer, merge and travel as those that don't, each with its own
/// names.
TEST(path, may_share_its_steps) {
  std::mt19937 random(51);
  for (int round = 0; round < 1000; ++round) {
    name_table steps(memory);
    path_log left(memory), right(memory), stranger(memory), alone(memory), arrived(memory);
    for (path_log* log : {&left, &right, &stranger}) log->share(steps);
    for (path_log* log : {&left, &right, &stranger, &alone}) log->ask(path_log::all);
    stranger.add(0, "strange");
    for (const named& row : drawn_rows(random, 12, 8, 5)) {
      alone.add(row.ts, row.name);
      (random() % 2 == 0 ? left : right).add(row.ts, row.name);
    }
    left.combine(right);
    read(arrived, bytes_of(left));
    EXPECT_EQ(bytes_of(left).find("strange"), std::string::npos);
    arrived.combine(stranger);
    alone.combine(stranger);
    left.combine(stranger);
    auto expected = alone.steps(memory);
    ASSERT_EQ(left.steps(memory), expected);
    ASSERT_EQ(arrived.steps(memory), expected);
  }
}

/// Of ten thousand different steps no more than a few times what is asked for is kept; in order of time, no
/// more at all.
TEST(path, forgets_what_comes_too_late) {
  path_log forth(memory), back(memory), three(memory);
  for (path_log* log : {&forth, &back, &three}) log->ask(3);
  for (int i = 0; i < 10000; ++i) forth.add(i, "step " + std::to_string(i));
  for (int i = 10000; i-- > 0;) back.add(i, "step " + std::to_string(i));
  for (int i = 0; i < 3; ++i) three.add(i, "step " + std::to_string(i));
  EXPECT_EQ(bytes_of(forth), bytes_of(three));
  EXPECT_LT(bytes_of(back).size(), 5000u);
  for (const path_log* log : {&forth, &back}) {
    auto steps = log->steps(memory);
    EXPECT_EQ(std::vector<std::string>(steps.begin(), steps.end()),
              (std::vector<std::string>{"step 0", "step 1", "step 2"}));
  }
}

TEST(path, refuses_two_questions) {
  path_log log(memory);
  EXPECT_THROW(log.ask(0), error);
  EXPECT_THROW(log.ask(-1), error);
  log.ask(2);
  EXPECT_THROW(log.ask(3), error);
}

struct weighted_path {
  std::vector<std::string> steps;
  double weight;
};

TEST(path_edges, equal_a_count_of_pairs) {
  std::mt19937 random(43);
  for (int round = 0; round < 2000; ++round) {
    std::vector<weighted_path> paths(random() % 12);
    std::map<std::tuple<int, std::string, std::string>, double> expected;  // '~' comes after all steps
    for (auto& [steps, weight] : paths) {
      weight = static_cast<double>(random() % 100);
      for (auto length = random() % 5; length > 0; --length) steps.push_back(std::to_string(random() % 4));
      for (std::size_t i = 0; i < steps.size(); ++i)
        expected[{static_cast<int>(i) + 1, steps[i], i + 1 < steps.size() ? steps[i + 1] : "~"}] += weight;
    }
    auto state = gathered<edge_log>(paths, random, [](edge_log& log, const weighted_path& path) {
      std::vector<std::string_view> views(path.steps.begin(), path.steps.end());
      log.add(views, path.weight);
    });
    auto edges = state->edges(memory);
    ASSERT_EQ(edges.size(), expected.size());
    auto next = expected.begin();
    for (const path_edge& edge : edges) {
      const auto& [where, weight] = *next++;
      EXPECT_EQ(std::tuple(edge.position, std::string(edge.step), std::string(edge.next_step.value_or("~"))),
                where);
      EXPECT_EQ(edge.visitors, weight);
    }
  }
}

TEST(path_edges, sums_do_not_depend_on_the_order) {
  edge_log forth(memory), back(memory);
  std::vector<double> weights{1e16, 0.1, 1, 1e-9, 3e15, 0.7};
  std::string_view path[] = {"a"};
  for (double weight : weights) forth.add(path, weight);
  std::ranges::reverse(weights);
  for (double weight : weights) back.add(path, weight);
  EXPECT_EQ(forth.edges(memory)[0].visitors, back.edges(memory)[0].visitors);
}

TEST(returned, equals_a_look_at_each_period) {
  std::mt19937 random(44);
  for (int round = 0; round < 5000; ++round) {
    period_row asked{static_cast<std::int64_t>(random() % 20) - 10,
                     1 + static_cast<std::int64_t>(random() % 9),
                     1 + static_cast<int>(random() % (round % 2 == 0 ? 5 : 200))};
    std::vector<std::int64_t> times(random() % 20);
    for (auto& ts : times) ts = static_cast<std::int64_t>(random() % 1000) - 30;
    auto state = gathered<return_log>(times, random, [asked](return_log& log, std::int64_t ts) {
      log.ask(asked);
      log.add(ts);
    });
    for (int k = 0; k < state->periods(); ++k) {
      std::int64_t begin = asked.since + k * asked.period;
      bool expected = std::ranges::any_of(
          times, [&](std::int64_t ts) { return begin <= ts && ts < begin + asked.period; });
      ASSERT_EQ(state->came(k), expected) << asked.since << " " << asked.period << " " << k;
    }
    EXPECT_EQ(state->periods(), times.empty() ? 0 : asked.periods);
  }
}

TEST(returned, at_the_ends_of_time) {
  using limits = std::numeric_limits<std::int64_t>;
  return_log log(memory);
  log.ask({limits::min() + 1, limits::max(), 3});
  for (std::int64_t ts : {limits::min(), limits::max()}) log.add(ts);  // the infinities are in no period
  EXPECT_FALSE(log.came(0) || log.came(1) || log.came(2));
  log.add(limits::max() - 1);
  EXPECT_TRUE(log.came(1));
  EXPECT_FALSE(log.came(2));
  return_log other(memory);
  EXPECT_THROW(other.ask({limits::max(), 1, 1}), error);
  EXPECT_THROW(other.ask({limits::min(), 1, 1}), error);
  EXPECT_THROW(other.ask({0, 1, 0}), error);
  EXPECT_THROW(other.ask({0, 1, 1001}), error);
  EXPECT_THROW(log.ask({0, 1, 1}), error);
}

TEST(keyed_funnel, is_the_best_of_the_funnels_of_its_keys) {
  std::mt19937 random(45);
  std::set<int> levels;
  for (int round = 0; round < 5000; ++round) {
    auto rows = drawn_rows(random, 20, 12, 2);
    funnel funnel;
    funnel.steps = 3;
    funnel.rule.within = 1 + static_cast<std::int64_t>(random() % 12);
    funnel.rule.strict_order = random() % 2 == 0;
    auto state = gathered<keyed_funnel_log>(rows, random, [&](keyed_funnel_log& log, const named& row) {
      log.ask(funnel);
      log.add({row.ts, row.steps}, row.name);
    });
    std::map<std::string, std::unique_ptr<funnel_log>> of_keys;
    for (const named& row : rows) {
      auto& log = of_keys[row.name];
      if (!log) log = std::make_unique<funnel_log>(memory);
      log->ask(funnel);
      log->add({row.ts, row.steps});
    }
    int expected = 0;
    for (const auto& [key, log] : of_keys) expected = std::max(expected, log->level(memory));
    ASSERT_EQ(state->level(memory), expected);
    levels.insert(expected);
  }
  EXPECT_EQ(levels, (std::set<int>{0, 1, 2, 3}));
}

/// By the definition: of all bases the one asked for, then step by step.
std::optional<std::string> reference(const std::vector<named>& rows, const neighbor& question, int forth) {
  auto is = [&](std::size_t i, int bit) { return (rows[i].steps >> bit & 1) != 0; };
  std::vector<std::size_t> bases;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bool at_end = i == (question.base == base_event::head ? 0 : rows.size() - 1);
    bool by_match = question.base == base_event::first_match || question.base == base_event::last_match;
    if (is(i, question.steps) && (by_match ? is(i, 0) : at_end)) bases.push_back(i);
  }
  if (bases.empty()) return {};
  std::int64_t at =
      static_cast<std::int64_t>(question.base == base_event::last_match ? bases.back() : bases.front());
  for (int step = 0; step < question.steps; ++step, at += forth)
    if (at < 0 || at >= std::ssize(rows) || !is(static_cast<std::size_t>(at), step)) return {};
  if (at < 0 || at >= std::ssize(rows)) return {};
  return rows[static_cast<std::size_t>(at)].name;
}

TEST(neighbor, equals_its_definition) {
  std::mt19937 random(47);
  int found = 0;
  for (int round = 0; round < 20000; ++round) {
    auto rows = drawn_rows(random, 12, 8, 9);
    neighbor question{static_cast<std::uint8_t>(1 + random() % 2), static_cast<base_event>(random() % 4)};
    for (named& row : rows) row.steps |= (random() % 2) * question.base_bit();
    auto log = gathered<event_log>(rows, random, [](event_log& log, const named& row) {
      log.add({row.ts, row.steps}, row.name);
    });
    std::ranges::sort(rows, [](const named& left, const named& right) {
      step_row left_row{left.ts, left.steps}, right_row{right.ts, right.steps};
      if (left_row != right_row) return comes_before(left_row, right_row);
      return left.name < right.name;
    });
    for (int forth : {1, -1}) {
      auto in_order = log->rows(memory);
      const event_row* row =
          neighbor_of(in_order, question, forth == 1 ? direction::next : direction::previous);
      auto expected = reference(rows, question, forth);
      ASSERT_EQ(row == nullptr, !expected);
      if (row == nullptr) continue;
      EXPECT_EQ(log->names()[row->name], *expected);
      ++found;
    }
  }
  EXPECT_GT(found, 3000);
}

TEST(funnel_event, is_the_first_after_the_last_step) {
  std::mt19937 random(48);
  int found = 0;
  for (int round = 0; round < 10000; ++round) {
    auto rows = drawn_rows(random, 12, 12, 9);
    funnel funnel;
    funnel.steps = 3;
    funnel.rule.within = 1 + static_cast<std::int64_t>(random() % 12);
    funnel_log steps(memory);
    steps.ask(funnel);
    event_log log(memory);
    for (const named& row : rows) {
      steps.add({row.ts, row.steps});
      log.add({row.ts, row.steps}, row.name);
    }
    auto times = steps.times(memory);
    auto in_order = log.rows(memory);
    const event_row* row = event_after_funnel(in_order, funnel, memory);
    std::optional<std::int64_t> later;
    for (const named& other : rows)
      if (!times.empty() && other.ts > times.back()) later = std::min(later.value_or(other.ts), other.ts);
    ASSERT_EQ(row == nullptr, !later);
    if (row == nullptr) continue;
    EXPECT_EQ(row->ts, *later);
    ++found;
  }
  EXPECT_GT(found, 3000);
}

/// Byte by byte, put together by hand: what one build sends, every other one reads.
TEST(flows, states_have_the_bytes_that_are_written_down) {
  auto hex = [](const auto& state) {
    std::string shown;
    for (char byte : bytes_of(state)) {
      const char* digits = "0123456789abcdef";
      shown += {digits[static_cast<unsigned char>(byte) >> 4], digits[byte & 15]};
    }
    return shown;
  };
  path_log path(memory);
  path.ask(7);
  for (const char* step : {"a", "b", "a"}) path.add(path.steps(memory).size() * 100, step);
  EXPECT_EQ(hex(path),
            "01"          // version
            "07000000"    // most
            "02"          // two names
            "0161"        // a
            "0162"        // b
            "0b"          // eleven bytes of rows
            "000001"      // at 0, no step, name 1
            "c8010002"    // 100 later, in zig-zag: 200 = 1 * 128 + 72
            "c8010001");  // 100 later
  edge_log edges(memory);
  std::string_view steps[] = {"a", "b"};
  edges.add(steps, 2);
  EXPECT_EQ(hex(edges),
            "01"          // version
            "0201610162"  // two steps: a, b
            "02"          // two edges
            "000002"
            "00"
            "0000000000000040"  // at 0 from a to b: 2.0
            "010100"
            "00"
            "0000000000000040");  // at 1 from b to none
  return_log returned(memory);
  returned.ask({-1, 16, 9});
  returned.add(0);
  returned.add(8 * 16);
  EXPECT_EQ(hex(returned),
            "01"                  // version
            "ffffffffffffffff"    // since
            "1000000000000000"    // period
            "0900"                // periods
            "0101000000000000");  // the first and the ninth
  keyed_funnel_log keyed(memory);
  funnel funnel;
  funnel.steps = 2;
  funnel.rule.within = 5;
  keyed.ask(funnel);
  keyed.add({3, 2}, "k");
  EXPECT_EQ(hex(keyed),
            "01"    // version
            "0200"  // two steps, no exclusion
            "01"
            "00"
            "0500000000000000"  // the rule: version, no flag, within
            "01016b"            // one name: k
            "03060201");        // three bytes of rows: at 3 in zig-zag, step 2, name 1
}

TEST(flows, states_are_read_as_hostile) {
  std::mt19937 random(46);
  path_log path(memory);
  path.ask(7);
  edge_log edges(memory);
  return_log returned(memory);
  returned.ask({5, 10, 70});
  keyed_funnel_log keyed(memory);
  funnel funnel;
  funnel.steps = 3;
  funnel.rule.within = 9;
  keyed.ask(funnel);
  for (int i = 0; i < 30; ++i) {
    path.add(i * i, std::to_string(i % 4));
    std::string_view steps[] = {"a", i % 2 == 0 ? "b" : "c", "d"};
    edges.add(steps, i % 3 == 0 ? 0.1 : 5e15);
    returned.add(i * 17);
    keyed.add({i, static_cast<std::uint64_t>(i % 8)}, std::to_string(i % 3));
  }
  survives_hostile_bytes(path, [](const path_log& state) { state.steps(memory); });
  survives_hostile_bytes(edges, [](const edge_log& state) { state.edges(memory); });
  survives_hostile_bytes(returned, [](const return_log& state) {
    for (int i = 0; i < state.periods(); ++i) state.came(i);
  });
  survives_hostile_bytes(keyed, [](const keyed_funnel_log& state) { state.level(memory); });
}

}  // namespace
