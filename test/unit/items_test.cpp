// Pairs of items against counting all pairs of all baskets, and the measures against figures of others.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "interrupts.hpp"
#include "items/baskets.hpp"

namespace {

using namespace journey;
using namespace journey::items;

auto* memory = std::pmr::get_default_resource();

using order_lines = std::vector<std::pair<std::string, std::string>>;

struct row {
  std::string item;
  std::string with;
  std::uint64_t together, item_orders, with_orders, orders;
  double measure;
  auto operator<=>(const row&) const = default;
};

struct answer {
  std::vector<row> rows;
  std::size_t too_large = 0;
};

answer found(const order_lines& lines, const pair_rules& rules) {
  baskets all(memory);
  for (const auto& [basket, item] : lines) all.add(basket, item);
  all.close();
  pair_finder finder(memory, all, rules);
  answer given;
  for (std::uint32_t item = 0; item < all.items(); ++item)
    for (const pair_finder::pair& one : finder.of(item))
      given.rows.push_back({std::string(all.name(item)), std::string(all.name(one.with)), one.counts.together,
                            one.counts.item, one.counts.with, one.counts.baskets, one.measure});
  given.too_large = finder.too_large();
  return given;
}

/// The rule as it is said: sets, and all pairs of them.
answer counted(const order_lines& lines, const pair_rules& rules) {
  std::map<std::string, std::set<std::string>> baskets;
  for (const auto& [basket, item] : lines) baskets[basket].insert(item);
  std::map<std::string, std::uint64_t> orders;
  std::map<std::string, std::map<std::string, std::uint64_t>> together;
  answer given;
  for (const auto& [basket, items] : baskets) {
    for (const std::string& item : items) ++orders[item];
    if (items.size() > rules.max_basket) {
      ++given.too_large;
      continue;
    }
    for (const std::string& item : items)
      for (const std::string& with : items)
        if (item != with) ++together[item][with];
  }
  for (const auto& [item, others] : together) {
    std::vector<row> rows;
    for (const auto& [with, count] : others) {
      if (count < rules.min_together) continue;
      pair_counts counts{count, orders[item], orders[with], baskets.size()};
      rows.push_back(
          {item, with, count, orders[item], orders[with], baskets.size(), measured(rules.measure, counts)});
    }
    std::ranges::stable_sort(rows, std::greater<>{}, &row::measure);
    if (rows.size() > rules.top) rows.resize(rules.top);
    given.rows.insert(given.rows.end(), rows.begin(), rows.end());
  }
  return given;
}

TEST(Pairs, AreThoseOfAllBaskets) {
  std::mt19937 random(20);
  constexpr pair_measure measures[] = {pair_measure::together, pair_measure::confidence, pair_measure::lift,
                                       pair_measure::jaccard,  pair_measure::cosine,     pair_measure::llr};
  for (int round = 0; round < 300; ++round) {
    order_lines lines;
    std::size_t items = 1 + random() % 12;
    for (std::size_t i = random() % 120; i-- > 0;)
      lines.emplace_back("order " + std::to_string(random() % 25),
                         "item " + std::to_string(random() % items * (random() % 3)));
    pair_rules rules{.measure = measures[round % 6], .min_together = 1 + random() % 3};
    if (random() % 2 == 0) rules.top = 1 + random() % 4;
    if (random() % 2 == 0) rules.max_basket = 2 + random() % 5;
    answer expected = counted(lines, rules);
    answer got = found(lines, rules);
    EXPECT_EQ(got.rows, expected.rows);
    EXPECT_EQ(got.too_large, expected.too_large);
    std::ranges::shuffle(lines, random);
    EXPECT_EQ(found(lines, rules).rows, expected.rows) << "the order of the lines makes no difference";
  }
}

TEST(Pairs, OfNothingAreNone) {
  EXPECT_TRUE(found({}, {}).rows.empty());
  EXPECT_TRUE(found({{"1", "a"}, {"2", "a"}, {"2", "a"}}, {}).rows.empty());
}

TEST(Pairs, OfOneLargeBasketAreItsSquare) {
  order_lines lines;
  for (int item = 0; item < 200; ++item) lines.emplace_back("all", std::to_string(item));
  EXPECT_EQ(found(lines, {}).rows.size(), 200 * 199);
  answer none = found(lines, {.max_basket = 199});
  EXPECT_TRUE(none.rows.empty());
  EXPECT_EQ(none.too_large, 1);
}

TEST(Pairs, StopWhenAsked) {
  baskets all(memory);
  for (int item = 0; item < 100; ++item) all.add("one", std::to_string(item));
  EXPECT_TRUE(stops([&] { all.close(); }));
  baskets again(memory);
  for (int item = 0; item < 100; ++item) again.add("one", std::to_string(item));
  again.close();
  EXPECT_TRUE(stops([&] { pair_finder(memory, again, {}); }));
  pair_finder finder(memory, again, {});
  EXPECT_TRUE(stops([&] { finder.of(0); }));
}

/// From the cells of the table, as others write it: both, only the second, only the first, neither.
double ratio(std::uint64_t both, std::uint64_t second, std::uint64_t first, std::uint64_t neither) {
  return log_likelihood_ratio({both, both + first, both + second, both + second + first + neither});
}

TEST(Measures, LikelihoodIsApacheMahouts) {  // LogLikelihoodTest.testLogLikelihood of Apache Mahout
  EXPECT_NEAR(ratio(1, 0, 0, 1), 2.773, 0.001);
  EXPECT_NEAR(ratio(10, 0, 0, 10), 27.726, 0.001);
  EXPECT_NEAR(ratio(5, 1995, 0, 100000), 39.331, 0.001);
  EXPECT_NEAR(ratio(1000, 1995, 1000, 100000), 4730.737, 0.001);
  EXPECT_NEAR(ratio(1000, 1000, 1000, 100000), 5734.343, 0.001);
  EXPECT_NEAR(ratio(1000, 1000, 1000, 99000), 5714.932, 0.001);
}

TEST(Measures, LikelihoodHasTheSignOfTheLift) {
  EXPECT_NEAR(ratio(1, 10, 10, 10), -ratio(10, 10, 1, 10), 1e-9) << "a column for the other turns the sign";
  EXPECT_LT(ratio(1, 10, 10, 10), 0);
  EXPECT_EQ(ratio(10, 10, 10, 10), 0);
}

TEST(Measures, OfCountsThatNoTableHasAreFinite) {
  // Two baskets, one of them too large to make pairs.
  pair_counts counts{1, 2, 2, 2};
  for (double measure : {support(counts), confidence(counts), lift(counts), jaccard(counts), cosine(counts),
                         log_likelihood_ratio(counts)})
    EXPECT_TRUE(std::isfinite(measure));
}

}  // namespace
