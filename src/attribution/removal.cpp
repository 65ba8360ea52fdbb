#include "attribution/removal.hpp"

#include <algorithm>
#include <numeric>

#include "base/interrupts.hpp"

namespace journey::attribution {
namespace {

/// The flows among some states of the chain when nobody looks at the others: a walk that leaves these states
/// is followed until it is back, converts, or ends. Row 0 is start, row 1 + i the i-th state; column 0 is
/// conversion, column 1 null, column 2 + j the j-th state.
class censored_chain {
 public:
  censored_chain(const chain& whole, std::pmr::memory_resource* memory)
      : whole_(whole), states_(whole.states(), memory), cells_(memory) {
    for (std::size_t i = 0; i < states_.size(); ++i) states_[i] = static_cast<std::uint32_t>(i);
    allot();
    for (const flow& flow : whole.flows) {
      std::size_t row = flow.from == flow::start ? 0 : 1 + flow.from;
      std::size_t column = flow.to == flow::conversion ? 0 : flow.to == flow::null ? 1 : 2 + flow.to;
      at(row)[column] += flow.weight;
    }
  }

  /// The effects of the channels from `first` up to `end`, to none of which the other states belong.
  void effects(std::uint32_t first, std::uint32_t end, std::span<double> results) && {
    if (end - first == 1) {
      results[first] = std::move(*this).share_through();
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
    width_ = states_.size() + 2;
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
      out[state - first] = std::accumulate(leaving, leaving + 2 + state, 0.0);
      for (std::size_t other = first; other < state; ++other) {
        double share = ratio(at(1 + other)[2 + state], out[state - first]);
        for (std::size_t j = 0; j < 2 + state; ++j) at(1 + other)[j] += share * leaving[j];
      }
    }
    for (std::size_t i = 0; i < 1 + first; ++i) {
      double* row = at(i);
      double shares[panel] = {};
      const double* leaving[panel];
      std::ranges::fill(leaving, row);  // of no share
      for (std::size_t state = end; state-- > first;) {
        double in = row[2 + state];
        for (std::size_t later = state + 1; later < end; ++later)
          in += shares[later - first] * at(1 + later)[2 + state];
        shares[state - first] = ratio(in, out[state - first]);
        leaving[state - first] = at(1 + state);
      }
      if (std::ranges::all_of(shares, [](double share) { return share == 0; })) continue;
      add(row, 2 + first, shares, leaving);
      check_interrupts();
    }
  }

  /// No flow into a state that none leaves: no walk ends there.
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

    std::pmr::vector<std::uint32_t> states(memory);
    for (std::uint32_t i : order) states.push_back(states_[i]);
    censored_chain sorted(*this, std::move(states));
    for (std::size_t i = 0; i <= order.size(); ++i) {
      const double* from = i == 0 ? at(0) : at(1 + order[i - 1]);
      double* to = sorted.at(i);
      to[0] = from[0];
      to[1] = from[1];
      for (std::size_t j = 0; j < order.size(); ++j) to[2 + j] = from[2 + order[j]];
    }
    sorted.censor(static_cast<std::size_t>(kept));

    censored_chain result(sorted, {sorted.states_.begin(), sorted.states_.begin() + kept, memory});
    for (std::size_t i = 0; i <= result.states_.size(); ++i)
      std::copy_n(sorted.at(i), result.width_, result.at(i));
    return result;
  }

  /// The share of converting walks that pass through any of the states left.
  double share_through() && {
    double past = at(0)[0];
    at(0)[0] = 0;
    censor(0);
    double through = at(0)[0];
    return through / (past + through);
  }

  const chain& whole_;
  std::pmr::vector<std::uint32_t> states_;
  std::pmr::vector<double> cells_;
  std::size_t width_ = 0;
};

}  // namespace

std::pmr::vector<double> removal_effects(const chain& chain, std::pmr::memory_resource* memory) {
  std::pmr::vector<double> results(chain.channels, 0.0, memory);
  if (chain.channels > 0)
    censored_chain(chain, memory).effects(0, static_cast<std::uint32_t>(chain.channels), results);
  return results;
}

}  // namespace journey::attribution
