// Patterns over events against a search that tries everything.
#include "paths/sequence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory_resource>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/instant.hpp"

namespace {

using namespace journey;
using namespace journey::paths;

std::int64_t number(std::string_view text) {
  try {
    return std::stoll(std::string(text));
  } catch (const std::logic_error&) {
    throw error(sqlstate::invalid_text_representation, "no number");
  }
}

sequence_pattern parse(std::string_view text, int conditions = 3) { return {text, conditions, number}; }

/// The rows of the match from `row` on, by trying: each event at the first row with which the rest still
/// matches.
bool match(const std::vector<step_row>& rows, const sequence_pattern& pattern, std::size_t row,
           std::vector<std::size_t>& found) {
  std::size_t event = found.size();
  if (event == pattern.size()) return true;
  std::size_t last = event == 0 ? row : pattern[event].is_next ? row + 1 : rows.size();
  for (std::size_t i = row; i < std::min(last + (event == 0), rows.size()); ++i) {
    if ((rows[i].steps & pattern[event].meets) == 0) continue;
    if (event > 0) {
      std::uint64_t gap = elapsed(rows[found.back()].ts, rows[i].ts);
      if (gap < pattern[event].at_least || gap > pattern[event].at_most) continue;
    }
    found.push_back(i);
    if (match(rows, pattern, i + 1, found)) return true;
    found.pop_back();
  }
  return false;
}

struct answers {
  std::int64_t apart = 0;
  std::int64_t overlapping = 0;
  std::vector<std::int64_t> times;
  bool operator==(const answers&) const = default;
};

answers reference(const std::vector<step_row>& rows, const sequence_pattern& pattern) {
  answers result;
  std::size_t free = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::vector<std::size_t> found;
    if (!match(rows, pattern, row, found)) continue;
    if (result.overlapping++ == 0)
      for (std::size_t event = 0; event < found.size(); ++event)
        if (pattern[event].is_named) result.times.push_back(rows[found[event]].ts);
    if (row >= free) {
      ++result.apart;
      free = found.back() + 1;
    }
  }
  return result;
}

answers computed(const std::vector<step_row>& rows, const sequence_pattern& pattern) {
  sequence_matches matches(rows, pattern, std::pmr::get_default_resource());
  auto times = matches.times();
  EXPECT_EQ(matches.any(), matches.count(true) > 0);
  return {matches.count(false), matches.count(true), {times.begin(), times.end()}};
}

std::string drawn_pattern(std::mt19937& random) {
  std::string text;
  int events = 1 + static_cast<int>(random() % 5);
  const char* comparisons[] = {"<=", "<", ">=", ">", "=="};
  for (int event = 0; event < events; ++event) {
    if (random() % 3 == 0) text += ".*";
    for (auto times = event == 0 ? 0 : random() % 7; times > 4; --times)
      text += std::string("(?t") + comparisons[random() % 5] + std::to_string(random() % 6) + ")";
    text += random() % 5 == 0 ? "." : "(?" + std::to_string(1 + random() % 3) + ")";
  }
  return text + (random() % 4 == 0 ? ".*" : "");
}

TEST(sequence, equals_a_search_that_tries_everything) {
  std::mt19937 random(31);
  int matched = 0;
  for (int round = 0; round < 60000; ++round) {
    std::string text = drawn_pattern(random);
    sequence_pattern pattern = parse(text);
    std::vector<step_row> rows(random() % 12);
    std::int64_t span = 1 + static_cast<std::int64_t>(random() % 20);
    for (step_row& row : rows)
      row = {static_cast<std::int64_t>(random()) % span,
             random() % 3 == 0 ? 1 + random() % 7 : std::uint64_t{1} << random() % 3};
    std::ranges::sort(rows, comes_before);
    answers expected = reference(rows, pattern);
    ASSERT_EQ(computed(rows, pattern), expected) << text;
    matched += expected.apart > 0;
  }
  EXPECT_GT(matched, 10000);
}

TEST(sequence, any_order_and_split) {
  std::mt19937 random(32);
  for (int round = 0; round < 2000; ++round) {
    std::vector<step_row> rows(random() % 10);
    for (step_row& row : rows) row = {static_cast<std::int64_t>(random() % 5), random() % 8};
    sequence_log whole(std::pmr::get_default_resource());
    sequence_log left(std::pmr::get_default_resource());
    sequence_log right(std::pmr::get_default_resource());
    for (sequence_log* log : {&whole, &left, &right}) log->ask("(?1)", false, 3);
    for (const step_row& row : rows) whole.add(row);
    std::ranges::shuffle(rows, random);
    for (const step_row& row : rows) (random() % 2 == 0 ? left : right).add(row);
    left.combine(right);
    wire::writer out(std::pmr::get_default_resource());
    left.serialize(out);
    wire::reader in({out.data(), out.size()}, "state");
    sequence_log arrived(std::pmr::get_default_resource());
    arrived.deserialize(in);
    in.end();
    ASSERT_TRUE(std::ranges::equal(arrived.rows(std::pmr::get_default_resource()),
                                   whole.rows(std::pmr::get_default_resource())));
    EXPECT_EQ(arrived.pattern(), "(?1)");
  }
}

