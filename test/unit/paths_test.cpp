// The models on paths against slow references, and their states as mergeable values.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>

#include "attribution/leave_one_out.hpp"
#include "attribution/markov.hpp"
#include "attribution/removal.hpp"
#include "attribution/shapley.hpp"
#include "base/interrupts.hpp"
#include "interrupts.hpp"

namespace {

using namespace journey::attribution;
using journey::exact_sum;
using journey::stops;
using journey::wire::reader;
using journey::wire::writer;

auto* memory = std::pmr::get_default_resource();

struct row {
  std::vector<std::string> channels;
  results what;
  int order = 1;

  std::vector<std::string_view> path() const { return {channels.begin(), channels.end()}; }
};

void add(transition_counts& state, const row& row) { state.add(row.path(), row.what, row.order); }
void add(shapley_counts& state, const row& row) { state.add(row.path(), row.what); }
void add(path_counts& state, const row& row) { state.add(row.path(), row.what); }

/// Paths of up to `longest` channels, loops and repeats included, with fractional and large results.
std::vector<row> random_rows(std::mt19937_64& random, int channels, int longest, int order = 1) {
  std::vector<row> rows(1 + random() % 30);
  for (row& row : rows) {
    for (std::size_t length = random() % (longest + 1); length > 0; --length)
      row.channels.push_back("c" + std::to_string(random() % channels));
    auto number = [&] { return static_cast<double>(random() % 50) / (random() % 2 ? 1 : 7); };
    row.what = {number(), std::ldexp(number(), static_cast<int>(random() % 60) - 30), number()};
    row.order = order;
  }
  return rows;
}

template <class State>
std::map<std::string, channel_credit> credits(const std::vector<row>& rows) {
  static std::vector<std::unique_ptr<State>> kept;  // the names in credits are views
  State& state = *kept.emplace_back(std::make_unique<State>(memory));
  for (const row& row : rows) add(state, row);
  std::map<std::string, channel_credit> result;
  for (const channel_credit& credit : state.credits(memory)) result.emplace(credit.channel, credit);
  return result;
}

/// Kept with 30 bits after the point, exactly.
TEST(exact_sum, is_the_true_sum_rounded_once) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 500; ++round) {
    std::vector<double> numbers;
    __int128 truth = 0;
    for (std::size_t n = random() % 40; n > 0; --n) {
      int shift = static_cast<int>(random() % 60);
      auto digits = static_cast<std::int64_t>(random() % (1 << 30)) - (1 << 29);
      truth += static_cast<__int128>(digits) << shift;
      numbers.push_back(std::ldexp(static_cast<double>(digits), shift - 30));
    }
    double expected = std::ldexp(static_cast<double>(truth), -30);
    for (int order = 0; order < 5; ++order) {
      std::ranges::shuffle(numbers, random);
      exact_sum left(memory), right(memory);
      for (double number : numbers) (random() % 2 ? left : right).add(number);
      writer out(memory);
      right.serialize(out);
      exact_sum copy(memory);
      reader in({out.data(), out.size()}, "sum");
      copy.deserialize(in);
      in.end();
      left.add(copy);
      EXPECT_EQ(left.value(), expected);
    }
  }
}

TEST(exact_sum, rounds_half_to_even) {
  auto sum = [](std::initializer_list<double> numbers) {
    exact_sum sum(memory);
    for (double number : numbers) sum.add(number);
    return sum.value();
  };
  double half = std::ldexp(1, -53), digit = std::ldexp(1, -52);
  EXPECT_EQ(sum({1, half}), 1);
  EXPECT_EQ(sum({1 + digit, half}), 1 + 2 * digit);
  EXPECT_EQ(sum({1, half, std::ldexp(1, -120)}), 1 + digit);
  EXPECT_EQ(sum({1 + digit, half, -std::ldexp(1, -120)}), 1 + digit);
  EXPECT_EQ(sum({1e100, 1, -1e100}), 1);
  EXPECT_EQ(sum({}), 0);
  EXPECT_THROW(sum({1e308, 1e308}), journey::error);
}

using chain_state = std::vector<std::string>;

/// The last channels of a path that has come as far as `length`.
chain_state state_at(const row& row, std::size_t length, std::size_t order) {
  auto end = row.channels.begin() + static_cast<std::ptrdiff_t>(length);
  return {end - static_cast<std::ptrdiff_t>(std::min(length, order)), end};
}

