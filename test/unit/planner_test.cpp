// Partition sort without a server: rows by hash, rows by key, what to do with those that do not fit.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <ranges>
#include <vector>

#include "base/sort.hpp"
#include "planner/row_table.hpp"
#include "planner/spill.hpp"

namespace {

using namespace journey;
using namespace journey::planner;

auto* const memory = std::pmr::get_default_resource();

TEST(prefix, orders_numbers_as_they_are_ordered) {
  std::vector<std::int64_t> whole{INT64_MIN, INT64_MIN + 1, -2, -1, 0, 1, 2, INT64_MAX - 1, INT64_MAX};
  for (std::size_t i = 1; i < whole.size(); ++i) EXPECT_LT(prefix_of(whole[i - 1]), prefix_of(whole[i]));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> real{-infinity, -1e300, -1.5,     -1,
                           -5e-324,   0,      5e-324,   1,
                           1.5,       1e300,  infinity, std::numeric_limits<double>::quiet_NaN()};
  for (std::size_t i = 1; i < real.size(); ++i)
    EXPECT_LT(prefix_of(real[i - 1]), prefix_of(real[i])) << real[i];
  EXPECT_EQ(prefix_of(-0.0), prefix_of(0.0));
  EXPECT_EQ(prefix_of(std::copysign(real.back(), -1)), prefix_of(real.back())) << "NaN has no sign";
}

TEST(merge_sort, equals_a_stable_sort) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::size_t size = random() % (round % 10 == 0 ? 5000 : 40);
    std::vector<std::pair<int, std::size_t>> items(size);
    for (std::size_t i = 0; i < size; ++i) items[i] = {static_cast<int>(random() % (1 + size / 3)), i};
    auto expected = items;
    auto before = [](const auto& left, const auto& right) { return left.first < right.first; };
    std::stable_sort(expected.begin(), expected.end(), before);
    std::vector<std::pair<int, std::size_t>> scratch(size / 2);
    merge_sort(std::span(items), scratch.data(), before);
    EXPECT_EQ(items, expected);
  }
}

