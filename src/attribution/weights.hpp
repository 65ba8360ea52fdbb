// Rule-based attribution: from the touches before a conversion to the share that each of them earned.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/conversions.hpp"

namespace journey::attribution {

/// In the order of the SQL enum.
enum class model {
  first,
  last,
  first_non_direct,
  last_non_direct,
  first_paid,
  last_paid,
  linear,
  linear_unique,
  position_based,
  time_decay
};

/// The model of this name; an error for any other name.
model model_named(std::string_view name);

/// Which of several touches of one channel count; in the order of the SQL enum.
enum class collapse_kind { none, repeats, first, unique };

/// The kind of this name; an error for any other name.
collapse_kind collapse_named(std::string_view name);

/// A model with its parameters.
struct rule {
  attribution::model model = model::last;
  double half_life = 1;     // microseconds; of time_decay
  double first_weight = 0;  // of position_based
  double last_weight = 0;   // of position_based
  collapse_kind collapse = collapse_kind::none;
  std::span<const double> weights = {};  // in place of a model

  static constexpr std::size_t most_weights = 1000;

  /// Refuses weights that are negative, not finite, or more than 1 together, and weights beside a model.
  void check() const;

  /// Whether touches are told apart by their channels, not by their times alone.
  bool asks_for_channels() const;
};

/// An optional touch counts only where no regular one does, an excluded one never.
enum class touch_class : std::uint8_t { regular, optional, excluded };

/// What the models ask of a touch.
struct candidate {
  std::int64_t touched_at;
  std::optional<std::string_view> channel;
  bool direct;
  bool paid;
  touch_class standing;
};

/// The credit of one touch: which of the candidates, at which position among those that count, how much.
struct share {
  std::size_t candidate;
  std::int32_t position;
  double credit;
};

/// What became of a conversion: how many touches count, and the credits, in time order. They add up to 1 but
/// for rounding; there are none where the model finds no touch to credit.
struct outcome {
  std::int32_t touches;
  std::pmr::vector<share> shares;
};

/// Shares one conversion out among the candidates, which are in time order, ties broken.
///
/// By position, the first of the rule's weights belongs to the first touch, the last one to the last touch,
/// and those between to touches evenly spaced between; where there are fewer touches than weights, these are
/// picked in the same way. What they leave over of 1 goes to the other touches in equal parts, or to all
/// where there are no others.
outcome attribute(const rule& rule, std::span<const candidate> candidates, const window& when,
                  std::pmr::memory_resource* memory);

}  // namespace journey::attribution
