#include "sessions/sessionize.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

using journey::elapsed;
using journey::sessions::read_rule;
using journey::sessions::rule_text;
using journey::sessions::session_counter;
using journey::sessions::session_row;
using journey::sessions::session_rule;
using journey::sessions::write;
using limits = std::numeric_limits<std::int64_t>;

constexpr std::int64_t minute = 60'000'000;

struct placed {
  std::int64_t number, started_at, position;
  std::uint64_t gap;
  bool operator==(const placed&) const = default;
};
using placement = std::optional<placed>;

/// As the window functions do it. Days are numbered, `day_length` long.
std::vector<placement> place_all(const session_rule& rule, const std::vector<session_row>& rows,
                                 std::int64_t day_length = limits::max()) {
  session_counter counter(std::pmr::get_default_resource());
  std::vector<placement> result;
  for (session_row row : rows) {
    EXPECT_TRUE(counter.follows(row.ts));
    row.new_day = counter.last_in_session() / day_length != row.ts / day_length;
    if (counter.place(rule, row))
      result.push_back(placed{counter.number(), counter.started_at(), counter.position(), counter.gap()});
    else
      result.push_back({});
  }
  return result;
}

std::vector<std::int64_t> numbers(const session_rule& rule, const std::vector<session_row>& rows,
                                  std::int64_t day_length = limits::max()) {
  std::vector<std::int64_t> result;
  for (const placement& row : place_all(rule, rows, day_length)) result.push_back(row ? row->number : 0);
  return result;
}

session_rule timeout(std::int64_t micros, bool inclusive = false) {
  return {.timeout = micros, .inclusive = inclusive};
}

