// Neighbours: the row next to a chain of rows.
#pragma once

#include "paths/event_log.hpp"

namespace journey::paths {

/// Which row a chain begins with, of those that may be its base.
enum class base_event : std::uint8_t {
  first_match,  // the first that meets the first step
  last_match,   // the last that does
  head,         // the first row of all
  tail,         // the last row of all
};
inline constexpr base_event last_base_event = base_event::tail;

enum class direction { next, previous };

/// A question to the rows of one visitor. The bits of a row are its steps and, behind them, whether it may be
/// the base.
struct neighbor {
  std::uint8_t steps = 0;  // 0 while nothing has been asked
  base_event base = base_event::first_match;

  int conditions() const { return steps + 1; }
  std::uint64_t base_bit() const { return std::uint64_t{1} << steps; }
  bool operator==(const neighbor&) const = default;

  /// An error where another question was asked before.
  void ask(const neighbor& question);

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);
};

/// The row next to the chain of rows, one directly after the other (or before it), that begins at the base
/// and meets one step each; null where there is no such chain, or no row next to it.
const event_row* neighbor_of(std::span<const event_row> rows, const neighbor& question, direction direction);

}  // namespace journey::paths
