#include "paths/funnel.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/instant.hpp"
#include "base/interrupts.hpp"

namespace journey::paths {
namespace {

constexpr std::uint8_t version = 1;

/// Which steps the rows of one instant can serve, each row one: a matching of rows to a run of steps.
class instant_rows {
 public:
  instant_rows(std::span<const step_row> rows, std::uint64_t steps) {
    for (const step_row& row : rows) {
      check_interrupts();
      std::uint64_t met = row.steps & steps;
      bool wanted = false;
      for (std::uint64_t rest = met; rest != 0; rest &= rest - 1) {
        int step = std::countr_zero(rest);
        // Rows beyond as many as there are steps change nothing: one of these will be free.
        if (counts_[step] == most_steps) continue;
        rows_[step][counts_[step]++] = used_;
        wanted = true;
      }
      if (wanted) servants_[used_++] = nobody;
    }
  }

  /// For each step, the end of the longest run of steps from it on that different rows can serve.
  void runs(int steps, std::array<int, most_steps>& ends) {
    int end = 0;
    for (int first = 0; first < steps; ++first) {
      end = std::max(end, first);
      while (end < steps && serve(end)) ++end;
      ends[first] = end;
      if (end > first) servants_[servant_of_[first]] = nobody;  // the next run goes without this step
    }
  }

 private:
  static constexpr std::uint8_t nobody = UINT8_MAX;

  bool serve(int step) {
    std::uint64_t asked = 0;
    return serve(step, asked);
  }

  /// Finds a row for `step`, be it that others pass theirs on.
  bool serve(int step, std::uint64_t& asked) {
    asked |= std::uint64_t{1} << step;
    for (int i = 0; i < counts_[step]; ++i) {
      std::uint16_t row = rows_[step][i];
      std::uint8_t other = servants_[row];
      if (other != nobody && ((asked >> other & 1) != 0 || !serve(other, asked))) continue;
      servants_[row] = static_cast<std::uint8_t>(step);
      servant_of_[step] = row;
      return true;
    }
    return false;
  }

  std::array<std::array<std::uint16_t, most_steps>, most_steps> rows_;  // that meet each step
  std::array<int, most_steps> counts_{};
  std::array<std::uint8_t, most_steps * most_steps> servants_;  // the step that each row serves
  std::array<std::uint16_t, most_steps> servant_of_;
  std::uint16_t used_ = 0;
};

/// The longest chains, as instants pass by. Of the chains that end with a step, the one that starts last can
/// do whatever the others can, so one for each step is enough.
class chains {
 public:
  /// With memory for it, the times of the steps are kept, too.
  explicit chains(const funnel& funnel, std::pmr::memory_resource* memory = nullptr)
      : funnel_(funnel), times_(memory == nullptr ? std::pmr::get_default_resource() : memory) {
    if (memory != nullptr) times_.resize(std::size_t{1} * funnel.steps * funnel.steps);
  }

  /// Takes the rows of the next instant, of which only the given steps count.
  void advance(std::span<const step_row> rows, std::uint64_t steps) {
    std::int64_t ts = rows.front().ts;
    std::uint64_t met = 0;
    for (const step_row& row : rows) {
      check_interrupts();
      met |= row.steps;
    }
    added_ = 0;
    if ((met & steps) != 0) {
      offer_all(rows, met & steps, ts);
      take_offers(ts);
    }
    if (funnel_.exclusions > 0) alive_ &= ~excluded(met) | added_;
  }

  /// The length of the longest chain so far.
  int reached() const { return reached_; }
  /// Whether a chain of all steps ends at the last instant; its times, if they are kept.
  bool completed() const { return (added_ >> (funnel_.steps - 1) & 1) != 0; }
  std::span<const std::int64_t> times() const {
    return std::span(times_).last(static_cast<std::size_t>(funnel_.steps));
  }

 private:
  /// The gaps after which steps, by their places, the conditions in `met` exclude a row.
  std::uint64_t excluded(std::uint64_t met) const {
    std::uint64_t exclusions = met & bits(funnel_.steps, funnel_.conditions());
    if (exclusions == 0) return 0;
    if (funnel_.exclusions == 1) return bits(0, funnel_.steps - 1);
    return exclusions >> funnel_.steps;
  }

  /// Offers all that the chains so far can become with the rows of one instant. The chains of earlier steps
  /// start later, so the first offer for a step is the best.
  void offer_all(std::span<const step_row> rows, std::uint64_t met, std::int64_t ts) {
    std::array<int, most_steps> ends;
    if (funnel_.rule.strict_once && !funnel_.rule.strict_increase && rows.size() > 1)
      instant_rows(rows, met).runs(funnel_.steps, ends);
    else
      for (int step = funnel_.steps; step-- > 0;) ends[step] = run_end(met, step, ends);
    int offered = 0;
    for (std::uint64_t rest = met; rest != 0; rest &= rest - 1) {
      int first = std::countr_zero(rest);
      if (ends[first] <= offered || (first > 0 && !goes_on(first - 1, ts))) continue;
      for (int step = std::max(first, offered); step < ends[first]; ++step)
        offers_[step] = {first == 0 ? ts : starts_[first - 1], first};
      added_ |= bits(std::max(first, offered), ends[first]);
      offered = ends[first];
    }
  }

