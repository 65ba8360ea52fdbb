#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>

#include "base/interrupts.hpp"
#include "interrupts.hpp"
#include "rfm/buckets.hpp"
#include "rfm/history.hpp"
#include "rfm/money.hpp"
#include "rfm/payments.hpp"
#include "rfm/quantiles.hpp"
#include "rfm/segments.hpp"

namespace {

using namespace journey::rfm;
using journey::stops;
using journey::wire::reader;
using journey::wire::writer;

std::pmr::memory_resource* memory() { return std::pmr::get_default_resource(); }

/// An amount with its digits: `units` of the last of `scale` decimal places. The slow, obvious way.
struct given {
  given(std::int64_t units, int scale) : units(units), scale(scale) {
    __int128 rest = units < 0 ? -static_cast<__int128>(units) : units;
    int places = (scale + 3) / 4;
    for (int i = scale; i < 4 * places; ++i) rest *= 10;
    for (; rest > 0; rest /= 10000) digits.insert(digits.begin(), static_cast<std::uint16_t>(rest % 10000));
    weight = static_cast<int>(digits.size()) - 1 - places;
    while (!digits.empty() && digits.back() == 0) digits.pop_back();
  }
  amount value() const {
    return {digits, digits.empty() ? 0 : weight, static_cast<std::uint16_t>(scale), units < 0};
  }
  std::int64_t units;
  int scale;
  std::vector<std::uint16_t> digits;
  std::int32_t weight;
};

/// An amount in words that a person can check.
std::string text(const amount& value) {
  std::string out = value.negative ? "-" : "";
  out += "[";
  for (auto digit : value.digits) out += std::to_string(digit) + " ";
  return out + "]e" + std::to_string(value.weight) + "/" + std::to_string(value.scale);
}

std::string text(const money& sum) {
  std::pmr::vector<std::uint16_t> digits;
  return text(sum.value(digits));
}

given random_amount(std::mt19937_64& random) {
  auto units = static_cast<std::int64_t>(random() >> (8 + random() % 55));
  return {random() % 3 == 0 ? -units : units, static_cast<int>(random() % 3) * 2};
}

TEST(rfm_money, whole_numbers) {
  std::uint16_t digits[5];
  EXPECT_EQ(text(whole(0, digits)), "[]e-1/0");
  EXPECT_EQ(text(whole(10000, digits)), "[1 ]e1/0");
  EXPECT_EQ(text(whole(-20001, digits)), "-[2 1 ]e1/0");
  EXPECT_EQ(text(whole(INT64_MAX, digits)), "[922 3372 368 5477 5807 ]e4/0");
  EXPECT_EQ(text(whole(INT64_MIN, digits)), "-[922 3372 368 5477 5808 ]e4/0");
}

TEST(rfm_money, sums_equal_integer_arithmetic_in_any_order_and_split) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 500; ++round) {
    std::vector<given> amounts;
    std::int64_t cents_of_cents = 0;
    int scale = 0;
    for (std::size_t count = random() % 20; count > 0; --count) {
      amounts.push_back(random_amount(random));
      std::int64_t units = amounts.back().units >> 16;
      amounts.back() = given(units, amounts.back().scale);
      cents_of_cents += units * (amounts.back().scale == 4 ? 1 : amounts.back().scale == 2 ? 100 : 10000);
      scale = std::max(scale, amounts.back().scale);
    }
    std::shuffle(amounts.begin(), amounts.end(), random);
    money left(memory()), right(memory());
    for (const given& one : amounts) (random() % 2 == 0 ? left : right).add(one.value());
    writer out(memory());
    right.serialize(out);
    money copy(memory());
    reader in({out.data(), out.size()}, "test");
    copy.deserialize(in);
    in.end();
    left.add(copy);
    given expected(cents_of_cents, 4);
    expected.scale = scale;
    EXPECT_EQ(text(left), text(expected.value()));
  }
}