std::string error_of(std::string_view text, int conditions = 3) {
  try {
    parse(text, conditions);
  } catch (const error& caught) {
    return caught.what();
  }
  return "none";
}

TEST(sequence, errors_name_the_character) {
  EXPECT_EQ(error_of(""), "pattern \"\" is wrong at character 1: it has no event");
  EXPECT_EQ(error_of(".*"), "pattern \".*\" is wrong at character 3: it has no event");
  EXPECT_EQ(error_of("(?1"), "pattern \"(?1\" is wrong at character 4: expected a closing parenthesis");
  EXPECT_EQ(error_of("(?1)x"), "pattern \"(?1)x\" is wrong at character 5: expected (?, . or .*");
  EXPECT_EQ(error_of("(?4)"),
            "pattern \"(?4)\" is wrong at character 3: there is no condition 4, but 3 are given");
  EXPECT_EQ(error_of("(?0)", 1),
            "pattern \"(?0)\" is wrong at character 3: there is no condition 0, but 1 is given");
  EXPECT_EQ(error_of("(?99999999999999999999)"),
            "pattern \"(?99999999999999999999)\" is wrong at character 3: there is no condition "
            "99999999999999999999, but 3 are given");
  EXPECT_EQ(error_of("(?)"),
            "pattern \"(?)\" is wrong at character 3: expected the number of a condition, or t and a time");
  EXPECT_EQ(error_of("(?1)(?t~5)(?2)"),
            "pattern \"(?1)(?t~5)(?2)\" is wrong at character 8: expected <=, <, >=, > or ==");
  EXPECT_EQ(error_of("(?1)(?t<)(?2)"),
            "pattern \"(?1)(?t<)(?2)\" is wrong at character 9: expected a duration");
  EXPECT_EQ(error_of("(?1)(?t<-5)(?2)"),
            "pattern \"(?1)(?t<-5)(?2)\" is wrong at character 9: a duration must not be negative");
  EXPECT_EQ(error_of("(?1)(?t<5"),
            "pattern \"(?1)(?t<5\" is wrong at character 9: expected a closing parenthesis");
  EXPECT_EQ(error_of("(?1)(?t<5)"),
            "pattern \"(?1)(?t<5)\" is wrong at character 11: no event follows the time");
  EXPECT_EQ(error_of("(?t<5)(?1)"),
            "pattern \"(?t<5)(?1)\" is wrong at character 4: a time is counted from an event before it, and "
            "there is none");
  EXPECT_EQ(error_of("(?1)\xC3\xA4\xC3\xA4."),
            "pattern \"(?1)\xC3\xA4\xC3\xA4.\" is wrong at character 5: expected (?, . or .*");
  std::string dots(sequence_pattern::most_events, '.');
  EXPECT_EQ(error_of(dots), "none");
  EXPECT_EQ(error_of(dots + "."),
            "pattern \"" + dots + ".\" is wrong at character 66: a pattern has at most 64 events");
  EXPECT_EQ(error_of(std::string(sequence_pattern::longest + 1, '.')), "pattern is longer than 10000 bytes");
  std::mt19937 random(33);
  for (int round = 0; round < 20000; ++round) {
    std::string text = drawn_pattern(random);
    text[random() % text.size()] = "(?t1).*<=>0"[random() % 11];
    error_of(text);
  }
}

/// Backtracking takes exponential time on these; ClickHouse refuses them after a million steps.
TEST(sequence, hostile_patterns_are_linear) {
  std::vector<step_row> rows(200'000);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = {static_cast<std::int64_t>(i), 1};
  std::string text = "(?1)";
  for (int i = 0; i < 61; ++i) text += i % 2 == 0 ? "(?t>=1)(?t<=100000)(?1)" : ".*(?1)";
  answers never = computed(rows, parse(text + ".*(?2)"));
  EXPECT_EQ(never, answers{});
  answers always = computed(rows, parse(text));
  EXPECT_EQ(always.apart, 200'000 / 62);
  EXPECT_EQ(always.overlapping, 200'000 - 61);
}

}  // namespace
