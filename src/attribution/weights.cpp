#include "attribution/weights.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "attribution/paths.hpp"
#include "base/error.hpp"

namespace journey::attribution {
namespace {

constexpr std::string_view model_names[] = {
    "first",     "last",   "first_non_direct", "last_non_direct", "first_paid",
    "last_paid", "linear", "linear_unique",    "position_based",  "time_decay"};

constexpr auto infinity = std::numeric_limits<std::int64_t>::max();
constexpr auto minus_infinity = std::numeric_limits<std::int64_t>::min();

using counted = std::pmr::vector<std::size_t>;  // the candidates that count, by index, in time order

counted counting(std::span<const candidate> candidates, const window& when,
                 std::pmr::memory_resource* memory) {
  auto first = std::ranges::lower_bound(candidates, when.since, {}, &candidate::touched_at);
  auto end = std::ranges::upper_bound(candidates, when.until, {}, &candidate::touched_at);
  counted result(memory);
  for (touch_class wanted : {touch_class::regular, touch_class::optional}) {
    for (auto at = first; at < end; ++at)
      if (at->standing == wanted) result.push_back(static_cast<std::size_t>(at - candidates.begin()));
    if (!result.empty()) break;
  }
  return result;
}

/// The weights of the touches that count, before they are made to add up to 1; all 0 where none is credited.
class weighing {
 public:
  weighing(std::span<const candidate> candidates, const counted& touches)
      : candidates_(candidates), touches_(touches), weights_(touches.size(), 0.0, touches.get_allocator()) {}

  const std::pmr::vector<double>& by(const rule& rule) {
    auto non_direct = [](const candidate& touch) { return !touch.direct; };
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
        by_position(rule.first_weight, rule.last_weight);
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
    names channels(touches_.get_allocator());
    for (std::size_t i = 0; i < touches_.size(); ++i) channels.push_back(touch(i).channel);
    auto firsts = first_equals(channels, channels.get_allocator().resource());
    for (std::size_t i = 0; i < firsts.size(); ++i)
      if (firsts[i] == i) credit(i);
  }

  /// What the first and the last weight leave over goes to the touches between. Of two touches each takes
  /// half of it, one touch takes everything.
  void by_position(double first, double last) {
    double rest = std::max(0.0, 1 - first - last);
    std::size_t count = weights_.size();
    if (count == 1) {
      weights_.front() = 1;
    } else if (count == 2) {
      weights_.front() = first + rest / 2;
      weights_.back() = last + rest / 2;
    } else {
      std::ranges::fill(weights_, rest / static_cast<double>(count - 2));
      weights_.front() = first;
      weights_.back() = last;
    }
  }

  /// 2^(-age / half_life), the age counted from the youngest touch: the same shares as from the conversion,
  /// and the youngest weighs 1 however old all are.
  void by_age(double half_life) {
    auto youngest = static_cast<std::uint64_t>(touch(touches_.size() - 1).touched_at);
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      std::uint64_t age = youngest - static_cast<std::uint64_t>(touch(i).touched_at);
      weights_[i] = std::exp2(-static_cast<double>(age) / half_life);
    }
  }

  std::span<const candidate> candidates_;
  const counted& touches_;
  std::pmr::vector<double> weights_;
};

}  // namespace

model model_named(std::string_view name) {
  auto found = std::ranges::find(model_names, name);
  if (found == std::end(model_names))
    throw error(sqlstate::invalid_parameter_value, "unknown attribution model " + quoted(name));
  return static_cast<model>(found - std::begin(model_names));
}

bool asks_for_channels(model model) {
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
  for (auto [name, weight] : {std::pair("first_weight", first_weight), std::pair("last_weight", last_weight)})
    if (!(weight >= 0 && weight <= 1))
      throw error(sqlstate::invalid_parameter_value,
                  std::string(name) + " must be between 0 and 1: " + std::to_string(weight));
  if (first_weight + last_weight > 1 + 1e-9)  // such as 0.35 + 0.65, which may round to more than 1
    throw error(sqlstate::invalid_parameter_value,
                "first_weight and last_weight must not be more than 1 together: " +
                    std::to_string(first_weight) + " and " + std::to_string(last_weight),
                "What they leave over goes to the touches between the first and the last.");
}

window looking_back(std::int64_t converted_at, std::optional<std::int64_t> lookback) {
  if (!lookback) return {minus_infinity, converted_at};
  if (converted_at == infinity || converted_at == minus_infinity) return {converted_at, converted_at};
  std::int64_t since;
  if (__builtin_sub_overflow(converted_at, *lookback, &since)) since = minus_infinity;
  return {since, converted_at};
}

outcome attribute(const rule& rule, std::span<const candidate> candidates, const window& when,
                  std::pmr::memory_resource* memory) {
  counted touches = counting(candidates, when, memory);
  outcome result{static_cast<std::int32_t>(touches.size()), std::pmr::vector<share>(memory)};
  if (touches.empty()) return result;
  weighing weighing(candidates, touches);
  const std::pmr::vector<double>& weights = weighing.by(rule);
  double sum = 0;
  for (double weight : weights) sum += weight;
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights[i] > 0)
      result.shares.push_back({touches[i], static_cast<std::int32_t>(i + 1), weights[i] / sum});
  return result;
}

}  // namespace journey::attribution