TEST(rfm_money, carries_through_all_places) {
  money sum(memory());
  for (int i = 0; i < 10000; ++i) sum.add(given(99999999, 4).value());
  EXPECT_EQ(text(sum), "[9999 9999 ]e1/4");  // 10,000 times 9999.9999
  sum.add(given(-999999990000, 4).value());
  EXPECT_EQ(text(sum), "[]e0/4");
  sum.add(given(-1, 4).value());
  EXPECT_EQ(text(sum), "-[1 ]e-1/4");
}

TEST(rfm_money, compares_by_value_then_by_scale) {
  std::mt19937_64 random(12);
  for (int round = 0; round < 2000; ++round) {
    given left(static_cast<std::int64_t>(random() % 2001) - 1000, 2),
        right(static_cast<std::int64_t>(random() % 2001) - 1000, 2);
    int expected = (left.units > right.units) - (left.units < right.units);
    int order = compare(left.value(), right.value());
    EXPECT_EQ((order > 0) - (order < 0), expected) << left.units << " " << right.units;
  }
  EXPECT_LT(compare(given(100, 2).value(), given(10000, 4).value()), 0);
  EXPECT_LT(compare(given(10000, 4).value(), given(200, 2).value()), 0);
  EXPECT_GT(compare(given(100000000, 2).value(), given(9999, 0).value()), 0);
}

struct row {
  std::string id;
  instant paid_at;
  given value;
};

std::string text(const tally& sums) {
  std::string times = "unpaid";
  if (sums.payments() > 0) times = std::to_string(sums.first()) + ".." + std::to_string(sums.last());
  return times + " " + std::to_string(sums.payments()) + " " + text(sums.sum());
}

/// What rows of two decimal places add up to, plainly.
class plain_sum {
 public:
  void add(instant paid_at, std::int64_t units) {
    ++rows_;
    units_ += units;
    if (units >= 0) times_.insert(paid_at);
  }
  bool empty() const { return rows_ == 0; }
  std::string text() const {
    std::string times = "unpaid";
    if (!times_.empty()) times = std::to_string(*times_.begin()) + ".." + std::to_string(*times_.rbegin());
    given sum(units_, empty() ? 0 : 2);
    return times + " " + std::to_string(times_.size()) + " " + ::text(sum.value());
  }

 private:
  std::multiset<instant> times_;
  std::int64_t units_ = 0;
  int rows_ = 0;
};

/// The rows that stand, plainly: the least payment and the least refund of each id.
std::vector<std::pair<instant, std::int64_t>> standing_of(const std::vector<row>& rows) {
  std::map<std::pair<std::string, bool>, std::pair<instant, std::int64_t>> standing;
  for (const row& one : rows) {
    std::pair value(one.paid_at, one.value.units);
    auto [known, added] = standing.try_emplace({one.id, one.value.units < 0}, value);
    if (!added) known->second = std::min(known->second, value);
  }
  std::vector<std::pair<instant, std::int64_t>> result;
  for (const auto& [key, value] : standing) result.push_back(value);
  return result;
}

std::string text(const ledger& payments) {
  tally sum(memory());
  payments.each([&](std::string_view, instant paid_at, const amount& value) { sum.add(paid_at, value); });
  return text(sum);
}

TEST(rfm_ledger, counts_each_payment_once_in_any_order_and_split) {
  std::mt19937_64 random(13);
  for (int round = 0; round < 300; ++round) {
    std::vector<row> rows;
    for (std::size_t count = random() % 60; count > 0; --count)
      rows.push_back({"payment " + std::to_string(random() % 20), static_cast<instant>(random() % 5),
                      given(static_cast<std::int64_t>(random() % 5) - 2, 2)});
    plain_sum expected;
    for (auto [paid_at, units] : standing_of(rows)) expected.add(paid_at, units);

    std::shuffle(rows.begin(), rows.end(), random);
    ledger left(memory()), right(memory()), copy(memory());
    for (const row& one : rows)
      (random() % 2 == 0 ? left : right).add(one.id, one.paid_at, one.value.value());
    writer out(memory());
    right.serialize(out);
    reader in({out.data(), out.size()}, "test");
    copy.deserialize(in);
    in.end();
    std::string before = text(copy);
    left.combine(copy);
    EXPECT_EQ(text(left), expected.text());
    EXPECT_EQ(text(copy), before);
  }
}