TEST(merge_sort, is_linear_where_the_items_are_in_order) {
  std::vector<int> items(100'000), scratch(items.size() / 2);
  std::iota(items.begin(), items.end(), 0);
  std::size_t comparisons = 0;
  merge_sort(std::span(items), scratch.data(),
             [&](int left, int right) { return ++comparisons, left < right; });
  EXPECT_LE(comparisons, 2 * items.size());
}

TEST(merge_sort, keeps_all_items_under_an_order_that_contradicts_itself) {
  std::mt19937 random(8);
  for (int round = 0; round < 200; ++round) {
    std::vector<int> items(random() % 1000);
    std::iota(items.begin(), items.end(), 0);
    std::vector<int> expected = items, scratch(items.size() / 2);
    merge_sort(std::span(items), scratch.data(), [&](int, int) { return random() % 2 == 0; });
    std::sort(items.begin(), items.end());
    EXPECT_EQ(items, expected);
  }
}

/// Rows that are told apart by the place they have in `tuples`.
struct numbered_rows {
  explicit numbered_rows(std::size_t size) : tuples(size) {}
  std::size_t number(const row& one) const { return static_cast<const char*>(one.tuple) - tuples.data(); }
  std::vector<char> tuples;
};

using runs = std::map<std::uint32_t, std::vector<std::size_t>>;

runs all_runs(row_table& table, const numbered_rows& rows) {
  runs found;
  for (auto run = table.next(); !run.empty(); run = table.next()) {
    EXPECT_FALSE(found.contains(run[0].hash)) << "the rows of a hash come at once";
    for (const row& each : run) {
      EXPECT_EQ(each.hash, run[0].hash);
      found[each.hash].push_back(rows.number(each));
    }
  }
  return found;
}

TEST(row_table, brings_the_rows_of_a_hash_together_in_order_of_arrival) {
  std::mt19937 random(9);
  row_table table(memory);
  for (std::size_t size : {0, 1, 2, 15, 16, 17, 100, 1000, 20'000}) {
    for (std::uint32_t hashes : {1U, 2U, 7U, 1000U, UINT32_MAX}) {
      table.clear();
      numbered_rows rows(size);
      runs expected;
      std::uint32_t giant = static_cast<std::uint32_t>(random());
      for (std::size_t i = 0; i < size; ++i) {
        std::uint32_t hash = static_cast<std::uint32_t>(random()) % hashes * (UINT32_MAX / hashes);
        if (size == 1000 && random() % 2 == 0) hash = giant;
        table.add({0, rows.tuples.data() + i, hash});
        expected[hash].push_back(i);
      }
      EXPECT_EQ(table.size(), size);
      table.gather();
      EXPECT_EQ(all_runs(table, rows), expected) << size << " rows, " << hashes << " hashes";
      EXPECT_TRUE(table.next().empty());
      table.rewind();
      EXPECT_EQ(all_runs(table, rows), expected) << "after a rewind";
    }
  }
}

TEST(row_table, looks_ahead_within_bounds) {
  row_table table(memory);
  EXPECT_TRUE(table.ahead(16).empty());
  for (std::uint32_t i = 0; i < 20; ++i) table.add({0, nullptr, i << 27});
  table.gather();
  EXPECT_EQ(table.ahead(16).size(), 16U);
  while (!table.next().empty()) EXPECT_LE(table.ahead(16).size(), 16U);
  EXPECT_TRUE(table.ahead(16).empty());
  table.release();
  EXPECT_EQ(table.bytes(), 0U);
  table.gather();
  EXPECT_TRUE(table.next().empty());
}

TEST(bring_forward, parts_equal_hashes_by_key) {
  std::mt19937 random(10);
  for (int round = 0; round < 300; ++round) {
    std::size_t size = 1 + random() % 50, keys = 1 + random() % 4;
    numbered_rows rows(size);
    std::vector<std::size_t> key(size);
    std::vector<row> run(size), scratch(size);
    for (std::size_t i = 0; i < size; ++i) {
      key[i] = random() % keys;
      run[i] = {0, rows.tuples.data() + i, 0};
    }
    std::vector<std::vector<std::size_t>> parts;
    for (std::span<row> rest(run); !rest.empty();) {
      std::size_t part = bring_forward(rest, scratch.data(), [&](const row& left, const row& right) {
        return key[rows.number(left)] == key[rows.number(right)];
      });
      ASSERT_GE(part, 1U);
      std::vector<std::size_t>& numbers = parts.emplace_back();
      for (const row& each : rest.first(part)) numbers.push_back(rows.number(each));
      rest = rest.subspan(part);
    }
    std::vector<std::vector<std::size_t>> expected;  // by first arrival of each key
    for (std::size_t i = 0; i < size; ++i) {
      auto same = std::ranges::find_if(expected, [&](const auto& part) { return key[part[0]] == key[i]; });
      if (same == expected.end())
        expected.push_back({i});
      else
        same->push_back(i);
    }
    EXPECT_EQ(parts, expected);
  }
}

TEST(batch_weight, is_dominated_by_what_most_rows_are) {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    batch_weight weight;
    std::map<std::uint32_t, std::uint64_t> counts;
    std::uint64_t most = 0;
    double share = round % 101 / 100.0;
    std::uint64_t rows = 1 + random() % 300, bytes = 0;
    for (std::uint64_t i = 0; i < rows; ++i) {
      std::uint32_t hash = random() % 1000 < share * 1000 ? 42 : static_cast<std::uint32_t>(random());
      weight.add(hash, hash % 7);
      bytes += hash % 7;
      most = std::max(most, ++counts[hash]);
    }
    EXPECT_EQ(weight.rows(), rows);
    EXPECT_EQ(weight.bytes(), bytes);
    EXPECT_TRUE(!weight.dominated() || 2 * most >= rows);
    EXPECT_TRUE(weight.dominated() || 4 * most < 3 * rows);
  }
}

TEST(spill, chooses_the_way_of_a_batch) {
  batch_weight even, giant;
  for (std::uint32_t i = 0; i < 100; ++i) {
    even.add(i * 2'654'435'769U, 10);
    giant.add(5, 10);
  }
  EXPECT_EQ(way_of(even, 1000, 1000, 8), batch_way::memory);
  EXPECT_EQ(way_of(giant, 1000, 1000, 32), batch_way::memory);
  EXPECT_EQ(way_of(even, 1001, 1000, 8), batch_way::split);
  EXPECT_EQ(way_of(giant, 1001, 1000, 8), batch_way::external_sort);
  EXPECT_EQ(way_of(even, 1001, 1000, 32), batch_way::external_sort) << "no bit is left to part by";
}

TEST(spill, parts_by_as_many_bits_as_the_rows_need_and_the_memory_allows) {
  constexpr std::size_t buffer = 8192;
  std::mt19937_64 random(12);
  for (int round = 0; round < 3000; ++round) {
    std::size_t memory_size = std::size_t{1} << (16 + random() % 18);
    double bytes = static_cast<double>(memory_size) * std::exp(static_cast<double>(random() % 1000) / 100);
    hash_bits used = static_cast<hash_bits>(random() % 32);
    hash_bits bits = parting_bits(bytes, memory_size, buffer, used);
    EXPECT_GE(bits, 1);
    EXPECT_LE(used + bits, 32);
    EXPECT_LE(bits, 9);
    EXPECT_GE(bits, std::min(2, 32 - used));
    EXPECT_TRUE(bits <= 2 || (std::size_t{1} << bits) * buffer <= memory_size / 4)
        << "the buffers take a quarter";
  }
  EXPECT_EQ(parting_bits(1e9, 64 << 20, buffer, 0), 5) << "24 parts would do";
}

TEST(spill, parts_every_hash_by_all_of_its_bits) {
  std::mt19937 random(13);
  for (int round = 0; round < 1000; ++round) {
    auto hash = static_cast<std::uint32_t>(random());
    std::uint64_t joined = 0;
    hash_bits used = 0;
    while (used < 32) {
      hash_bits bits = std::min<hash_bits>(1 + static_cast<hash_bits>(random() % 9), 32 - used);
      std::uint32_t part = part_of(hash, used, bits);
      EXPECT_LT(part, 1U << bits);
      joined = joined << bits | part;
      used += bits;
    }
    EXPECT_EQ(joined, hash);
  }
}

}  // namespace
