// Lists of pairs against maps, and bytes that are none.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "interrupts.hpp"
#include "items/pair_list.hpp"

namespace {

using namespace journey;
using namespace journey::items;

auto* memory = std::pmr::get_default_resource();

using numbers = std::map<std::uint32_t, std::int64_t>;

numbers without_zeros(numbers all) {
  std::erase_if(all, [](const auto& one) { return one.second == 0; });
  return all;
}

numbers as_map(const pair_list& pairs) {
  numbers all;
  for (const listed_pair& pair : pairs) all[pair.with] = pair.together;
  EXPECT_EQ(all.size(), pairs.size());
  return all;
}

std::string bytes_of(const pair_list& pairs) {
  wire::writer out(memory);
  write_pairs(out, pairs);
  return {out.data(), out.size()};
}

std::string changed(const pair_list& pairs, const pair_list& changes) {
  wire::writer out(memory);
  change_pairs(out, bytes_of(pairs), changes);
  return {out.data(), out.size()};
}

pair_list read(std::string_view bytes) {
  pair_list pairs(memory);
  read_pairs(bytes, pairs);
  return pairs;
}

TEST(pair_list, adds_up_as_a_map_does) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    pair_list lists[2]{pair_list(memory), pair_list(memory)};
    numbers expected[2], both;
    for (int side = 0; side < 2; ++side) {
      for (auto n = random() % 40; n > 0; --n) {
        listed_pair pair{static_cast<std::uint32_t>(random() % 4 == 0 ? random() : random() % 20),
                         static_cast<std::int64_t>(random() % 5) - 2};
        lists[side].push_back(pair);
        expected[side][pair.with] += pair.together;
        both[pair.with] += pair.together;
      }
      add_up(lists[side]);
      ASSERT_EQ(as_map(lists[side]), without_zeros(expected[side]));
      ASSERT_TRUE(std::is_sorted(lists[side].begin(), lists[side].end()));
      ASSERT_EQ(read(bytes_of(lists[side])), lists[side]);
    }
    pair_list all(memory);
    for (const pair_list& list : lists) all.insert(all.end(), list.begin(), list.end());
    add_up(all);
    ASSERT_EQ(as_map(all), without_zeros(both));
    ASSERT_EQ(changed(lists[0], lists[1]), bytes_of(all));
  }
}

TEST(pair_list, the_greatest_sums_and_all_that_equal_the_last) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 2000; ++round) {
    pair_sums sums(memory);
    numbers expected;
    for (int list = 0; list < 3; ++list) {
      std::int64_t weight = list == 0 ? 3 : 1;
      pair_list pairs(memory);
      for (std::uint32_t with = 0; with < 30; with += 1 + random() % 3)
        pairs.push_back({with, static_cast<std::int64_t>(random() % 9) * 2 - 5});
      for (const listed_pair& pair : pairs) expected[pair.with] += weight * pair.together;
      sums.add(bytes_of(pairs), weight);
    }
    sums.leave_out(3);
    expected.erase(3);
    std::vector<std::pair<std::int64_t, std::uint32_t>> sorted;
    for (const auto& [with, sum] : expected)
      if (sum > 0) sorted.emplace_back(-sum, with);
    std::sort(sorted.begin(), sorted.end());
    std::size_t most = 1 + random() % 12;
    if (most < sorted.size())
      std::erase_if(sorted, [least = sorted[most - 1].first](const auto& one) { return one.first > least; });
    pair_list found = sums.best(most);
    ASSERT_EQ(found.size(), sorted.size());
    for (std::size_t i = 0; i < found.size(); ++i)
      ASSERT_EQ(std::pair(-found[i].together, found[i].with), sorted[i]);
  }
}

TEST(pair_list, bytes_by_hand) {
  // Version 1; item 2 three times (zig-zag 6), item 300 (2 + 298, two bytes) taken back once (1).
  EXPECT_EQ(bytes_of({{{2, 3}, {300, -1}}, memory}), std::string("\x01\x02\x06\xAA\x02\x01"));
  EXPECT_EQ(bytes_of(pair_list(memory)), "\x01");
}

TEST(pair_list, refuses_what_is_none) {
  for (std::string_view bytes :
       {"", "\x02", "\x01\x05", "\x01\x05\x80", "\x01\x85", "\x01\xFF\xFF\xFF\xFF\x1F\x02"})
    EXPECT_THROW(read(bytes), error) << bytes;
  EXPECT_THROW(read(std::string_view("\x01\x05\x02\x00\x02", 5)), error) << "an item twice";
  EXPECT_THROW(read(std::string_view("\x01\x05\x00", 3)), error) << "never together";
  std::mt19937_64 random(9);
  std::string whole = bytes_of({{{1, 1}, {5, 200}, {70000, -9}, {4000000000, 1}}, memory});
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = whole;
    for (auto n = 1 + random() % 3; n > 0; --n) bytes[random() % bytes.size()] = static_cast<char>(random());
    try {
      pair_list pairs = read(bytes);
      ASSERT_EQ(bytes_of(pairs), bytes) << "one form each";
    } catch (const error&) {
    }
  }
}

TEST(pair_list, sums_that_have_no_room) {
  pair_list most({{1, INT64_MAX}}, memory), one({{1, 1}}, memory);
  EXPECT_THROW(changed(most, one), error);
  EXPECT_THROW(pair_sums(memory).add(bytes_of(most), 2), error);
  most.push_back({1, 1});
  EXPECT_THROW(add_up(most), error);
}

TEST(pair_list, can_be_cancelled) {
  pair_list pairs(memory);
  for (std::uint32_t i = 0; i < 1000; ++i) pairs.push_back({i, 1});
  std::string bytes = bytes_of(pairs);
  EXPECT_TRUE(stops([&] { read(bytes); }));
  EXPECT_TRUE(stops([&] { bytes_of(pairs); }));
  EXPECT_TRUE(stops([&] { pair_sums(memory).add(bytes, 1); }));
  EXPECT_TRUE(stops([&] { add_up(pairs); }));
  EXPECT_TRUE(stops([&] {
    wire::writer out(memory);
    change_pairs(out, bytes, pairs);
  }));
}

}  // namespace