TEST(rfm_ledger, keeps_ids_and_amounts_of_any_length) {
  ledger payments(memory());
  money expected(memory());
  for (std::size_t length : {0, 1, 31, 32, 33, 5000, 100000, 7}) {
    payments.add(std::string(length, 'x'), 1, given(12345, 2).value());
    payments.add(std::string(length, 'x'), 2, given(5, 0).value());
    expected.add(given(12345, 2).value());
  }
  tally sum(memory());
  payments.each([&](std::string_view, instant paid_at, const amount& value) { sum.add(paid_at, value); });
  EXPECT_EQ(text(sum.sum()), text(expected));
  EXPECT_EQ(sum.payments(), 8);
}

/// Each snapshot and its tally, as text.
template <class State>
std::string snapshots_of(const State& state) {
  timeline sums(memory(), *state.dates());
  state.sum_up(sums);
  std::string out;
  std::string last;
  sums.each_snapshot([&](instant snapshot, const tally& payments, bool changed) {
    EXPECT_TRUE(changed || text(payments) == last) << "at " << snapshot;
    last = text(payments);
    out += "at " + std::to_string(snapshot) + ": " + last + "\n";
  });
  return out;
}

template <class State>
void merge(State& left, const State& right) {
  writer out(memory());
  right.serialize(out);
  State copy(memory());
  reader in({out.data(), out.size()}, "test");
  copy.deserialize(in);
  in.end();
  std::string before = snapshots_of(copy);
  left.combine(copy);
  EXPECT_EQ(snapshots_of(copy), before);
}

TEST(rfm_history, equals_the_payments_up_to_each_snapshot_in_any_order_and_split) {
  std::mt19937_64 random(14);
  for (int round = 0; round < 600; ++round) {
    // Windows of one length, of none, or each of its own: months may let a later snapshot look further back.
    std::vector<period> periods;
    std::size_t kind = random() % 3;
    instant window = 1 + static_cast<instant>(random() % 20);
    for (std::size_t count = random() % 12; count > 0; --count) {
      period one{static_cast<instant>(random() % 40) - 5};
      if (kind == 1) one.after = one.until - window;
      if (kind == 2) one.after = one.until - 1 - static_cast<instant>(random() % 20);
      bool known = std::any_of(periods.begin(), periods.end(),
                               [&](const period& other) { return other.until == one.until; });
      if (!known) periods.push_back(one);
    }
    bool many = round % 50 == 0;  // enough to be summed up
    std::vector<row> rows;
    for (std::size_t count = random() % (many ? 4000 : 30); count > 0; --count)
      rows.push_back({std::to_string(random() % 40), static_cast<instant>(random() % 30),
                      given(static_cast<std::int64_t>(random() % 2000) - 500, 2)});

    std::string expected, expected_distinct;
    std::sort(periods.begin(), periods.end());
    for (const period& one : periods) {
      auto counts = [&](instant at) { return at <= one.until && at > one.after; };
      plain_sum all, once;
      for (const row& paid : rows)
        if (counts(paid.paid_at)) all.add(paid.paid_at, paid.value.units);
      for (auto [paid_at, units] : standing_of(rows))
        if (counts(paid_at)) once.add(paid_at, units);
      std::string at = "at " + std::to_string(one.until) + ": ";
      if (!all.empty()) expected += at + all.text() + "\n";
      if (!once.empty()) expected_distinct += at + once.text() + "\n";
    }

    std::shuffle(periods.begin(), periods.end(), random);
    calendar dates(memory(), periods);
    history left(memory()), right(memory());
    distinct_history left_distinct(memory()), right_distinct(memory());
    left.share(dates);
    right.keep(dates);
    left_distinct.keep(dates);
    right_distinct.share(dates);
    std::shuffle(rows.begin(), rows.end(), random);
    std::size_t odds = random() % 5;
    for (const row& one : rows) {
      bool first = random() % 4 < odds;
      (first ? left : right).add(one.paid_at, one.value.value());
      (first ? left_distinct : right_distinct).add(one.id, one.paid_at, one.value.value());
    }
    merge(left, right);
    merge(left_distinct, right_distinct);
    ASSERT_EQ(snapshots_of(left), expected);
    ASSERT_EQ(snapshots_of(left_distinct), expected_distinct);
  }
}

