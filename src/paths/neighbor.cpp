#include "paths/neighbor.hpp"

namespace journey::paths {
namespace {

/// The place of the base, or that of no row.
std::size_t base_of(std::span<const event_row> rows, const neighbor& question) {
  const std::uint64_t base = question.base_bit(), match = base | 1;
  auto meets = [](const event_row& row, std::uint64_t wanted) { return (row.steps & wanted) == wanted; };
  const std::size_t none = rows.size();
  if (rows.empty()) return none;
  switch (question.base) {
    case base_event::first_match:
      for (std::size_t i = 0; i < rows.size(); ++i) {
        check_interrupts();
        if (meets(rows[i], match)) return i;
      }
      return none;
    case base_event::last_match:
      for (std::size_t i = rows.size(); i-- > 0;) {
        check_interrupts();
        if (meets(rows[i], match)) return i;
      }
      return none;
    case base_event::head:
      return meets(rows.front(), base) ? 0 : none;
    case base_event::tail:
      return meets(rows.back(), base) ? rows.size() - 1 : none;
  }
  return none;
}

}  // namespace

void neighbor::ask(const neighbor& question) {
  if (question == *this) return;
  if (steps != 0 && steps != question.steps)
    throw error(sqlstate::invalid_parameter_value,
                "the number of steps must be the same for all rows of a group: " + std::to_string(steps) +
                    ", then " + std::to_string(question.steps),
                "Let a step that does not apply be false.");
  if (steps != 0)
    throw error(sqlstate::invalid_parameter_value, "base_event must be the same for all rows of a group",
                "Give a value that does not depend on the row, or add what it depends on to GROUP BY.");
  *this = question;
}

void neighbor::serialize(wire::writer& out) const {
  out.fixed(steps);
  out.fixed(base);
}

void neighbor::deserialize(wire::reader& in) {
  steps = in.fixed<std::uint8_t>();
  if (steps < 1 || conditions() > most_steps) in.fail("its number of steps can't be");
  base = in.fixed<base_event>();
  if (base > last_base_event) in.fail("its base event is unknown");
}

const event_row* neighbor_of(std::span<const event_row> rows, const neighbor& question, direction direction) {
  std::size_t place = base_of(rows, question);
  for (int step = 0; step < question.steps; ++step) {
    if (place >= rows.size() || (rows[place].steps >> step & 1) == 0) return nullptr;
    place += direction == direction::next ? 1 : -1;  // before the first row: beyond all
  }
  return place < rows.size() ? &rows[place] : nullptr;
}

}  // namespace journey::paths
