// What the models on paths have in common.
#pragma once

#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/exact_sum.hpp"
#include "base/name_table.hpp"

namespace journey::attribution {

/// The channels of the touches before a conversion, or of a journey without one, in time order.
using path = std::span<const std::string_view>;

/// Reads the byte that a state begins with.
inline void check_version(wire::reader& in, std::uint8_t known) {
  if (in.fixed<std::uint8_t>() != known) in.fail("its version is unknown");
}

/// What came of the journeys along one path.
struct results {
  double conversions;
  double value;
  double nulls;  // journeys that did not convert

  /// Refuses what is negative (but for the value) or not finite.
  void check() const;
};

/// Conversions and their value, added up exactly.
struct exact_results {
  explicit exact_results(std::pmr::memory_resource* memory) : conversions(memory), value(memory) {}

  void add(const results& more) {
    conversions.add(more.conversions);
    value.add(more.value);
  }
  void add(const exact_results& more) {
    conversions.add(more.conversions);
    value.add(more.value);
  }
  void serialize(wire::writer& out) const {
    conversions.serialize(out);
    value.serialize(out);
  }
  void deserialize(wire::reader& in) {
    conversions.deserialize(in);
    value.deserialize(in);
  }

  exact_sum conversions;
  exact_sum value;
};

/// As many empty ones.
std::pmr::vector<exact_results> empty_results(std::size_t count, std::pmr::memory_resource* memory);

/// What a model credits to one channel.
struct channel_credit {
  std::string_view channel;
  std::optional<double> removal_effect;
  double conversions;
  double value;
};

/// Stands for the channel of conversions without a touch.
inline constexpr std::string_view unattributed = "(unattributed)";

/// Credits by channel, in bytewise order of the names, with what is unattributed last.
using channel_credits = std::pmr::vector<channel_credit>;

/// Adds the row of what is unattributed, if anything is.
void add_unattributed(channel_credits& credits, const exact_results& rest);

/// The credits of all channels, given by their numbers, and of the rest.
channel_credits by_name(const name_table& channels, std::span<const exact_results> parts,
                        const exact_results& rest, std::pmr::memory_resource* memory);

}  // namespace journey::attribution