  int run_end(std::uint64_t met, int step, const std::array<int, most_steps>& ends) const {
    if ((met >> step & 1) == 0) return step;
    bool one_each = funnel_.rule.strict_once || funnel_.rule.strict_increase || step + 1 == funnel_.steps;
    return one_each ? step + 1 : ends[step + 1];
  }

  bool goes_on(int step, std::int64_t ts) const {
    return (alive_ >> step & 1) != 0 &&
           elapsed(starts_[step], ts) <= static_cast<std::uint64_t>(funnel_.rule.within);
  }

  /// From the last step to the first, since chains grow from those of earlier steps as they were. What is
  /// replaced never started later.
  void take_offers(std::int64_t ts) {
    if (added_ != 0) reached_ = std::max(reached_, most_steps - std::countl_zero(added_));
    alive_ |= added_;
    for (std::uint64_t rest = added_; rest != 0;) {
      int step = most_steps - 1 - std::countl_zero(rest);
      rest &= ~(std::uint64_t{1} << step);
      starts_[step] = offers_[step].start;
      if (!times_.empty()) keep_times(step, offers_[step].first, ts);
    }
  }

  void keep_times(int step, int first, std::int64_t ts) {
    std::int64_t* to = &times_[static_cast<std::size_t>(step) * funnel_.steps];
    if (first > 0) std::copy_n(&times_[static_cast<std::size_t>(first - 1) * funnel_.steps], first, to);
    std::fill(to + first, to + step + 1, ts);
  }

  struct offered {
    std::int64_t start;
    int first;  // step of the chain that is served at this instant
  };

  const funnel& funnel_;
  std::uint64_t alive_ = 0;  // the steps with which a chain ends that can go on
  std::uint64_t added_ = 0;  // the steps with which a chain ends at the last instant
  int reached_ = 0;
  std::array<std::int64_t, most_steps> starts_;  // of the chains that end with each step
  std::array<offered, most_steps> offers_;
  std::pmr::vector<std::int64_t> times_;  // of their steps, a row for each
};

/// How the rows of a funnel are read: which count, and for which steps.
class reading {
 public:
  explicit reading(const funnel& funnel) : funnel_(funnel) {}

  /// The steps that the rows of an instant may serve, where `reached` steps were reached before it.
  std::uint64_t steps(int reached) const {
    std::uint64_t all = bits(0, funnel_.steps);
    return funnel_.rule.strict_deduplication ? all & ~bits(1, reached) : all;
  }

  /// Whether one of the rows interrupts, where `before` steps were reached before its instant, and `reached`
  /// with it.
  bool interrupted(std::span<const step_row> rows, int before, int reached) const {
    const funnel_rule& rule = funnel_.rule;
    if (before == 0 || !(rule.strict_order || rule.strict_deduplication)) return false;
    for (const step_row& row : rows) {
      check_interrupts();
      std::uint64_t met = row.steps & bits(0, funnel_.steps);
      std::uint64_t served = met & steps(before);
      if (met != 0 && served == 0) return true;  // a repeat
      if (!rule.strict_order) continue;
      if (met == 0 || (!rule.reentry && std::countr_zero(served) > reached)) return true;
    }
    return false;
  }

