#include "attribution/weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <string>

#include "base/error.hpp"
#include "interrupts.hpp"

namespace {

using namespace journey::attribution;
using journey::stops;

constexpr std::int64_t day = 86'400'000'000;
constexpr std::int64_t always = std::numeric_limits<std::int64_t>::min();

candidate touch(std::int64_t touched_at, std::optional<std::string_view> channel = "A") {
  return {touched_at, channel, channel == "Direct", channel && channel->starts_with("Paid"),
          touch_class::regular};
}

rule with(model model) { return {model, 7.0 * day, 0.4, 0.4}; }

/// The credit of each candidate.
std::vector<double> credits(const rule& rule, const std::vector<candidate>& candidates,
                            window when = {always, 1000 * day}) {
  std::vector<double> result(candidates.size(), 0.0);
  for (const share& share : attribute(rule, candidates, when, std::pmr::get_default_resource()).shares)
    result[share.candidate] = share.credit;
  return result;
}

using numbers = std::vector<double>;

TEST(weights, of_one_touch_are_one_in_every_model_that_takes_it) {
  for (const char* name : {"first", "last", "first_non_direct", "last_non_direct", "first_paid", "last_paid",
                           "linear", "linear_unique", "position_based", "time_decay"})
    EXPECT_EQ(credits(with(model_named(name)), {touch(1, "Paid Search")}), numbers{1}) << name;
}

TEST(weights, go_to_the_touch_that_the_model_names) {
  std::vector<candidate> path{touch(1, "Direct"), touch(2, "Email"),       touch(3, "Paid Search"),
                              touch(4, "Direct"), touch(5, "Paid Social"), touch(6, "Email"),
                              touch(7, "Direct")};
  EXPECT_EQ(credits(with(model::first), path), (numbers{1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(credits(with(model::last), path), (numbers{0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(credits(with(model::first_non_direct), path), (numbers{0, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(credits(with(model::last_non_direct), path), (numbers{0, 0, 0, 0, 0, 1, 0}));
  EXPECT_EQ(credits(with(model::first_paid), path), (numbers{0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(credits(with(model::last_paid), path), (numbers{0, 0, 0, 0, 1, 0, 0}));
  EXPECT_EQ(credits(with(model::linear_unique), path), (numbers{0.25, 0.25, 0.25, 0, 0.25, 0, 0}));
}

TEST(weights, where_all_touches_are_direct) {
  std::vector<candidate> path{touch(1, "Direct"), touch(2, "Direct")};
  EXPECT_EQ(credits(with(model::first_non_direct), path), (numbers{1, 0})) << "the first one";
  EXPECT_EQ(credits(with(model::last_non_direct), path), (numbers{0, 1})) << "the last one";
  EXPECT_EQ(credits(with(model::first_paid), path), (numbers{0, 0})) << "nobody";
}

TEST(weights, by_position) {
  auto split = [](double first, double last, std::size_t touches) {
    return credits({model::position_based, 1, first, last}, std::vector<candidate>(touches, touch(1)));
  };
  EXPECT_EQ(split(0.4, 0.4, 2), (numbers{0.5, 0.5}));
  EXPECT_EQ(split(0.3, 0.7, 2), (numbers{0.3, 0.7}));
  EXPECT_EQ(split(0.5, 0.25, 2), (numbers{0.625, 0.375})) << "each takes half of what is left over";
  EXPECT_EQ(split(0.5, 0.25, 4), (numbers{0.5, 0.125, 0.125, 0.25}));
  EXPECT_EQ(split(0, 0, 3), (numbers{0, 1, 0}));
  EXPECT_EQ(split(0, 0, 2), (numbers{0.5, 0.5}));
  EXPECT_EQ(split(1, 0, 3), (numbers{1, 0, 0}));
}

TEST(weights, by_age_do_not_underflow) {
  rule decay = with(model::time_decay);
  EXPECT_EQ(credits(decay, {touch(0), touch(7 * day)}), (numbers{1.0 / 3, 2.0 / 3}));
  EXPECT_EQ(credits(decay, {touch(-100'000 * day), touch(-100'000 * day)}, {always, 100'000 * day}),
            (numbers{0.5, 0.5}))
      << "however long ago";
  constexpr auto latest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(credits(decay, {touch(always), touch(latest)}, {always, latest}), (numbers{0, 1}))
      << "the longest time there is";
  decay.half_life = 1;
  EXPECT_EQ(credits(decay, {touch(0), touch(1), touch(day)}), (numbers{0, 0, 1}));
}

TEST(weights, count_touches_within_the_window_bounds_included) {
  std::vector<candidate> path{touch(1), touch(2), touch(3), touch(4)};
  EXPECT_EQ(credits(with(model::linear), path, {2, 3}), (numbers{0, 0.5, 0.5, 0}));
  EXPECT_EQ(credits(with(model::linear), path, {5, 9}), (numbers{0, 0, 0, 0}));
  outcome result = attribute(with(model::last), path, {2, 4}, std::pmr::get_default_resource());
  EXPECT_EQ(result.touches, 3);
  ASSERT_EQ(result.shares.size(), 1u);
  EXPECT_EQ(result.shares[0].position, 3);
  EXPECT_EQ(result.shares[0].candidate, 3u);
}

TEST(weights, look_back_without_overflow) {
  constexpr auto infinity = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(looking_back(10, 3).since, 7);
  EXPECT_EQ(looking_back(10, 0).since, 10);
  EXPECT_EQ(looking_back(10, {}).since, always);
  EXPECT_EQ(looking_back(-10, infinity).since, always) << "further than time goes";
  EXPECT_EQ(looking_back(infinity, day).since, infinity) << "infinity less a day is infinity";
  EXPECT_EQ(looking_back(always, day).since, always);
}

TEST(weights, optional_touches_count_only_alone) {
  auto classed = [](touch_class first, touch_class second) {
    std::vector<candidate> path{touch(1), touch(2)};
    path[0].standing = first;
    path[1].standing = second;
    return credits(with(model::linear), path);
  };
  using enum touch_class;
  EXPECT_EQ(classed(regular, optional), (numbers{1, 0}));
  EXPECT_EQ(classed(optional, optional), (numbers{0.5, 0.5}));
  EXPECT_EQ(classed(optional, excluded), (numbers{1, 0}));
  EXPECT_EQ(classed(excluded, excluded), (numbers{0, 0}));
  EXPECT_EQ(classed(excluded, regular), (numbers{0, 1}));
}

TEST(weights, refuse_impossible_position_weights) {
  auto check = [](double first, double last) { rule{model::position_based, 1, first, last}.check(); };
  EXPECT_NO_THROW(check(0.35, 0.65));
  EXPECT_NO_THROW(check(0, 0));
  EXPECT_NO_THROW(check(0.1 + 0.2, 0.7));
  for (auto [first, last] :
       {std::pair(-0.1, 0.5), {0.5, 1.1}, {0.6, 0.5}, {std::nan(""), 0.5}, {0.5, INFINITY}})
    EXPECT_THROW(check(first, last), journey::error) << first << ' ' << last;
  EXPECT_THROW(model_named("middle"), journey::error);
}

rule own(std::span<const double> weights) {
  rule result;
  result.weights = weights;
  return result;
}

TEST(weights, of_ones_own_by_hand) {
  auto split = [](const numbers& weights, std::size_t touches) {
    return credits(own(weights), std::vector<candidate>(touches, touch(1)));
  };
  auto near = [](const numbers& got, const numbers& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-12) << i;
  };
  near(split({0.3, 0.3, 0.3}, 5), {0.3, 0.05, 0.3, 0.05, 0.3});
  near(split({0.3, 0.3, 0.3}, 4), {0.3, 0.1, 0.3, 0.3});
  near(split({0.3, 0.3, 0.3}, 3), {1.0 / 3, 1.0 / 3, 1.0 / 3});
  near(split({0.3, 0.3, 0.3}, 2), {0.5, 0.5});
  near(split({0.2, 0.6}, 3), {0.2, 0.2, 0.6});
  near(split({0.2, 0.6}, 1), {1});
  near(split({0, 0}, 3), {0, 1, 0});
  near(split({1}, 3), {1, 0, 0});
}

/// The i-th of some places spread evenly over more, ends at the ends, halves rounded up.
std::size_t spread(std::size_t i, std::size_t some, std::size_t more) {
  if (some == 1) return 0;
  double place = static_cast<double>(i) * static_cast<double>(more - 1) / static_cast<double>(some - 1);
  return static_cast<std::size_t>(std::floor(place + 0.5));
}

TEST(weights, of_ones_own_equal_the_rule_said_plainly) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 3000; ++round) {
    std::size_t touches = 1 + random() % 12;
    numbers weights(1 + random() % 9);
    double sum = 0;
    for (double& weight : weights) sum += weight = static_cast<double>(random() % 100);
    double whole = random() % 4 == 0 ? 1 : static_cast<double>(random() % 100) / 100;
    if (sum > 0)
      for (double& weight : weights) weight *= whole / sum;

    std::map<std::size_t, double> given;  // by touch
    for (std::size_t picked = std::min(touches, weights.size()), i = 0; i < picked; ++i)
      given[spread(i, picked, touches)] = weights[spread(i, picked, weights.size())];
    double rest = 1;
    for (auto [touch, weight] : given) rest -= weight;
    numbers expected(touches);
    bool all_given = given.size() == touches;
    auto sharing = static_cast<double>(all_given ? touches : touches - given.size());
    double total = 0;
    for (std::size_t i = 0; i < touches; ++i) {
      bool named = given.contains(i);
      expected[i] = (named ? given[i] : 0) + (!named || all_given ? std::max(0.0, rest) / sharing : 0);
      total += expected[i];
    }
    rule rule = own(weights);
    ASSERT_NO_THROW(rule.check());
    numbers got = credits(rule, std::vector<candidate>(touches, touch(1)));
    for (std::size_t i = 0; i < touches; ++i) EXPECT_NEAR(got[i], expected[i] / total, 1e-9);
    EXPECT_NEAR(std::accumulate(got.begin(), got.end(), 0.0), 1, 1e-12);
  }
}

TEST(weights, of_ones_own_are_refused_where_they_make_no_sense) {
  auto check = [](const numbers& weights, model model = model::last) {
    rule rule = own(weights);
    rule.model = model;
    rule.check();
  };
  EXPECT_NO_THROW(check({0.35, 0.65}));
  EXPECT_NO_THROW(check({0.5}, model::position_based));
  EXPECT_THROW(check({0.5}, model::linear), journey::error);
  for (const numbers& weights : {numbers{-0.1}, {1.1}, {0.6, 0.5}, {std::nan("")}, numbers(1001, 0.0)})
    EXPECT_THROW(check(weights), journey::error);
}

/// Collapsing is leaving touches out beforehand, whatever the model.
TEST(collapse, equals_the_touches_left_out_by_hand) {
  std::mt19937_64 random(7);
  const std::optional<std::string_view> names[] = {"Direct", "Email", "Paid Search", {}};
  for (int round = 0; round < 2000; ++round) {
    std::vector<candidate> path;
    for (std::size_t n = random() % 12, i = 0; i < n; ++i)
      path.push_back(touch(static_cast<std::int64_t>(i) * day, names[random() % 4]));
    for (candidate& touch : path)
      if (random() % 5 == 0) touch.standing = static_cast<touch_class>(1 + random() % 2);
    bool regular = std::ranges::any_of(path, [](auto& at) { return at.standing == touch_class::regular; });
    touch_class counting = regular ? touch_class::regular : touch_class::optional;

    rule rule = with(static_cast<model>(random() % 10));
    rule.collapse = static_cast<collapse_kind>(random() % 4);
    std::vector<candidate> left;
    std::vector<std::size_t> places;
    std::optional<std::size_t> before;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path[i].standing != counting) continue;
      bool repeats = before && path[*before].channel == path[i].channel;
      bool known = std::ranges::any_of(left, [&](auto& at) { return at.channel == path[i].channel; });
      before = i;
      if (rule.collapse == collapse_kind::repeats ? repeats : rule.collapse == collapse_kind::first && known)
        continue;
      left.push_back(path[i]);
      places.push_back(i);
    }
    outcome got = attribute(rule, path, {always, 1000 * day}, std::pmr::get_default_resource());
    EXPECT_EQ(static_cast<std::size_t>(got.touches), left.size());
    rule.collapse = collapse_kind::none;
    outcome expected = attribute(rule, left, {always, 1000 * day}, std::pmr::get_default_resource());
    ASSERT_EQ(got.shares.size(), expected.shares.size());
    double sum = 0;
    for (std::size_t i = 0; i < got.shares.size(); ++i) {
      EXPECT_EQ(got.shares[i].candidate, places[expected.shares[i].candidate]);
      EXPECT_EQ(got.shares[i].position, expected.shares[i].position);
      EXPECT_EQ(got.shares[i].credit, expected.shares[i].credit);
      sum += got.shares[i].credit;
    }
    if (!got.shares.empty()) {
      EXPECT_NEAR(sum, 1, 1e-12);
    }
  }
}

TEST(collapse, keeps_the_first_of_each_run_or_channel) {
  std::vector<candidate> path{touch(1, "D"), touch(2, "A"), touch(3, "B"), touch(4, "B"), touch(5, "D")};
  rule linear = with(model::linear);
  linear.collapse = collapse_named("repeats");
  EXPECT_EQ(credits(linear, path), (numbers{0.25, 0.25, 0.25, 0, 0.25}));
  linear.collapse = collapse_named("first");
  EXPECT_EQ(credits(linear, path), (numbers{1.0 / 3, 1.0 / 3, 1.0 / 3, 0, 0}));
  linear.collapse = collapse_named("unique");
  EXPECT_EQ(credits(linear, path), (numbers{0.2, 0.2, 0.2, 0.2, 0.2}));
  EXPECT_THROW(collapse_named("all"), journey::error);
}

/// Each formula as plainly as it can be said, on random paths.
TEST(weights, equal_the_plain_formulas) {
  std::mt19937_64 random(5);
  const char* names[] = {"Direct", "Email", "Paid Search", "Display", "Referral"};
  for (int round = 0; round < 2000; ++round) {
    std::vector<candidate> path;
    for (std::size_t n = 1 + random() % 8, i = 0; i < n; ++i)
      path.push_back(touch(static_cast<std::int64_t>(random() % (40 * day)), names[random() % 5]));
    std::ranges::sort(path, {}, &candidate::touched_at);
    auto n = static_cast<double>(path.size());
    double first = static_cast<double>(random() % 50) / 100, last = static_cast<double>(random() % 50) / 100;
    double half_life = static_cast<double>(1 + random() % (10 * day));
    std::int64_t converted_at = path.back().touched_at + static_cast<std::int64_t>(random() % day);

    numbers linear, position, decay, unique;
    std::map<std::string_view, int> channels;
    for (const candidate& touch : path) ++channels[*touch.channel];
    std::map<std::string_view, bool> seen;
    for (std::size_t i = 0; i < path.size(); ++i) {
      linear.push_back(1 / n);
      double middle = n == 1   ? 1
                      : n == 2 ? (i == 0 ? first : last) + (1 - first - last) / 2
                               : (1 - first - last) / (n - 2);
      position.push_back(n > 2 && i == 0 ? first : n > 2 && i + 1 == path.size() ? last : middle);
      decay.push_back(std::pow(0.5, static_cast<double>(converted_at - path[i].touched_at) / half_life));
      unique.push_back(
          std::exchange(seen[*path[i].channel], true) ? 0 : 1 / static_cast<double>(channels.size()));
    }
    double sum = std::accumulate(decay.begin(), decay.end(), 0.0);
    for (double& weight : decay) weight /= sum;

    auto expect = [&](model model, const numbers& expected) {
      numbers got = credits({model, half_life, first, last}, path);
      for (std::size_t i = 0; i < got.size(); ++i)
        EXPECT_NEAR(got[i], expected[i], 1e-12) << static_cast<int>(model);
      EXPECT_NEAR(std::accumulate(got.begin(), got.end(), 0.0), 1, 1e-12);
    };
    expect(model::linear, linear);
    expect(model::linear_unique, unique);
    expect(model::position_based, position);
    if (sum > 1e-300) expect(model::time_decay, decay);
  }
}

TEST(attribute, can_be_stopped) {
  std::vector<candidate> touches;
  for (int i = 0; i < 100; ++i) touches.push_back({i, "a", false, false, touch_class::regular});
  for (int kind = 0; kind < 10; ++kind)
    EXPECT_TRUE(stops([&] {
      attribute({.model = static_cast<journey::attribution::model>(kind)}, touches, {0, 100},
                std::pmr::get_default_resource());
    })) << kind;
  std::vector<std::optional<std::int64_t>> times(100, 5);
  EXPECT_TRUE(stops([&] { conversions_at(times, {}, true, std::pmr::get_default_resource()); }));
}

}  // namespace
