#include "attribution/weights.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <functional>
#include <string>

#include "attribution/paths.hpp"
#include "base/error.hpp"
#include "base/interrupts.hpp"

namespace journey::attribution {
namespace {

constexpr std::string_view model_names[] = {
    "first",     "last",   "first_non_direct", "last_non_direct", "first_paid",
    "last_paid", "linear", "linear_unique",    "position_based",  "time_decay"};

constexpr std::string_view collapse_names[] = {"none", "repeats", "first", "unique"};

using counted = std::pmr::vector<std::size_t>;  // the candidates that count, by index, in time order

counted counting(std::span<const candidate> candidates, const window& when,
                 std::pmr::memory_resource* memory) {
  auto first = std::ranges::lower_bound(candidates, when.since, {}, &candidate::touched_at);
  auto end = std::ranges::upper_bound(candidates, when.until, {}, &candidate::touched_at);
  counted result(memory);
  for (touch_class wanted : {touch_class::regular, touch_class::optional}) {
    for (auto at = first; at < end; ++at) {
      check_interrupts();
      if (at->standing == wanted) result.push_back(static_cast<std::size_t>(at - candidates.begin()));
    }
    if (!result.empty()) break;
  }
  return result;
}

/// For each touch the first one of its channel.
counted first_of_channel(std::span<const candidate> candidates, const counted& touches) {
  names channels(touches.get_allocator());
  for (std::size_t touch : touches) channels.push_back(candidates[touch].channel);
  return first_equals(channels, channels.get_allocator().resource());
}

void collapse(counted& touches, std::span<const candidate> candidates, collapse_kind kind) {
  if (kind == collapse_kind::repeats) {
    auto repeats = [&](std::size_t a, std::size_t b) {
      check_interrupts();
      return candidates[a].channel == candidates[b].channel;
    };
    touches.erase(std::unique(touches.begin(), touches.end(), repeats), touches.end());
  } else if (kind == collapse_kind::first) {
    counted firsts = first_of_channel(candidates, touches);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < firsts.size(); ++i)
      if (firsts[i] == i) touches[kept++] = touches[i];
    touches.resize(kept);
  }
}

/// The weights of the touches that count, before they are made to add up to 1; all 0 where none is credited.
class weighing {
 public:
  weighing(std::span<const candidate> candidates, const counted& touches)
      : candidates_(candidates), touches_(touches), weights_(touches.size(), 0.0, touches.get_allocator()) {}

  const std::pmr::vector<double>& by(const rule& rule) {
    auto non_direct = [](const candidate& touch) { return !touch.direct; };
    if (!rule.weights.empty()) {
      by_position(rule.weights);
      return weights_;
    }
    switch (rule.model) {
      case model::first:
        weights_.front() = 1;
        break;
      case model::last:
        weights_.back() = 1;
        break;
      case model::first_non_direct:
        if (!first_that(non_direct)) weights_.front() = 1;
        break;
      case model::last_non_direct:
        if (!last_that(non_direct)) weights_.back() = 1;
        break;
      case model::first_paid:
        first_that(&candidate::paid);
        break;
      case model::last_paid:
        last_that(&candidate::paid);
        break;
      case model::linear:
        std::ranges::fill(weights_, 1.0);
        break;
      case model::linear_unique:
        first_of_each_channel();
        break;
      case model::position_based:
        by_position(std::array{rule.first_weight, rule.last_weight});
        break;
      case model::time_decay:
        by_age(rule.half_life);
        break;
    }
    return weights_;
  }

 private:
  const candidate& touch(std::size_t i) const { return candidates_[touches_[i]]; }

  template <class Predicate>
  bool first_that(Predicate predicate) {
    for (std::size_t i = 0; i < touches_.size(); ++i)
      if (std::invoke(predicate, touch(i))) return credit(i);
    return false;
  }

  template <class Predicate>
  bool last_that(Predicate predicate) {
    for (std::size_t i = touches_.size(); i-- > 0;)
      if (std::invoke(predicate, touch(i))) return credit(i);
    return false;
  }

  bool credit(std::size_t i) {
    weights_[i] = 1;
    return true;
  }

  void first_of_each_channel() {
    counted firsts = first_of_channel(candidates_, touches_);
    for (std::size_t i = 0; i < firsts.size(); ++i)
      if (firsts[i] == i) credit(i);
  }

  /// The place of the i-th of some among more that are evenly spaced, ends at the ends, halves rounded up.
  static std::size_t spaced(std::size_t i, std::size_t some, std::size_t more) {
    return some == 1 ? 0 : (2 * i * (more - 1) + some - 1) / (2 * (some - 1));
  }