TEST(rfm_history, reaches_to_the_ends_of_time) {
  constexpr instant first = std::numeric_limits<instant>::min(), last = std::numeric_limits<instant>::max();
  period periods[] = {{last, 0}, {first}, {0, -last}};
  calendar dates(memory(), periods);
  history payments(memory());
  payments.share(dates);
  for (instant at : {last, first, instant{0}, last}) payments.add(at, given(1, 0).value());
  EXPECT_EQ(snapshots_of(payments),
            "at -9223372036854775808: -9223372036854775808..-9223372036854775808 1 [1 ]e0/0\n"
            "at 0: 0..0 1 [1 ]e0/0\n"
            "at 9223372036854775807: 9223372036854775807..9223372036854775807 2 [2 ]e0/0\n");
}

template <class State>
bool steps_stop(State& state, State& empty) {
  writer out(memory());
  state.serialize(out);
  auto read = [&] {
    State copy(memory());
    reader in({out.data(), out.size()}, "test");
    copy.deserialize(in);
  };
  auto write = [&] {
    writer again(memory());
    state.serialize(again);
  };
  return stops(read) && stops(write) && stops([&] { empty.combine(state); });
}

TEST(rfm_states, can_be_stopped_at_every_step) {
  std::vector<period> periods;
  for (instant at = 0; at < 50; ++at) periods.push_back({at, at - 5});
  calendar dates(memory(), periods);
  EXPECT_TRUE(stops([&] { calendar(memory(), periods); }));
  for (int count : {10, 10'000}) {
    history past(memory()), empty(memory());
    past.share(dates);
    empty.share(dates);
    for (int i = 0; i < count; ++i) past.add(i % 50, given(i, 2).value());
    EXPECT_TRUE(steps_stop(past, empty)) << count;
    timeline sums(memory(), dates);
    EXPECT_TRUE(stops([&] { past.sum_up(sums); }));
    past.sum_up(sums);
    // Also from within: stopped at the second snapshot.
    int visited = 0;
    EXPECT_THROW(sums.each_snapshot([&](instant, const tally&, bool) {
      ++visited;
      InterruptPending = 1;
    }),
                 std::runtime_error);
    EXPECT_EQ(visited, 1);
  }
  distinct_history distinct(memory()), empty(memory());
  distinct.share(dates);
  empty.share(dates);
  for (int i = 0; i < 100; ++i) distinct.add(std::to_string(i), i % 50, given(i, 2).value());
  EXPECT_TRUE(steps_stop(distinct, empty));
  quantiles measures(memory());
  measures.ask(5, 0);
  for (int i = 0; i < 100; ++i) measures.add(i);
  EXPECT_TRUE(stops([&] { measures.cuts(memory()); }));
  std::vector<matrix_row> rows;
  for (std::int32_t f = 1; f <= 100; ++f) rows.push_back({.recency = 1, .frequency = f, .segment = "all"});
  EXPECT_TRUE(stops([&] { matrix(memory(), "ours", rows); }));
}

/// Reads `bytes` as a `State`; a refusal is fine, a crash is not.
template <class State>
bool survives(const std::string& bytes) {
  State state(memory());
  reader in(bytes, "test");
  try {
    state.deserialize(in);
    in.end();
    return true;
  } catch (const journey::error& refused) {
    EXPECT_EQ(std::string(refused.state()), journey::sqlstate::invalid_binary_representation);
    return false;
  }
}

template <class State>
void refuses_damage(State& state) {
  writer out(memory());
  state.serialize(out);
  std::string bytes(out.data(), out.size());
  EXPECT_TRUE(survives<State>(bytes));
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(survives<State>(bytes.substr(0, length)));
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      survives<State>(flipped);
    }
}