/// What a walk earns on average, by Gaussian elimination with pivoting; it earns `reward(state)` by
/// converting from a state, and states with `removed` lead nowhere.
template <class Reward>
long double mean_of_walks(const std::vector<row>& rows, std::size_t order, const std::string& removed,
                          Reward reward) {
  using state = chain_state;
  std::map<state, std::map<state, long double>> flows;
  const state start, conversion{"(conversion)"}, null{"(null)"};
  for (const row& row : rows) {
    long double weight = static_cast<long double>(row.what.conversions) + row.what.nulls;
    if (row.channels.empty() || weight == 0) continue;
    state from = start;
    for (std::size_t i = 1; i <= row.channels.size(); ++i) {
      state to = state_at(row, i, order);
      flows[from][to] += weight;
      from = to;
    }
    flows[from][conversion] += row.what.conversions;
    flows[from][null] += row.what.nulls;
  }
  std::map<state, std::size_t> place;
  for (const auto& [from, to] : flows)
    if (std::ranges::find(from, removed) == from.end()) place.emplace(from, place.size());
  std::vector<std::vector<long double>> system(place.size(), std::vector<long double>(place.size() + 1, 0));
  for (const auto& [from, i] : place) {
    long double all = 0;
    for (const auto& [to, weight] : flows[from]) all += weight;
    system[i][i] = 1;
    for (const auto& [to, weight] : flows[from])
      if (to == conversion)
        system[i].back() += weight / all * reward(from);
      else if (place.contains(to))
        system[i][place[to]] -= weight / all;
  }
  for (std::size_t c = 0; c < system.size(); ++c) {
    auto pivot =
        std::max_element(system.begin() + static_cast<std::ptrdiff_t>(c), system.end(),
                         [c](const auto& a, const auto& b) { return std::abs(a[c]) < std::abs(b[c]); });
    std::swap(system[c], *pivot);
    for (std::size_t r = 0; r < system.size(); ++r) {
      if (r == c) continue;
      long double factor = system[r][c] / system[c][c];
      for (std::size_t j = c; j <= system.size(); ++j) system[r][j] -= factor * system[c][j];
    }
  }
  auto at = place.find(start);
  return at == place.end() ? 0 : system[at->second].back() / system[at->second][at->second];
}

/// The probability to convert.
long double conversion_rate(const std::vector<row>& rows, std::size_t order, const std::string& removed) {
  return mean_of_walks(rows, order, removed, [](const chain_state&) { return 1; });
}

TEST(markov, equals_removing_each_channel_and_solving_again) {
  std::mt19937_64 random(3);
  int compared = 0;
  for (int round = 0; round < 600; ++round) {
    int order = 1 + round % 3;
    std::vector<row> rows = random_rows(random, 2 + static_cast<int>(random() % 6), 9, order);
    if (round % 4 == 0)
      for (row& row : rows) row.what.nulls = 0;
    auto got = credits<transition_counts>(rows);
    long double whole = conversion_rate(rows, static_cast<std::size_t>(order), "");
    double sum = 0, conversions = 0;
    std::map<std::string, double> effects;
    for (const row& row : rows) {
      if (!row.channels.empty()) conversions += row.what.conversions;
      for (const std::string& channel : row.channels) effects[channel] = 0;
    }
    if (!(whole > 0)) continue;
    for (auto& [channel, effect] : effects) {
      effect =
          static_cast<double>(1 - conversion_rate(rows, static_cast<std::size_t>(order), channel) / whole);
      sum += effect;
    }
    for (const auto& [channel, effect] : effects) {
      ASSERT_TRUE(got.contains(channel));
      EXPECT_NEAR(*got.at(channel).removal_effect, effect, 1e-11);
      EXPECT_NEAR(got.at(channel).conversions, conversions * effect / sum, 1e-11 * conversions);
      ++compared;
    }
  }
  EXPECT_GT(compared, 1500);
}