TEST(elapsed, reaches_further_than_a_signed_number) {
  EXPECT_EQ(elapsed(5, 12), 7u);
  EXPECT_EQ(elapsed(-9'000'000'000'000'000'000, 9'000'000'000'000'000'000), 18'000'000'000'000'000'000u);
  EXPECT_EQ(elapsed(limits::max(), limits::max()), 0u);
  EXPECT_EQ(elapsed(0, limits::max()), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(elapsed(limits::min(), 0), std::numeric_limits<std::uint64_t>::max());
}

TEST(session_counter, a_gap_of_exactly_the_timeout_stays_unless_inclusive) {
  std::vector<session_row> rows{{.ts = 0}, {.ts = 10}, {.ts = 21}};
  EXPECT_EQ(numbers(timeout(10), rows), (std::vector<std::int64_t>{1, 1, 2}));
  EXPECT_EQ(numbers(timeout(10, true), rows), (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(session_counter, a_passive_row_joins_and_does_not_extend) {
  EXPECT_EQ(numbers(timeout(10), {{.ts = 0}, {.ts = 8, .extends = false}, {.ts = 12}}),
            (std::vector<std::int64_t>{1, 1, 2}));
  EXPECT_EQ(numbers(timeout(10), {{.ts = 0}, {.ts = 11, .extends = false}, {.ts = 12}}),
            (std::vector<std::int64_t>{1, 0, 2}))
      << "out of the session, and opens none";
  EXPECT_EQ(numbers(timeout(10), {{.ts = 0, .extends = false}, {.ts = 1}}),
            (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(numbers(timeout(10),
                    {{.ts = 0, .starts = true, .extends = false}, {.ts = 9, .extends = false}, {.ts = 11}}),
            (std::vector<std::int64_t>{1, 1, 2}))
      << "a start opens a session, and is its anchor";
}

TEST(session_counter, a_split_key_parts_where_it_is_another) {
  using key = std::optional<std::string_view>;
  auto split = [](std::vector<key> keys) {
    std::vector<session_row> rows;
    for (const key& one : keys) rows.push_back({.ts = 0, .split_key = one});
    return numbers(timeout(10), rows);
  };
  EXPECT_EQ(split({"a", {}, "a", "b", {}, "a"}), (std::vector<std::int64_t>{1, 1, 1, 2, 2, 3}));
  EXPECT_EQ(split({{}, "a", {}, "a"}), (std::vector<std::int64_t>{1, 2, 2, 2})) << "no key is not a key";
  EXPECT_EQ(split({{}, ""}), (std::vector<std::int64_t>{1, 2})) << "the empty key is one";
}

TEST(session_counter, a_new_day_and_a_long_session_part) {
  EXPECT_EQ(numbers(timeout(10), {{.ts = 3}, {.ts = 4}, {.ts = 5}, {.ts = 9}, {.ts = 10}}, 5),
            (std::vector<std::int64_t>{1, 1, 2, 2, 3}));
  session_rule rule = timeout(10);
  rule.max_duration = 15;
  EXPECT_EQ(numbers(rule, {{.ts = 0}, {.ts = 8}, {.ts = 15}, {.ts = 16}, {.ts = 24}, {.ts = 31}, {.ts = 32}}),
            (std::vector<std::int64_t>{1, 1, 1, 2, 2, 2, 3}));
}

TEST(session_counter, infinity_is_far_from_everything_else) {
  session_rule longest = timeout(limits::max());
  EXPECT_EQ(numbers(longest, {{.ts = limits::min()},
                              {.ts = limits::min()},
                              {.ts = 0},
                              {.ts = limits::max()},
                              {.ts = limits::max()}}),
            (std::vector<std::int64_t>{1, 1, 2, 3, 3}));
}

TEST(session_counter, knows_which_rows_follow) {
  session_counter counter(std::pmr::get_default_resource());
  EXPECT_TRUE(counter.follows(limits::min()));
  counter.place(timeout(10), {.ts = 5, .extends = false});
  EXPECT_TRUE(counter.follows(5));
  EXPECT_FALSE(counter.follows(4));
}

/// The rules as they read, over all rows at once and in quadratic time: each row looks at the whole of the
/// session before it.
std::vector<placement> reference(const session_rule& rule, const std::vector<session_row>& rows,
                                 std::int64_t day_length) {
  std::vector<placement> result;
  std::vector<std::size_t> session;  // the rows of the open one
  std::int64_t number = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const session_row& row = rows[i];
    bool splits = session.empty();
    if (!splits) {
      std::int64_t anchor = limits::min();
      for (std::size_t member : session)
        if (rows[member].extends || member == session.front()) anchor = std::max(anchor, rows[member].ts);
      auto gap = static_cast<__int128>(row.ts) - anchor;
      splits = rule.inclusive ? gap >= rule.timeout : gap > rule.timeout;
      const session_row& head = rows[session.front()];
      splits = splits || (rule.max_duration && static_cast<__int128>(row.ts) - head.ts > *rule.max_duration);
      splits = splits || row.ts / day_length != head.ts / day_length;
      if (row.split_key) splits = splits || row.split_key != head.split_key;
    }
    if (row.starts || (splits && row.extends)) {
      ++number;
      session = {i};
    } else if (splits) {
      result.push_back({});
      continue;
    } else {
      session.push_back(i);
    }
    std::uint64_t gap = session.size() == 1 ? 0 : row.ts - rows[session[session.size() - 2]].ts;
    result.push_back(
        placed{number, rows[session.front()].ts, static_cast<std::int64_t>(session.size()), gap});
  }
  return result;
}

TEST(session_counter, equals_the_rules_as_they_read) {
  std::mt19937_64 random(20260101);
  auto below = [&](std::int64_t limit) { return static_cast<std::int64_t>(random() % limit); };
  const std::string_view keys[] = {"", "a", "b", "a longer key than fits into a short string"};
  for (int round = 0; round < 3000; ++round) {
    session_rule rule = timeout(1 + below(10), below(2) == 0);
    if (below(2) == 0) rule.max_duration = 1 + below(30);
    std::int64_t day_length = below(2) == 0 ? 20 : 1'000'000;
    std::int64_t passive = below(3);
    std::vector<session_row> rows;
    std::int64_t ts = below(100);
    for (std::int64_t left = below(60); left > 0; --left) {
      if (below(12) > 3) ts += below(12);
      session_row row{.ts = ts};
      row.starts = below(20) == 0;
      row.extends = passive == 0 || below(3) > 0;
      if (below(4) == 0) row.split_key = keys[below(4)];
      rows.push_back(row);
    }
    ASSERT_EQ(place_all(rule, rows, day_length), reference(rule, rows, day_length)) << "round " << round;
  }
}

TEST(session_rule, reads_well) {
  session_rule rule = timeout(30 * minute);
  EXPECT_EQ(rule_text(rule), "00:30:00");
  rule = {
      .timeout = 1, .inclusive = true, .max_duration = 100 * 60 * minute, .day_boundary = "Europe/Berlin"};
  EXPECT_EQ(rule_text(rule), "00:00:00.000001 inclusive, max_duration 100:00:00, day_boundary Europe/Berlin");
}

std::string stored(const session_rule& rule) {
  journey::wire::writer out(std::pmr::get_default_resource());
  write(out, rule);
  return {out.data(), out.size()};
}

TEST(session_rule, comes_back_as_it_went) {
  std::vector<session_rule> rules{timeout(1), timeout(limits::max(), true)};
  rules.push_back({.timeout = 5, .inclusive = false, .max_duration = 7});
  rules.push_back({.timeout = 5, .inclusive = true, .max_duration = 7, .day_boundary = "UTC"});
  for (const session_rule& rule : rules) {
    std::string bytes = stored(rule);
    journey::wire::reader in(bytes, "test");
    EXPECT_EQ(read_rule(in), rule);
  }
}

TEST(session_rule, refuses_bytes_that_no_rule_wrote) {
  std::string bytes =
      stored({.timeout = minute, .inclusive = true, .max_duration = minute, .day_boundary = "UTC"});
  auto refused = [](std::string_view changed) {
    journey::wire::reader in(changed, "test");
    EXPECT_THROW(read_rule(in), journey::error);
  };
  for (std::size_t length = 0; length < bytes.size() - 3; ++length) refused(bytes.substr(0, length));
  auto with = [&](std::size_t position, char byte) {
    std::string changed = bytes;
    changed[position] = byte;
    return changed;
  };
  refused(with(0, 2));       // version
  refused(with(1, 4));       // flags
  refused(with(9, '\x80'));  // a negative timeout
  refused(std::string(2, '\x01') + std::string(8, '\0'));
  for (std::size_t position = 0; position < bytes.size(); ++position)
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = with(position, static_cast<char>(byte));
      journey::wire::reader in(changed, "test");
      try {
        session_rule rule = read_rule(in);
        EXPECT_GT(rule.timeout, 0);
        EXPECT_GT(rule.max_duration.value_or(1), 0);
        EXPECT_EQ(stored(rule), changed);
      } catch (const journey::error&) {
      }
    }
}

}  // namespace
