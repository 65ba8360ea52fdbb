// Funnels against their definition: every chain tried, one after the other.
#include "paths/funnel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory_resource>
#include <optional>
#include <random>
#include <vector>

#include "base/instant.hpp"

namespace {

using namespace journey;
using namespace journey::paths;

using times = std::vector<std::int64_t>;

/// All chains of steps that rows make, by trying every row for every step.
class every_chain {
 public:
  every_chain(std::vector<step_row> rows, const funnel& funnel) : rows_(std::move(rows)), funnel_(funnel) {
    extend();
  }

  std::size_t longest() const { return best_.size(); }
  /// The chain that starts first, ends first, and has each step first.
  const times& first() const { return best_; }

 private:
  void extend() {
    bool better = chain_.size() > best_.size();
    if (!chain_.empty() && chain_.size() == best_.size()) {
      auto key = [](const times& chain) {
        times result{chain.front(), chain.back()};
        result.insert(result.end(), chain.begin(), chain.end());
        return result;
      };
      better = key(chain_) < key(best_);
    }
    if (better) best_ = chain_;
    std::size_t step = chain_.size();
    if (step == static_cast<std::size_t>(funnel_.steps)) return;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if ((rows_[i].steps >> step & 1) == 0) continue;
      if (funnel_.rule.strict_once && std::ranges::find(used_, i) != used_.end()) continue;
      if (step > 0 && !follows(rows_[i].ts)) continue;
      chain_.push_back(rows_[i].ts);
      used_.push_back(i);
      extend();
      chain_.pop_back();
      used_.pop_back();
    }
  }

  bool follows(std::int64_t ts) const {
    std::int64_t before = chain_.back();
    if (funnel_.rule.strict_increase ? ts <= before : ts < before) return false;
    if (elapsed(chain_.front(), ts) > static_cast<std::uint64_t>(funnel_.rule.within)) return false;
    if (funnel_.exclusions == 0) return true;
    std::size_t gap = funnel_.exclusions == 1 ? 0 : chain_.size() - 1;
    return std::ranges::none_of(rows_, [&](const step_row& row) {
      return row.ts > before && row.ts < ts && (row.steps >> (funnel_.steps + gap) & 1) != 0;
    });
  }

  std::vector<step_row> rows_;
  const funnel& funnel_;
  times chain_;
  std::vector<std::size_t> used_;
  times best_;
};

/// The times of the chain that reaches the level, by the definition in funnel.hpp.
times reference(std::vector<step_row> rows, const funnel& funnel) {
  std::ranges::stable_sort(rows, {}, &step_row::ts);
  const funnel_rule& rule = funnel.rule;
  const std::uint64_t all = (funnel.steps == 64 ? 0 : std::uint64_t{1} << funnel.steps) - 1;
  std::vector<step_row> counted;
  times best;
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t before = best.size();
    std::size_t begin = i;
    std::uint64_t repeats = 0;
    if (rule.strict_deduplication)
      for (std::size_t step = 1; step < before; ++step) repeats |= std::uint64_t{1} << step;
    for (; i < rows.size() && rows[i].ts == rows[begin].ts; ++i)
      counted.push_back({rows[i].ts, rows[i].steps & ~repeats});
    best = every_chain(counted, funnel).first();
    bool interrupted = false;
    for (std::size_t j = begin; j < i && before > 0; ++j) {
      std::uint64_t met = rows[j].steps & all;
      std::uint64_t served = met & ~repeats;
      if (rule.strict_deduplication && met != 0 && served == 0) interrupted = true;
      if (rule.strict_order && met == 0) interrupted = true;
      std::uint64_t in_reach = (std::uint64_t{2} << best.size()) - 1;
      if (rule.strict_order && !rule.reentry && (served & in_reach) == 0) interrupted = true;
    }
    if (interrupted) break;
  }
  return best;
}

/// A log that has the rows in some order and in some split.
void fill(funnel_log& log, std::vector<step_row> rows, const funnel& funnel, std::mt19937& random) {
  std::ranges::shuffle(rows, random);
  std::size_t split = random() % 2 == 0 ? 0 : random() % (rows.size() + 1);
  funnel_log other(std::pmr::get_default_resource());
  log.ask(funnel);
  other.ask(funnel);
  for (std::size_t i = 0; i < rows.size(); ++i) (i < split ? other : log).add(rows[i]);
  wire::writer out(std::pmr::get_default_resource());
  other.serialize(out);
  wire::reader in({out.data(), out.size()}, "state");
  funnel_log arrived(std::pmr::get_default_resource());
  arrived.deserialize(in);
  in.end();
  log.combine(arrived);
}

void expect_equal(const std::vector<step_row>& rows, const funnel& funnel, std::mt19937& random) {
  funnel_log log(std::pmr::get_default_resource());
  fill(log, rows, funnel, random);
  times expected = reference(rows, funnel);
  auto found = log.times(std::pmr::get_default_resource());
  std::string shown = rule_text(funnel.rule) + ", " + std::to_string(funnel.steps) + " steps, " +
                      std::to_string(funnel.exclusions) + " exclusions:";
  for (const step_row& row : rows)
    shown += " (" + std::to_string(row.ts) + ", " + std::to_string(row.steps) + ")";
  ASSERT_EQ(log.level(std::pmr::get_default_resource()), static_cast<int>(expected.size())) << shown;
  ASSERT_EQ(times(found.begin(), found.end()), expected) << shown;
}