  void by_position(std::span<const double> own) {
    std::size_t count = weights_.size();
    std::size_t given = std::min(count, own.size());
    double rest = 1;
    for (std::size_t i = 0; i < given; ++i) {
      double weight = own[spaced(i, given, own.size())];
      weights_[spaced(i, given, count)] = weight;
      rest -= weight;
    }
    if (rest <= 0) return;
    bool others = given < count;
    double part = rest / static_cast<double>(others ? count - given : count);
    std::size_t next = 0;  // of those with a weight of their own
    for (std::size_t i = 0; i < count; ++i) {
      check_interrupts();
      bool own_weight = next < given && spaced(next, given, count) == i;
      next += own_weight;
      if (!own_weight || !others) weights_[i] += part;
    }
  }

  /// 2^(-age / half_life), the age counted from the youngest touch: the same shares as from the conversion,
  /// and the youngest weighs 1 however old all are.
  void by_age(double half_life) {
    auto youngest = static_cast<std::uint64_t>(touch(touches_.size() - 1).touched_at);
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      check_interrupts();
      std::uint64_t age = youngest - static_cast<std::uint64_t>(touch(i).touched_at);
      weights_[i] = std::exp2(-static_cast<double>(age) / half_life);
    }
  }

  std::span<const candidate> candidates_;
  const counted& touches_;
  std::pmr::vector<double> weights_;
};

/// The value of this name; an error for any other name.
template <class Value, std::size_t Count>
Value named(const std::string_view (&names)[Count], const char* what, std::string_view name) {
  auto found = std::ranges::find(names, name);
  if (found == std::end(names))
    throw error(sqlstate::invalid_parameter_value, std::string("unknown ") + what + ' ' + quoted(name));
  return static_cast<Value>(found - std::begin(names));
}

void check_weight(const char* argument, double weight) {
  if (!(weight >= 0 && weight <= 1))
    throw error(sqlstate::invalid_parameter_value,
                std::string(argument) + " must be between 0 and 1: " + std::to_string(weight));
}

/// Whether credits add up to 1, or there are none.
[[maybe_unused]] bool add_up(std::span<const share> shares) {
  double sum = 0;
  for (const share& share : shares) sum += share.credit;
  return shares.empty() || std::abs(sum - 1) < 1e-9;
}

bool more_than_one(double sum) {
  return sum > 1 + 1e-9;  // such as 0.35 + 0.65, which may round to more than 1
}

}  // namespace

model model_named(std::string_view name) { return named<model>(model_names, "attribution model", name); }

collapse_kind collapse_named(std::string_view name) {
  return named<collapse_kind>(collapse_names, "kind of collapse", name);
}

bool rule::asks_for_channels() const {
  if (collapse == collapse_kind::repeats || collapse == collapse_kind::first) return true;
  switch (model) {
    case model::first_non_direct:
    case model::last_non_direct:
    case model::first_paid:
    case model::last_paid:
    case model::linear_unique:
      return true;
    default:
      return false;
  }
}

void rule::check() const {
  check_weight("first_weight", first_weight);
  check_weight("last_weight", last_weight);
  if (more_than_one(first_weight + last_weight))
    throw error(sqlstate::invalid_parameter_value,
                "first_weight and last_weight must not be more than 1 together: " +
                    std::to_string(first_weight) + " and " + std::to_string(last_weight),
                "What they leave over goes to the touches between the first and the last.");
  if (weights.empty()) return;
  if (weights.size() > most_weights)
    throw error(sqlstate::program_limit_exceeded, "weights must be at most " + std::to_string(most_weights) +
                                                      ", not " + std::to_string(weights.size()));
  double sum = 0;
  for (double weight : weights) {
    check_weight("weights", weight);
    sum += weight;
  }
  if (more_than_one(sum))
    throw error(sqlstate::invalid_parameter_value,
                "weights must not be more than 1 together: " + std::to_string(sum),
                "What they leave over goes to the touches that have none.");
  if (model != model::position_based && model != rule().model)
    throw error(
        sqlstate::invalid_parameter_value,
        "weights can't be given with model " + std::string(model_names[static_cast<std::size_t>(model)]),
        "Leave the model out: weights say by themselves what each position earns.");
}

outcome attribute(const rule& rule, std::span<const candidate> candidates, const window& when,
                  std::pmr::memory_resource* memory) {
  assert(std::ranges::is_sorted(candidates, {}, &candidate::touched_at));
  counted touches = counting(candidates, when, memory);
  collapse(touches, candidates, rule.collapse);
  outcome result{static_cast<std::int32_t>(touches.size()), std::pmr::vector<share>(memory)};
  if (touches.empty()) return result;
  weighing weighing(candidates, touches);
  const std::pmr::vector<double>& weights = weighing.by(rule);
  double sum = 0;
  for (double weight : weights) sum += weight;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    check_interrupts();
    if (weights[i] > 0)
      result.shares.push_back({touches[i], static_cast<std::int32_t>(i + 1), weights[i] / sum});
  }
  assert(add_up(result.shares));
  return result;
}

}  // namespace journey::attribution