/// The value of the conversions out of each state, and how many these are.
std::map<chain_state, std::pair<double, double>> worth_by_last_state(const std::vector<row>& rows,
                                                                     std::size_t order) {
  std::map<chain_state, std::pair<double, double>> worth;
  for (const row& row : rows) {
    if (row.channels.empty()) continue;
    auto& [value, conversions] = worth[state_at(row, row.channels.size(), order)];
    value += row.what.value;
    conversions += row.what.conversions;
  }
  return worth;
}

TEST(markov, shares_value_by_what_walks_without_each_channel_would_earn) {
  std::mt19937_64 random(31);
  int compared = 0;
  for (int round = 0; round < 600; ++round) {
    int order = 1 + round % 3;
    std::vector<row> rows = random_rows(random, 2 + static_cast<int>(random() % 6), 9, order);
    for (row& row : rows) row.what.value = static_cast<double>(random() % 1000) - (round % 2 ? 300 : 0);
    auto got = credits<transition_counts>(rows);
    auto worth = worth_by_last_state(rows, static_cast<std::size_t>(order));
    std::map<std::string, double> expected;
    for (const row& row : rows)
      for (const std::string& channel : row.channels) expected[channel] = 0;
    for (double sign : {1, -1}) {
      double total = 0, sum = 0;
      for (const auto& [state, of] : worth)
        if (of.second > 0) total += std::max(0.0, sign * of.first);
      auto earned = [&](const std::string& removed) {
        return mean_of_walks(rows, static_cast<std::size_t>(order), removed, [&](const chain_state& last) {
          auto [value, conversions] = worth[last];
          return conversions > 0 ? std::max(0.0, sign * value) / conversions : 0;
        });
      };
      long double all = earned("");
      if (!(all > 0)) continue;
      std::map<std::string, double> effects;
      for (const auto& [channel, value] : expected)
        sum += effects[channel] = static_cast<double>(1 - earned(channel) / all);
      for (const auto& [channel, effect] : effects) expected[channel] += sign * total * effect / sum;
    }
    for (const auto& [channel, value] : expected) {
      EXPECT_NEAR(got.at(channel).value, value, 1e-8) << channel;
      ++compared;
    }
  }
  EXPECT_GT(compared, 1500);
}

/// Journeys of one channel keep their own money, whatever the model.
template <class State>
void expect_own_money(int order) {
  std::vector<row> rows{{{"SEM"}, {1, 1000, 0}, order},
                        {{"Email"}, {1, 10, 0}, order},
                        {{"Affiliate", "Affiliate"}, {1, -250, 3}, order},
                        {{"TV", "TV", "TV"}, {2, 0.5, 1}, order}};
  auto got = credits<State>(rows);
  EXPECT_DOUBLE_EQ(got.at("SEM").value, 1000);
  EXPECT_DOUBLE_EQ(got.at("Email").value, 10);
  EXPECT_DOUBLE_EQ(got.at("Affiliate").value, -250);
  EXPECT_DOUBLE_EQ(got.at("TV").value, 0.5);
}

TEST(paths, that_share_no_channel_share_no_money) {
  for (int order = 1; order <= 8; ++order) expect_own_money<transition_counts>(order);
  expect_own_money<shapley_counts>(1);
  expect_own_money<path_counts>(1);
  // Nor do groups of journeys. (The removal effects of markov weigh a group by its channels, too.)
  std::mt19937_64 random(32);
  for (int round = 0; round < 100; ++round) {
    int order = 1 + round % 3;
    std::vector<row> left = random_rows(random, 4, 6, order), right = random_rows(random, 4, 6, order);
    for (row& row : left) row.what.value = row.channels.empty() ? 0 : row.what.value;
    for (row& row : right) {
      row.what.value = row.channels.empty() ? 0 : row.what.value;
      for (std::string& channel : row.channels) channel += " of the right";
    }
    std::vector<row> both = left;
    both.insert(both.end(), right.begin(), right.end());
    double of_left = 0, together = 0;
    for (const row& row : left) of_left += row.what.value;
    for (const auto& [channel, credit] : credits<shapley_counts>(both))
      if (!channel.ends_with("right")) together += credit.value;
    EXPECT_NEAR(together, of_left, 1e-9 * (1 + of_left));
    together = 0;
    for (const auto& [channel, credit] : credits<path_counts>(both))
      if (!channel.ends_with("right")) together += credit.value;
    EXPECT_NEAR(together, of_left, 1e-9 * (1 + of_left));
  }
}

