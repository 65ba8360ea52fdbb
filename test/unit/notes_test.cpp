// Notes of changed rows: what they say equals a plain record of what was added; slices by the calendar.
#include "pipelines/notes.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory_resource>
#include <random>
#include <string>
#include <vector>

namespace journey::pipelines {
namespace {

TEST(SliceStart, KnownDays) {
  // Days since 2000-01-01: 1999-12-31 is -1, 2000-02-29 is 59, 2025-03-01 is 9191, 2025-12-31 is 9496.
  EXPECT_EQ(slice_start(-1, slice_size::day), -1);
  EXPECT_EQ(slice_start(-1, slice_size::month), -31);
  EXPECT_EQ(slice_start(-1, slice_size::year), -365);
  EXPECT_EQ(slice_start(59, slice_size::month), 31);
  EXPECT_EQ(slice_start(59, slice_size::year), 0);
  EXPECT_EQ(slice_start(9191, slice_size::month), 9191);
  EXPECT_EQ(slice_start(9190, slice_size::month), 9163);
  EXPECT_EQ(slice_start(9496, slice_size::year), 9132);
}

struct said {
  std::map<std::string, notes::number> rows;
  std::map<notes::slice, notes::number> slices;
  bool operator==(const said&) const = default;
};

said all_of(const notes& noted) {
  said result;
  noted.for_each([&](std::string_view row, notes::number by) { result.rows.emplace(row, by); },
                 [&](notes::slice of, notes::number by) { result.slices.emplace(of, by); });
  return result;
}

TEST(Notes, EachRowOnceWithItsGreatestNumber) {
  std::pmr::monotonic_buffer_resource memory;
  notes noted(&memory);
  noted.add("a", 1, {});
  noted.add("a", 1, 7);
  noted.add("a", 1, 5);
  noted.add("b", {}, 3);
  EXPECT_EQ(all_of(noted), (said{{{"a", 7}, {"b", 3}}, {}}));
}

TEST(Notes, AWholeSliceCoversItsRowsAndKeepsTheirNumber) {
  std::pmr::monotonic_buffer_resource memory;
  notes noted(&memory);
  noted.add("a", 1, 7);
  noted.add("b", 2, 9);
  noted.add_whole(1, {});
  noted.add("c", 1, 5);
  EXPECT_TRUE(noted.whole(1));
  EXPECT_FALSE(noted.whole(2));
  EXPECT_EQ(all_of(noted), (said{{{"b", 9}}, {{1, 7}}}));
}

TEST(Notes, EqualAPlainRecord) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    constexpr std::size_t most = 5;
    std::pmr::monotonic_buffer_resource memory;
    notes noted(&memory, most);
    std::map<notes::slice, std::map<std::string, notes::number>> rows;
    for (int i = 0; i < 60; ++i) {
      int which = static_cast<int>(random() % 4);
      notes::slice of = which == 0 ? notes::slice() : which;
      // A row's slice follows from its bytes.
      std::string row = std::to_string(which) + "/" + std::to_string(random() % (3 + which * 2));
      notes::number by = random() % 3 == 0 ? notes::number() : static_cast<std::int64_t>(random() % 100);
      noted.add(row, of, by);
      notes::number& known = rows[of][row];
      known = std::max(known, by);
    }
    said expected;
    for (const auto& [of, members] : rows) {
      if (members.size() <= most) {
        for (const auto& [row, by] : members) expected.rows.emplace(row, by);
        continue;
      }
      notes::number greatest;
      for (const auto& [row, by] : members) greatest = std::max(greatest, by);
      expected.slices.emplace(of, greatest);
    }
    said found = all_of(noted);
    EXPECT_EQ(found.rows, expected.rows);
    ASSERT_EQ(found.slices, expected.slices);
  }
}

}  // namespace
}  // namespace journey::pipelines