funnel drawn_funnel(std::mt19937& random) {
  auto maybe = [&] { return random() % 3 == 0; };
  funnel funnel;
  funnel.steps = 1 + static_cast<int>(random() % 4);
  if (maybe() && funnel.steps > 1) funnel.exclusions = maybe() ? 1 : funnel.steps - 1;
  funnel_rule& rule = funnel.rule;
  rule.within = 1 + static_cast<std::int64_t>(random() % 12);
  rule.strict_order = maybe();
  rule.strict_once = !maybe();
  rule.strict_increase = maybe();
  rule.strict_deduplication = maybe();
  rule.reentry = rule.strict_order && maybe();
  return funnel;
}

TEST(funnel, equals_its_definition) {
  std::mt19937 random(19);
  for (int round = 0; round < 60000; ++round) {
    funnel funnel = drawn_funnel(random);
    int kinds = static_cast<int>(random() % 3);  // one condition a row, few, many
    std::int64_t span = 1 + static_cast<std::int64_t>(random() % 12);
    std::vector<step_row> rows(random() % 8);
    for (step_row& row : rows) {
      row.ts = static_cast<std::int64_t>(random()) % span;
      row.steps = kinds == 0 ? (std::uint64_t{1} << random() % funnel.conditions()) & -(random() % 8 > 0)
                             : random() & random() & (kinds == 1 ? random() : ~0U);
      row.steps &= bits(0, funnel.conditions());
    }
    expect_equal(rows, funnel, random);
    if (HasFatalFailure()) return;
  }
}

TEST(funnel, rows_of_one_instant_lead_as_far_as_they_can) {
  std::mt19937 random(20);
  for (int round = 0; round < 20000; ++round) {
    funnel funnel = drawn_funnel(random);
    funnel.steps = 5;
    funnel.exclusions = 0;
    std::vector<step_row> rows(random() % 7);
    for (step_row& row : rows) row = {static_cast<std::int64_t>(random() % 2), random() & random() & 31};
    expect_equal(rows, funnel, random);
    if (HasFatalFailure()) return;
  }
}

TEST(funnel, all_64_conditions) {
  std::mt19937 random(21);
  for (int exclusions : {0, 1, 31}) {
    funnel funnel;
    funnel.exclusions = exclusions;
    funnel.steps = exclusions == 31 ? 32 : 64 - exclusions;
    funnel.rule.within = 1000;
    std::vector<step_row> rows;
    for (int step = 0; step < funnel.steps; ++step) rows.push_back({step, std::uint64_t{1} << step});
    funnel_log log(std::pmr::get_default_resource());
    fill(log, rows, funnel, random);
    EXPECT_EQ(log.level(std::pmr::get_default_resource()), funnel.steps);
    EXPECT_EQ(log.times(std::pmr::get_default_resource()).back(), funnel.steps - 1);
    funnel_log at_once(std::pmr::get_default_resource());
    for (step_row& row : rows) row.ts = 5;
    fill(at_once, rows, funnel, random);
    EXPECT_EQ(at_once.level(std::pmr::get_default_resource()), funnel.steps);
  }
}

TEST(funnel, infinity_is_at_no_distance_from_itself) {
  using limits = std::numeric_limits<std::int64_t>;
  std::mt19937 random(22);
  funnel funnel;
  funnel.steps = 2;
  funnel.rule.within = limits::max();
  expect_equal({{limits::min(), 1}, {0, 2}}, funnel, random);
  expect_equal({{limits::min(), 1}, {limits::min(), 2}}, funnel, random);
  expect_equal({{0, 1}, {limits::max(), 2}}, funnel, random);
  expect_equal({{limits::max(), 1}, {limits::max(), 2}}, funnel, random);
  expect_equal({{limits::min() + 1, 1}, {0, 2}}, funnel, random);
}

TEST(funnel, states_are_read_as_hostile) {
  funnel_log log(std::pmr::get_default_resource());
  funnel funnel;
  funnel.steps = 3;
  funnel.exclusions = 2;
  funnel.rule.within = 77;
  log.ask(funnel);
  for (int i = 0; i < 20; ++i) log.add({i * i, static_cast<std::uint64_t>(i)});
  wire::writer out(std::pmr::get_default_resource());
  log.serialize(out);
  std::string bytes(out.data(), out.size());
  std::mt19937 random(23);
  auto read = [](const std::string& hostile) {
    wire::reader in(hostile, "state");
    funnel_log state(std::pmr::get_default_resource());
    state.deserialize(in);
    in.end();
    wire::writer again(std::pmr::get_default_resource());
    state.serialize(again);
    EXPECT_EQ(std::string(again.data(), again.size()), hostile) << "one form for each state";
    EXPECT_EQ(state.times(std::pmr::get_default_resource()).size(),
              static_cast<std::size_t>(state.level(std::pmr::get_default_resource())));
  };
  read(bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THROW(read(bytes.substr(0, length)), error);
  EXPECT_THROW(read(bytes + '\0'), error);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string hostile = bytes;
    for (std::size_t i = random() % 3 + 1; i-- > 0;)
      hostile[random() % hostile.size()] = static_cast<char>(random());
    try {
      read(hostile);
    } catch (const error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(funnel_rule, text_and_bytes) {
  std::mt19937 random(24);
  for (int round = 0; round < 200; ++round) {
    funnel_rule rule = drawn_funnel(random).rule;
    wire::writer out(std::pmr::get_default_resource());
    write(out, rule);
    wire::reader in({out.data(), out.size()}, "rule");
    EXPECT_EQ(read_rule(in), rule);
    std::string text = rule_text(rule);
    funnel_rule read;
    read.within = rule.within;
    read_options(std::string_view(text).substr(std::min(text.find(','), text.size())), read);
    EXPECT_EQ(read, rule) << text;
  }
}

}  // namespace