TEST(markov, takes_paths_counted_before_for_the_same) {
  std::mt19937_64 random(33);
  for (int round = 0; round < 100; ++round) {
    std::vector<row> rows = random_rows(random, 4, 4, 1 + round % 2);
    std::map<std::vector<std::string>, row> counted;
    for (row& row : rows) {  // whole numbers, so that sums are exact
      row.what = {static_cast<double>(random() % 3), static_cast<double>(random() % 9) - 4,
                  static_cast<double>(random() % 3)};
      auto [known, is_new] = counted.try_emplace(row.channels, row);
      if (is_new) continue;
      known->second.what.conversions += row.what.conversions;
      known->second.what.value += row.what.value;
      known->second.what.nulls += row.what.nulls;
    }
    std::vector<row> once;
    for (const auto& [channels, row] : counted) once.push_back(row);
    auto many = credits<transition_counts>(rows), few = credits<transition_counts>(once);
    for (const auto& [channel, credit] : few) {
      if (credit.conversions == 0 && credit.value == 0) continue;
      ASSERT_TRUE(many.contains(channel));
      EXPECT_EQ(many.at(channel).conversions, credit.conversions);
      EXPECT_EQ(many.at(channel).value, credit.value);
    }
  }
}

TEST(markov, leaves_the_value_of_what_never_converts_unattributed) {
  auto got = credits<transition_counts>(
      {{{"A"}, {0, 7, 3}}, {{"B"}, {0, 11, 0}}, {{"B"}, {1, 4, 0}}, {{"C"}, {0, 2, 0}}});
  EXPECT_EQ(got.at("A").value, 0);
  EXPECT_EQ(got.at("B").value, 15) << "a path that nobody took adds to those with the same end";
  EXPECT_EQ(got.at("(unattributed)").value, 9);
  EXPECT_EQ(got.at("(unattributed)").conversions, 0);
}

/// A walk of a million steps on average: an inverse would lose most of its digits here.
TEST(markov, keeps_its_digits_in_long_loops) {
  transition_counts state(memory);
  std::vector<std::string_view> path;
  for (int i = 0; i < 1'000'000; ++i) path.push_back(i % 2 ? "B" : "A");
  state.add(path, {1, 1, 0}, 1);
  path = {"C"};
  state.add(path, {1, 1, 0}, 1);
  auto credits = state.credits(memory);
  ASSERT_EQ(credits.size(), 3u);
  for (const auto& credit : credits) EXPECT_NEAR(*credit.removal_effect, 0.5, 1e-15);
}

TEST(markov, leaves_what_has_no_effect_unattributed) {
  auto got = credits<transition_counts>({{{"A"}, {0, 7, 3}}, {{}, {2, 5, 0}}});
  EXPECT_EQ(got.at("A").conversions, 0);
  EXPECT_FALSE(got.at("A").removal_effect);
  EXPECT_EQ(got.at("(unattributed)").conversions, 2);
  EXPECT_EQ(got.at("(unattributed)").value, 12);
}

TEST(markov, refuses_more_than_it_can_do) {
  transition_counts state(memory);
  for (std::size_t i = 0; i <= transition_counts::most_states; ++i) {
    std::string name = std::to_string(i);
    std::string_view path[] = {name};
    state.add(path, {1, 1, 0}, 1);
  }
  EXPECT_THROW((void)state.credits(memory), journey::error);
  EXPECT_THROW(state.add({}, {1, 1, 0}, 2), journey::error) << "another order";
  EXPECT_THROW(transition_counts(memory).add({}, {1, 1, 0}, 0), journey::error);
  EXPECT_THROW(transition_counts(memory).add({}, {1, 1, 0}, 9), journey::error);
  EXPECT_THROW(transition_counts(memory).add({}, {-1, 1, 0}, 1), journey::error);
  EXPECT_THROW(transition_counts(memory).add({}, {1, 1, -1}, 1), journey::error);
  EXPECT_THROW(transition_counts(memory).add({}, {1, INFINITY, 0}, 1), journey::error);
}

TEST(markov, can_be_interrupted) {
  std::mt19937_64 random(1);
  transition_counts state(memory);
  for (row& row : random_rows(random, 20, 20)) add(state, row);
  InterruptPending = 1;
  EXPECT_THROW((void)state.credits(memory), std::runtime_error);
}

