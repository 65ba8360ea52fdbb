#include "identity/owners.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace {

using namespace journey::identity;

struct log_in {
  std::string alias;
  std::string user;
  instant seen_at;
};

struct owned {
  std::string alias;
  std::string user;
  instant since;
  instant until;
  bool operator==(const owned&) const = default;
};

std::vector<owned> resolve(const std::vector<log_in>& log_ins, std::uint64_t backfill) {
  id_pool ids(std::pmr::get_default_resource());
  owner_log log(std::pmr::get_default_resource(), ids);
  for (const log_in& one : log_ins) {
    node alias = ids.add(1, one.alias);
    log.add(alias, ids.add(0, one.user), one.seen_at);
  }
  std::vector<owned> result;
  for (const tenure& one : log.resolve(backfill))
    result.push_back(
        {std::string(ids[one.alias].text()), std::string(ids[one.user].text()), one.since, one.until});
  return result;
}

TEST(owners, last_until_another_user_logs_in) {
  EXPECT_EQ(
      resolve({{"d", "b", 20}, {"d", "a", 10}, {"d", "a", 15}, {"c", "x", 5}}, 3),
      (std::vector<owned>{{"c", "x", 2, unknown_time}, {"d", "a", 7, 20}, {"d", "b", 20, unknown_time}}));
}

TEST(owners, ties_go_to_the_greater_user_back_fill_included) {
  EXPECT_EQ(resolve({{"d", "b", 10}, {"d", "a", 10}, {"d", "c", 9}}, 0),
            (std::vector<owned>{{"d", "c", 9, 10}, {"d", "b", 10, unknown_time}}));
  EXPECT_EQ(resolve({{"d", "a", 10}, {"d", "b", 10}}, 4), (std::vector<owned>{{"d", "b", 6, unknown_time}}));
}

TEST(owners, back_fill_stops_at_the_beginning_of_time) {
  constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(resolve({{"d", "a", 10}}, all)[0].since, always);
  EXPECT_EQ(resolve({{"d", "a", always}}, 0)[0].since, always);
  EXPECT_EQ(resolve({{"d", "a", always + 5}}, 4)[0].since, always + 1);
  EXPECT_EQ(resolve({{"d", "a", unknown_time - 1}}, 0)[0].since, unknown_time - 1);
  EXPECT_TRUE(resolve({}, all).empty());
}

// The rule at single points of time: the user of the latest log-in, or of the first one within reach.
TEST(owners, agree_with_the_rule_at_every_time) {
  std::mt19937 random(8);
  for (int round = 0; round < 500; ++round) {
    std::vector<log_in> log_ins(random() % 25);
    for (log_in& one : log_ins)
      one = {"d" + std::to_string(random() % 3), "u" + std::to_string(random() % 4),
             static_cast<instant>(random() % 30)};
    std::uint64_t backfill = random() % 10;
    std::vector<owned> found = resolve(log_ins, backfill);
    for (int device = 0; device < 3; ++device) {
      std::string alias = "d" + std::to_string(device);
      std::map<instant, std::string> users;
      for (const log_in& one : log_ins)
        if (one.alias == alias) users[one.seen_at] = std::max(users[one.seen_at], one.user);
      for (instant now = -15; now < 40; ++now) {
        std::string expected;
        if (auto next = users.upper_bound(now); next != users.begin())
          expected = std::prev(next)->second;
        else if (next != users.end() && next->first - now <= static_cast<instant>(backfill))
          expected = next->second;
        std::string owner;
        for (const owned& one : found)
          if (one.alias == alias && one.since <= now && now < one.until) owner += one.user;
        ASSERT_EQ(owner, expected) << "round " << round << " at " << now;
      }
    }
  }
}

}  // namespace