TEST(rfm_states, refuse_damaged_bytes) {
  tally sum(memory());
  sum.add(5, given(-12345678, 2).value());
  sum.add(7, given(99, 0).value());
  refuses_damage(sum);
  ledger payments(memory());
  payments.add("a", 5, given(-12345678, 2).value());
  payments.add("", 7, given(0, 4).value());
  refuses_damage(payments);
  quantiles measures(memory());
  measures.ask(5, 1);
  measures.add(0.1);
  measures.add(7);
  refuses_damage(measures);
  period periods[] = {{5, 2}, {7, 4}};
  calendar dates(memory(), periods);
  for (int count : {2, 1000}) {
    history past(memory());
    past.share(dates);
    for (int i = 0; i < count; ++i) past.add(6, given(-12345678, 2).value());
    refuses_damage(past);
    distinct_history distinct(memory());
    distinct.share(dates);
    distinct.add("id", 6, given(-12345678, 2).value());
    refuses_damage(distinct);
  }
}

TEST(rfm_bucket, equals_steps_of_the_percent_rank) {
  for (int buckets = 1; buckets <= 12; ++buckets)
    for (std::int64_t rows = 1; rows <= 60; ++rows)
      for (std::int64_t rank = 1; rank <= rows; ++rank) {
        // In whole numbers: the largest bucket whose lower bound the percent rank reaches.
        int expected = 1;
        while (expected < buckets && rows > 1 && (rank - 1) * buckets >= expected * (rows - 1)) ++expected;
        EXPECT_EQ(bucket(rank, rows, buckets), expected) << rank << " of " << rows << " in " << buckets;
      }
  EXPECT_EQ(bucket(INT64_MAX - 1, INT64_MAX, INT32_MAX), INT32_MAX);
}

TEST(rfm_quantiles, lie_on_the_line_between_neighbours_in_any_split) {
  std::mt19937_64 random(15);
  for (int round = 0; round < 500; ++round) {
    std::vector<double> measures;
    for (std::size_t count = 1 + random() % 40; count > 0; --count)
      measures.push_back(static_cast<double>(random() % 100) / 4);
    auto buckets = static_cast<std::int32_t>(1 + random() % 12);
    quantiles left(memory()), right(memory()), copy(memory());
    left.ask(buckets, 0.5);
    right.ask(buckets, 0.5);
    for (double measure : measures) (random() % 2 == 0 ? left : right).add(measure);
    writer out(memory());
    right.serialize(out);
    reader in({out.data(), out.size()}, "test");
    copy.deserialize(in);
    in.end();
    left.combine(copy);
    auto cuts = left.cuts(memory());
    ASSERT_EQ(cuts.size(), static_cast<std::size_t>(buckets - 1));
    std::sort(measures.begin(), measures.end());
    for (int j = 1; j < buckets; ++j) {
      double position = static_cast<double>(measures.size() - 1) * j / buckets;
      double below = measures[static_cast<std::size_t>(std::floor(position))];
      double above = measures[static_cast<std::size_t>(std::ceil(position))];
      EXPECT_NEAR(cuts[j - 1], below + (above - below) * (position - std::floor(position)) + 0.5, 1e-9);
    }
  }
}

TEST(rfm_quantiles, separate_neighbours_however_close) {
  quantiles measures(memory());
  measures.ask(1000, 0);
  double low = 1, high = std::nextafter(1.0, 2.0);
  measures.add(high);
  measures.add(low);
  for (double cut : measures.cuts(memory())) EXPECT_EQ(cut, high);
  quantiles far(memory());
  far.ask(3, 0);
  far.add(-1.7e308);
  far.add(1.7e308);
  for (double cut : far.cuts(memory())) EXPECT_TRUE(cut > -1.7e308 && cut <= 1.7e308);
}

TEST(rfm_bucket, refuses_other_numbers_of_buckets) {
  EXPECT_NO_THROW(check_buckets(1));
  EXPECT_NO_THROW(check_buckets(most_buckets));
  for (std::int32_t buckets : {0, -1, most_buckets + 1}) EXPECT_THROW(check_buckets(buckets), journey::error);
}

