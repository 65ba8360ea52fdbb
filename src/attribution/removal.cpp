#include "attribution/removal.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/interrupts.hpp"

namespace journey::attribution {
namespace {

/// The flows among some states of the chain when nobody looks at the others: a walk that leaves these states
/// is followed until it is back, converts, or ends. Row 0 is start, row 1 + i the i-th state. The columns are
/// the ends of walks, then the states; before them stands what a walk that leaves the row's state earns on
/// its way out, which is carried along and is no flow.
class censored_chain {
  enum column : std::size_t { gains, losses, conversion, null, first_state };
  static constexpr std::size_t first_flow = conversion;

 public:
  censored_chain(const chain& whole, std::pmr::memory_resource* memory)
      : whole_(whole), states_(whole.states(), memory), cells_(memory) {
    for (std::size_t i = 0; i < states_.size(); ++i) states_[i] = static_cast<std::uint32_t>(i);
    allot();
    for (const flow& flow : whole.flows) {
      check_interrupts();
      std::size_t row = flow.from == flow::start ? 0 : 1 + flow.from;
      std::size_t to = flow.to == flow::conversion ? conversion
                       : flow.to == flow::null     ? null
                                                   : first_state + flow.to;
      at(row)[to] += flow.weight;
    }
    for (std::size_t i = 0; i < states_.size(); ++i)
      at(1 + i)[whole.values[i] < 0 ? losses : gains] = std::abs(whole.values[i]);
  }

  /// The effects of the channels from `first` up to `end`, to none of which the other states belong.
  void effects(std::uint32_t first, std::uint32_t end, std::span<removal_effect> results) && {
    if (end - first == 1) {
      results[first] = std::move(*this).effect();
      return;
    }
    std::uint32_t middle = first + (end - first) / 2;
    censored_to(first, middle).effects(first, middle, results);
    censored_to(middle, end).effects(middle, end, results);
  }

 private:
  static constexpr std::size_t panel = 8;

  censored_chain(const censored_chain& from, std::pmr::vector<std::uint32_t> states)
      : whole_(from.whole_), states_(std::move(states)), cells_(states_.get_allocator()) {
    allot();
  }

  void allot() {
    width_ = first_state + states_.size();
    cells_.assign((states_.size() + 1) * width_, 0.0);
  }

  double* at(std::size_t row) { return cells_.data() + row * width_; }
  const double* at(std::size_t row) const { return cells_.data() + row * width_; }

  bool belongs(std::uint32_t state, std::uint32_t first, std::uint32_t end) const {
    auto channels = whole_.channels_of_states.subspan(state * whole_.order, whole_.order);
    return std::ranges::any_of(channels, [=](std::uint32_t c) { return first <= c && c < end; });
  }

  /// Takes out all but the first `kept` states, from the last one down, some at a time.
  void censor(std::size_t kept) {
    for (std::size_t end = states_.size(); end > kept;) {
      std::size_t first = end - std::min(panel, end - kept);
      censor_panel(first, end);
      end = first;
    }
  }

  /// Takes out the states from `first` up to `end`, the last ones left. To take out a state is to send each
  /// flow into it on to where it goes from there; its loops only take time. Other rows meet all these states
  /// in one pass.
  void censor_panel(std::size_t first, std::size_t end) {
    double out[panel];  // all flow out of each state, when those after it are gone
    for (std::size_t state = end; state-- > first;) {
      const double* leaving = at(1 + state);
      out[state - first] = std::accumulate(leaving + first_flow, leaving + first_state + state, 0.0);
      for (std::size_t other = first; other < state; ++other) {
        double share = ratio(at(1 + other)[first_state + state], out[state - first]);
        for (std::size_t j = 0; j < first_state + state; ++j) at(1 + other)[j] += share * leaving[j];
      }
    }
    for (std::size_t i = 0; i < 1 + first; ++i) {
      double* row = at(i);
      double shares[panel] = {};
      const double* leaving[panel];
      std::ranges::fill(leaving, row);  // of no share
      for (std::size_t state = end; state-- > first;) {
        double in = row[first_state + state];
        for (std::size_t later = state + 1; later < end; ++later)
          in += shares[later - first] * at(1 + later)[first_state + state];
        shares[state - first] = ratio(in, out[state - first]);
        leaving[state - first] = at(1 + state);
      }
      if (std::ranges::all_of(shares, [](double share) { return share == 0; })) continue;
      add(row, first_state + first, shares, leaving);
      check_interrupts();
    }
  }

  /// 0 where there is nothing to divide by: nothing flows into a state that none leaves.
  static double ratio(double in, double out) { return out > 0 ? in / out : 0; }

  static void add(double* row, std::size_t columns, const double (&shares)[panel],
                  const double* const (&leaving)[panel]) {
    for (std::size_t j = 0; j < columns; ++j) {
      double sum = row[j];
      for (std::size_t state = 0; state < panel; ++state) sum += shares[state] * leaving[state][j];
      row[j] = sum;
    }
  }

  censored_chain censored_to(std::uint32_t first, std::uint32_t end) const {
    auto* memory = states_.get_allocator().resource();
    std::pmr::vector<std::uint32_t> order(memory);  // of places here: first those that stay
    for (std::uint32_t i = 0; i < states_.size(); ++i) order.push_back(i);
    auto leaving = std::stable_partition(order.begin(), order.end(),
                                         [&](std::uint32_t i) { return belongs(states_[i], first, end); });
    auto kept = leaving - order.begin();
    assert(
        std::all_of(leaving, order.end(), [&](std::uint32_t i) { return !belongs(states_[i], first, end); }));

    std::pmr::vector<std::uint32_t> states(memory);
    for (std::uint32_t i : order) states.push_back(states_[i]);
    censored_chain sorted(*this, std::move(states));
    for (std::size_t i = 0; i <= order.size(); ++i) {
      check_interrupts();
      const double* from = i == 0 ? at(0) : at(1 + order[i - 1]);
      double* to = sorted.at(i);
      std::copy_n(from, std::size_t{first_state}, to);
      for (std::size_t j = 0; j < order.size(); ++j) to[first_state + j] = from[first_state + order[j]];
    }
    sorted.censor(static_cast<std::size_t>(kept));

    censored_chain result(sorted, {sorted.states_.begin(), sorted.states_.begin() + kept, memory});
    for (std::size_t i = 0; i <= result.states_.size(); ++i) {
      check_interrupts();
      std::copy_n(sorted.at(i), result.width_, result.at(i));
    }
    return result;
  }

  /// The effect of the channel to which all states left belong: what comes to start when they are taken out,
  /// too, beside what comes past them.
  removal_effect effect() && {
    double past[first_state];
    for (std::size_t column = 0; column < first_state; ++column)
      past[column] = std::exchange(at(0)[column], 0);
    censor(0);
    auto share = [&](column column) {
      double through = at(0)[column];
      return ratio(through, past[column] + through);
    };
    return {share(conversion), share(gains), share(losses)};
  }

  const chain& whole_;
  std::pmr::vector<std::uint32_t> states_;
  std::pmr::vector<double> cells_;
  std::size_t width_ = 0;
};

}  // namespace

std::pmr::vector<removal_effect> removal_effects(const chain& chain, std::pmr::memory_resource* memory) {
  std::pmr::vector<removal_effect> results(chain.channels, memory);
  if (chain.channels > 0)
    censored_chain(chain, memory).effects(0, static_cast<std::uint32_t>(chain.channels), results);
  return results;
}

}  // namespace journey::attribution
