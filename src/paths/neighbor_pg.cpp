// SQL entry points of neighbours.
#include "paths/neighbor.hpp"
#include "paths/steps_pg.hpp"
#include "paths/values_pg.hpp"

using namespace journey;
using namespace journey::paths;

namespace {

/// Takes a row: its value, time and base condition in arguments 1 to 3, the steps in the last.
Datum add_neighbor(FunctionCallInfo fcinfo, base_event base, int position_of_steps) {
  if (PG_ARGISNULL(position_of_steps)) pg::null_argument("steps");
  conditions steps = read_conditions(PG_GETARG_DATUM(position_of_steps), "steps", most_steps - 1);
  neighbor question{static_cast<std::uint8_t>(steps.count), base};
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return add_value(fcinfo, question, nullptr);
  bool can_be_base = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
  step_row row{PG_GETARG_TIMESTAMPTZ(2), steps.met | (can_be_base ? question.base_bit() : 0)};
  return add_value(fcinfo, question, &row);
}

base_event read_base(Datum value) {
  std::string_view label = pg::enum_label(value);
  if (label == "first_match") return base_event::first_match;
  if (label == "last_match") return base_event::last_match;
  return label == "head" ? base_event::head : base_event::tail;
}

Datum answer(FunctionCallInfo fcinfo, direction direction) {
  return chosen_value<neighbor>(fcinfo,
                                [direction](std::span<const event_row> rows, const neighbor& question) {
                                  return neighbor_of(rows, question, direction);
                                });
}

const pg::state_facts facts[] = {
    {"journey_next_event_add", 2, 1200, 16},
    {"journey_previous_event_add", 2, 1200, 16},
    {"journey_neighbor_base_add", 2, 1200, 16},
};

}  // namespace

JOURNEY_FUNCTION(next_event_add) { return add_neighbor(fcinfo, base_event::first_match, 4); }
JOURNEY_FUNCTION(previous_event_add) { return add_neighbor(fcinfo, base_event::last_match, 4); }
JOURNEY_FUNCTION(neighbor_base_add) {
  if (PG_ARGISNULL(4)) pg::null_argument("base_event");
  return add_neighbor(fcinfo, read_base(PG_GETARG_DATUM(4)), 5);
}
JOURNEY_VALUES_AGGREGATE(neighbor, neighbor)

JOURNEY_FUNCTION(next_event_final) { return answer(fcinfo, direction::next); }
JOURNEY_FUNCTION(previous_event_final) { return answer(fcinfo, direction::previous); }