TEST(rfm_segment, refuses_other_scores) {
  for (auto [recency, frequency] : {std::pair{0, 1}, {6, 1}, {1, 0}, {1, 6}, {-1, -1}})
    EXPECT_THROW(segment(recency, frequency), journey::error);
  EXPECT_EQ(segment(1, 5), "Cannot Lose Them");
  EXPECT_EQ(segment(5, 1), "New Customers");
  EXPECT_THROW(segment(4, 4, 4), journey::error);
}

/// A matrix over random ranges of monetary scores, and the segment of each combination, plainly.
TEST(rfm_matrix, gives_each_combination_its_segment_in_any_order_of_rows) {
  std::mt19937_64 random(16);
  for (int round = 0; round < 300; ++round) {
    auto up_to = [&](std::size_t most) { return 1 + static_cast<std::int32_t>(random() % most); };
    std::int32_t recencies = up_to(4), frequencies = up_to(4), monetaries = up_to(6);
    std::vector<std::string> names;
    for (int i = 0; i < 96; ++i) names.push_back("segment " + std::to_string(i));
    std::vector<matrix_row> rows;
    std::map<std::tuple<int, int, int>, std::string_view> expected;
    for (std::int32_t r = 1; r <= recencies; ++r)
      for (std::int32_t f = 1; f <= frequencies; ++f)
        for (std::int32_t m = 1; m <= monetaries;) {
          std::int32_t to = std::min(monetaries, m + up_to(3) - 1);
          std::string_view name = names[rows.size()];
          for (std::int32_t score = m; score <= to; ++score) expected[{r, f, score}] = name;
          bool open = to == monetaries && r + f > 2 && random() % 2 == 0;  // the first row says how many
          rows.push_back({r, f, m, open ? matrix_row::no_limit : to, name});
          m = to + 1;
        }
    std::shuffle(rows.begin(), rows.end(), random);
    matrix segments(memory(), "ours", rows);
    for (const auto& [scores, name] : expected) {
      auto [r, f, m] = scores;
      EXPECT_EQ(segments.segment(r, f, m), name);
    }
    EXPECT_THROW(segments.segment(recencies + 1, 1, 1), journey::error);
    EXPECT_THROW(segments.segment(1, 0, 1), journey::error);
    EXPECT_THROW(segments.segment(1, 1, 0), journey::error);
    // Without one of its rows, or with one twice, some combination has no segment or two.
    std::vector<matrix_row> twice = rows;
    twice.push_back(rows[random() % rows.size()]);
    EXPECT_THROW(matrix(memory(), "ours", twice), journey::error);
    const matrix_row& gone = rows[random() % rows.size()];
    bool at_the_edge =
        gone.recency == recencies || gone.frequency == frequencies || gone.monetary_to >= monetaries;
    std::vector<matrix_row> fewer;
    for (const matrix_row& one : rows)
      if (&one != &gone) fewer.push_back(one);
    if (!at_the_edge) {
      EXPECT_THROW(matrix(memory(), "ours", fewer), journey::error);
    }
  }
}

TEST(rfm_matrix, knows_its_number_of_buckets) {
  std::vector<matrix_row> rows;
  for (std::int32_t r = 1; r <= 3; ++r)
    for (std::int32_t f = 1; f <= 3; ++f) rows.push_back({.recency = r, .frequency = f, .segment = "all"});
  matrix plain(memory(), "plain", rows);
  EXPECT_NO_THROW(plain.check_buckets(3));
  EXPECT_THROW(plain.check_buckets(4), journey::error);
  EXPECT_EQ(plain.segment(3, 3), "all");
  EXPECT_EQ(plain.segment(3, 3, 99), "all");
  rows.back().monetary_to = 3;
  matrix money(memory(), "money", rows);
  EXPECT_NO_THROW(money.check_buckets(3));
  EXPECT_THROW(money.segment(3, 3), journey::error);
  EXPECT_THROW(money.segment(3, 3, 4), journey::error);
  EXPECT_THROW(matrix(memory(), "none", {}), journey::error);
}

}  // namespace