TEST(transitions, can_be_stopped) {
  transition_counts state(memory);
  for (const char* name : {"a", "b", "c"}) {
    std::string_view path[] = {name};
    state.add(path, {1, 1, 1}, 1);
  }
  EXPECT_TRUE(stops([&] { state.transitions(memory); }));
}

/// By the definition: the mean over all orders of the channels of what a channel adds.
TEST(shapley, equals_its_definition) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 100; ++round) {
    std::vector<row> rows = random_rows(random, 6, 8);
    auto got = credits<shapley_counts>(rows);
    constexpr unsigned players = 6;
    std::vector<double> worth(1u << players, 0.0);
    for (const row& row : rows) {
      unsigned set = 0;
      for (const std::string& channel : row.channels) set |= 1u << (channel[1] - '0');
      if (set == 0) continue;
      for (unsigned other = 0; other < worth.size(); ++other)
        if ((set & other) == set) worth[other] += row.what.conversions;
    }
    for (unsigned player = 0; player < players; ++player) {
      double value = 0;
      for (unsigned set = 0; set < worth.size(); ++set) {
        if (set & (1u << player)) continue;
        int size = std::popcount(set);
        value += std::tgamma(size + 1) * std::tgamma(players - size) / std::tgamma(players + 1) *
                 (worth[set | 1u << player] - worth[set]);
      }
      std::string channel = "c" + std::to_string(player);
      EXPECT_NEAR(got.contains(channel) ? got.at(channel).conversions : 0, value, 1e-9);
    }
  }
}

TEST(leave_one_out, equals_its_definition) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 200; ++round) {
    std::vector<row> rows = random_rows(random, 2 + static_cast<int>(random() % 3), 4);
    for (std::size_t i = rows.size(); i-- > 0;)  // neighbours that lack one channel, repeated ones, too
      if (std::vector<std::string>& channels = rows[random() % rows.size()].channels; !channels.empty()) {
        row shorter = rows[i];
        shorter.channels = channels;
        shorter.channels.erase(shorter.channels.begin() +
                               static_cast<std::ptrdiff_t>(random() % channels.size()));
        rows.push_back(shorter);
      }
    auto got = credits<path_counts>(rows);
    std::map<std::vector<std::string>, results> paths;
    for (const row& row : rows) {
      auto& [conversions, value, nulls] = paths[row.channels];
      conversions += row.what.conversions;
      value += row.what.value;
      nulls += row.what.nulls;
    }
    auto rate = [&](const std::vector<std::string>& path) {
      auto found = paths.find(path);
      if (path.empty() || found == paths.end() || found->second.conversions == 0) return 0.0;
      return found->second.conversions / (found->second.conversions + found->second.nulls);
    };
    std::map<std::string, double> expected;
    for (const auto& [path, results] : paths) {
      if (path.empty()) continue;
      std::vector<double> parts;
      double sum = 0;
      for (std::size_t i = 0; i < path.size(); ++i) {
        auto without = path;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        parts.push_back(std::max(0.0, rate(path) - rate(without)));
        sum += parts.back();
      }
      if (sum == 0) sum = parts.back() = 1;
      for (std::size_t i = 0; i < path.size(); ++i) expected[path[i]] += results.conversions * parts[i] / sum;
    }
    for (const auto& [channel, conversions] : expected)
      EXPECT_NEAR(got.at(channel).conversions, conversions, 1e-9);
  }
}

/// Its time grows with the length of the path alone; the answer is by hand.
TEST(leave_one_out, takes_long_paths) {
  constexpr std::size_t length = 100'000;
  path_counts state(memory);
  std::vector<std::string_view> same(length, "B"), mixed;
  for (std::size_t i = 0; i < length; ++i) mixed.push_back(i % 2 ? "C" : "D");
  state.add(same, {2, 2, 0});
  state.add(std::span(same).first(length - 1), {1, 1, 3});
  state.add(mixed, {1, 1, 1});
  mixed.erase(mixed.begin() + length / 2);  // a D
  state.add(mixed, {0, 0, 1});
  auto credits = state.credits(memory);
  ASSERT_EQ(credits.size(), 3u);
  EXPECT_NEAR(credits[0].conversions, 3, 1e-6);
  // Without any D but one, and without any C, nobody is known to have taken the path; all contribute the
  // same.
  EXPECT_NEAR(credits[1].conversions, 0.5, 1e-6);
  EXPECT_NEAR(credits[2].conversions, 0.5, 1e-6);
}

