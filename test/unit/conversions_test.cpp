#include "attribution/conversions.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <set>

namespace {

using namespace journey::attribution;

constexpr auto first_time = std::numeric_limits<std::int64_t>::min();
constexpr auto last_time = std::numeric_limits<std::int64_t>::max();

bool counts(const window& when, std::int64_t time) { return when.since <= time && time <= when.until; }

// Touch by touch: it counts for a conversion no earlier than it and within reach, and unless touches are
// reused only where no other conversion time lies between.
TEST(conversions, each_touch_counts_as_the_rule_says) {
  std::mt19937 random(31);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::optional<std::int64_t>> times(random() % 8);
    for (auto& time : times)
      if (random() % 5 != 0) time = static_cast<std::int64_t>(random() % 20);
    std::optional<std::int64_t> lookback;
    if (random() % 3 != 0) lookback = random() % 10;
    bool reuse = random() % 2 == 0;
    auto found = conversions_at(times, lookback, reuse, std::pmr::get_default_resource());

    std::set<std::int32_t> numbers;
    std::int64_t latest = first_time;
    for (const conversion& one : found) {
      ASSERT_TRUE(numbers.insert(one.number).second);
      ASSERT_EQ(times.at(one.number - 1), one.when.until);
      ASSERT_LE(latest, one.when.until) << "not by time";
      latest = one.when.until;
    }
    std::size_t known = 0;
    for (const auto& time : times) known += time.has_value();
    ASSERT_EQ(found.size(), known);

    for (std::int64_t touched_at = -12; touched_at < 22; ++touched_at)
      for (const conversion& one : found) {
        std::int64_t converted_at = *times[one.number - 1];
        bool expected = touched_at <= converted_at && (!lookback || converted_at - touched_at <= *lookback);
        if (!reuse)
          for (const auto& other : times)
            expected = expected && !(other && touched_at <= *other && *other < converted_at);
        ASSERT_EQ(counts(one.when, touched_at), expected) << "round " << round << " at " << touched_at;
      }
  }
}

TEST(conversions, windows_end_at_the_ends_of_time) {
  auto is = [](const window& got, std::int64_t since, std::int64_t until) {
    EXPECT_EQ(got.since, since);
    EXPECT_EQ(got.until, until);
  };
  is(looking_back(5, std::nullopt), first_time, 5);
  is(looking_back(5, 0), 5, 5);
  is(looking_back(first_time + 5, 6), first_time, first_time + 5);
  is(looking_back(-2, last_time), first_time, -2);
  // Infinity is at no distance from itself, and infinitely far from all else.
  is(looking_back(last_time, 1000), last_time, last_time);
  is(looking_back(first_time, 1000), first_time, first_time);
}

TEST(conversions, a_cycle_begins_after_the_last_one_of_infinity) {
  std::optional<std::int64_t> times[] = {last_time, first_time, 7, last_time};
  auto found = conversions_at(times, std::nullopt, false, std::pmr::get_default_resource());
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].number, 2);
  EXPECT_EQ(found[1].when.since, first_time + 1);
  for (std::size_t i : {2, 3}) {
    EXPECT_EQ(found[i].when.since, 8);
    EXPECT_EQ(found[i].when.until, last_time);
  }
}

}  // namespace