 private:
  const funnel& funnel_;
};

/// The bits of a row for the first `level` steps, in reverse.
std::uint64_t mirrored(std::uint64_t met, const funnel& funnel, int level) {
  std::uint64_t result = 0;
  for (std::uint64_t rest = met & bits(0, level); rest != 0; rest &= rest - 1)
    result |= std::uint64_t{1} << (level - 1 - std::countr_zero(rest));
  if (funnel.exclusions == 0) return result;
  std::uint64_t exclusions = met >> funnel.steps;
  if (funnel.exclusions == 1) return result | exclusions << level;
  for (std::uint64_t rest = exclusions & bits(0, level - 1); rest != 0; rest &= rest - 1)
    result |= std::uint64_t{1} << (level + level - 2 - std::countr_zero(rest));
  return result;
}

}  // namespace

int funnel_level(std::span<const step_row> rows, const funnel& funnel) {
  chains chains(funnel);
  reading reading(funnel);
  each_instant(rows, [&](std::span<const step_row> instant) {
    int before = chains.reached();
    chains.advance(instant, reading.steps(before));
    return chains.reached() < funnel.steps && !reading.interrupted(instant, before, chains.reached());
  });
  return chains.reached();
}

std::pmr::vector<std::int64_t> funnel_times(std::span<const step_row> rows, const funnel& funnel,
                                            std::pmr::memory_resource* memory) {
  // Back through time, the chains that start last are those that end first: what can be served is read on the
  // way there, the times on the way back.
  std::pmr::vector<step_row> served(memory);
  int level = 0;
  {
    chains forth(funnel);
    reading reading(funnel);
    each_instant(rows, [&](std::span<const step_row> instant) {
      int before = forth.reached();
      std::uint64_t steps = reading.steps(before);
      forth.advance(instant, steps);
      for (const step_row& row : instant)
        served.push_back({row.ts, row.steps & (steps | ~bits(0, funnel.steps))});
      return !reading.interrupted(instant, before, forth.reached());
    });
    level = forth.reached();
  }
  std::pmr::vector<std::int64_t> times(memory);
  if (level == 0) return times;
  std::reverse(served.begin(), served.end());
  for (step_row& row : served) row = {~row.ts, mirrored(row.steps, funnel, level)};

  auto back_through = funnel;
  back_through.steps = level;
  if (funnel.exclusions > 1) back_through.exclusions = level - 1;
  chains back(back_through, memory);
  each_instant(std::span<const step_row>(served), [&](std::span<const step_row> instant) {
    back.advance(instant, bits(0, level));
    if (back.completed()) times.assign(back.times().rbegin(), back.times().rend());
    return true;
  });
  for (std::int64_t& ts : times) ts = ~ts;
  return times;
}

const event_row* event_after_funnel(std::span<const event_row> rows, const funnel& funnel,
                                    std::pmr::memory_resource* memory) {
  std::pmr::vector<step_row> steps(memory);
  for (const event_row& row : rows) {
    check_interrupts();
    if (funnel.counts(row.step())) steps.push_back(row.step());
  }
  auto times = funnel_times(steps, funnel, memory);
  if (times.empty()) return nullptr;
  for (const event_row& row : rows.subspan(static_cast<std::size_t>(
           std::ranges::upper_bound(rows, times.back(), {}, &event_row::ts) - rows.begin()))) {
    check_interrupts();
    if (row.name != name_table::none) return &row;
  }
  return nullptr;
}

void funnel::ask(const funnel& question) {
  if (question == *this) return;
  if (steps != 0) {
    if (question.steps != steps || question.exclusions != exclusions)
      throw error(sqlstate::invalid_parameter_value,
                  "the number of steps and exclusions must be the same for all rows of a group: " +
                      std::to_string(steps) + " and " + std::to_string(exclusions) + ", then " +
                      std::to_string(question.steps) + " and " + std::to_string(question.exclusions),
                  "Let a step that does not apply be false.");
    throw error(sqlstate::invalid_parameter_value,
                "the rule of a funnel must be the same for all rows of a group: " + rule_text(rule) +
                    ", then " + rule_text(question.rule),
                "Give a rule that does not depend on the row, or add what it depends on to GROUP BY.");
  }
  *this = question;
}

void funnel::serialize(wire::writer& out) const {
  out.fixed(steps);
  out.fixed(exclusions);
  write(out, rule);
}

void funnel::deserialize(wire::reader& in) {
  steps = in.fixed<std::uint8_t>();
  exclusions = in.fixed<std::uint8_t>();
  bool fits = steps > 0 && conditions() <= most_steps && (exclusions <= 1 || exclusions == steps - 1);
  if (!fits) in.fail("its numbers of steps and exclusions can't be");
  rule = read_rule(in);
}

void funnel_log::combine(const funnel_log& other) {
  if (other.funnel_.steps == 0) return;
  ask(other.funnel_);
  log_.combine(other.log_);
}

void funnel_log::serialize(wire::writer& out) const {
  out.fixed(version);
  funnel_.serialize(out);
  log_.serialize(out);
}

void funnel_log::deserialize(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  funnel_.deserialize(in);
  log_.deserialize(in, funnel_.conditions());
}

void keyed_funnel_log::combine(const keyed_funnel_log& other) {
  if (other.funnel_.steps == 0) return;
  ask(other.funnel_);
  log_.combine(other.log_);
}

int keyed_funnel_log::level(std::pmr::memory_resource* memory) const {
  auto rows = log_.rows_as_added(memory);
  sort(rows, [](const event_row& left, const event_row& right) {
    return left.name != right.name ? left.name < right.name : comes_before(left.step(), right.step());
  });
  std::pmr::vector<step_row> steps(memory);
  int level = 0;
  for (std::size_t i = 0; i < rows.size() && level < funnel_.steps; ++i) {
    check_interrupts();
    steps.push_back(rows[i].step());
    if (i + 1 < rows.size() && rows[i + 1].name == rows[i].name) continue;
    level = std::max(level, funnel_level(steps, funnel_));
    steps.clear();
  }
  return level;
}

void keyed_funnel_log::serialize(wire::writer& out) const {
  out.fixed(version);
  funnel_.serialize(out);
  log_.serialize(out);
}

void keyed_funnel_log::deserialize(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  funnel_.deserialize(in);
  log_.deserialize(in, funnel_.conditions());
}

}  // namespace journey::paths