template <class State>
std::string bytes(const State& state) {
  writer out(memory);
  state.serialize(out);
  return {out.data(), out.size()};
}

template <class State>
void deserialize(State& state, std::string_view bytes) {
  reader in(bytes, "state");
  state.deserialize(in);
  in.end();
}

template <class State>
std::vector<std::tuple<std::string, double, double, double>> exact(const State& state) {
  std::vector<std::tuple<std::string, double, double, double>> result;
  for (const channel_credit& credit : state.credits(memory))
    result.emplace_back(credit.channel, credit.removal_effect.value_or(-1), credit.conversions, credit.value);
  return result;
}

template <class State>
class path_state : public testing::Test {};
using path_states = testing::Types<transition_counts, shapley_counts, path_counts>;
TYPED_TEST_SUITE(path_state, path_states);

TYPED_TEST(path_state, gives_the_same_bits_for_any_order_and_any_split) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 60; ++round) {
    std::vector<row> rows = random_rows(random, 8, 10, 1 + round % 3);
    TypeParam whole(memory);
    for (const row& row : rows) add(whole, row);
    auto expected = exact(whole);
    for (int split = 0; split < 5; ++split) {
      std::ranges::shuffle(rows, random);
      TypeParam parts[] = {TypeParam(memory), TypeParam(memory), TypeParam(memory)};
      for (const row& row : rows) add(parts[random() % 3], row);
      TypeParam copy(memory), sum(memory);
      deserialize(copy, bytes(parts[0]));
      std::string before = bytes(parts[1]);
      sum.combine(parts[2]);
      sum.combine(copy);
      sum.combine(parts[1]);
      EXPECT_EQ(bytes(parts[1]), before) << "the right side stays as it is";
      EXPECT_EQ(exact(sum), expected);
    }
  }
}

TYPED_TEST(path_state, shares_out_all_there_is) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<row> rows = random_rows(random, 5, 6, 1 + round % 3);
    TypeParam state(memory);
    double conversions = 0, value = 0;
    for (const row& row : rows) {
      add(state, row);
      conversions += row.what.conversions;
      value += row.what.value;
    }
    for (const channel_credit& credit : state.credits(memory)) {
      EXPECT_GE(credit.conversions, 0);
      conversions -= credit.conversions;
      value -= credit.value;
    }
    EXPECT_NEAR(conversions, 0, 1e-9);
    EXPECT_NEAR(value, 0, 1e-9 * std::ldexp(50, 30));
  }
}

TYPED_TEST(path_state, can_be_stopped_at_every_step) {
  std::mt19937_64 random(22);
  TypeParam state(memory), other(memory);
  for (const row& row : random_rows(random, 7, 6)) add(state, row);
  std::string good = bytes(state);
  EXPECT_TRUE(stops([&] { add(other, {{"a", "b"}, {1, 1, 1}}); }));
  EXPECT_TRUE(stops([&] { other.combine(state); }));
  EXPECT_TRUE(stops([&] { bytes(state); }));
  EXPECT_TRUE(stops([&] {
    TypeParam copy(memory);
    deserialize(copy, good);
  }));
  EXPECT_TRUE(stops([&] { state.credits(memory); }));
}

TYPED_TEST(path_state, survives_hostile_bytes) {
  std::mt19937_64 random(6);
  for (int order = 1; order <= 2; ++order) {
    TypeParam state(memory);
    for (const row& row : random_rows(random, 4, 5, order)) add(state, row);
    std::string good = bytes(state);
    auto feed = [](std::string_view bytes) {
      TypeParam copy(memory);
      try {
        deserialize(copy, bytes);
        exact(copy);
        TypeParam sum(memory);
        sum.combine(copy);
      } catch (const journey::error&) {
      }
    };
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
        feed(bad);
      }
      TypeParam cut(memory);
      EXPECT_THROW(deserialize(cut, std::string_view(good).substr(0, at)), journey::error);
    }
  }
}

}  // namespace
