// SQL entry points of sequences.
#include "paths/sequence.hpp"
#include "paths/steps_pg.hpp"
#include "pg/aggregate.hpp"
#include "pg/context.hpp"

using namespace journey;
using namespace journey::paths;

namespace {

/// A duration in a pattern: anything that an interval may be; a bare number is seconds.
std::int64_t pattern_duration(std::string_view text) {
  auto show_form = [](void*) {
    errhint("A time in a pattern reads (?t<=90), for seconds, or (?t<=1 hour).");
  };
  Datum interval = pg::in_context(show_form, nullptr, [text] {
    return DirectFunctionCall3(interval_in, CStringGetDatum(pnstrdup(text.data(), text.size())),
                               ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
  });
  return pg::duration(DatumGetIntervalP(interval), "a duration");
}

/// Takes a row: the pattern and the options in arguments 1 and on, then, from `position` on, the time and the
/// conditions.
Datum add_row(FunctionCallInfo fcinfo, bool overlapping, int position) {
  auto& state = pg::group_state<sequence_log>(fcinfo);
  if (PG_ARGISNULL(1)) pg::null_argument("pattern");
  if (PG_ARGISNULL(position + 1)) pg::null_argument("conditions");
  conditions conditions = read_conditions(PG_GETARG_DATUM(position + 1), "conditions");
  std::string_view pattern = pg::text_argument(fcinfo, 1);
  if (state.ask(pattern, overlapping, conditions.count))
    sequence_pattern(pattern, conditions.count,
                     pattern_duration);  // whose errors should not wait for the end
  if (!PG_ARGISNULL(position)) state.add({PG_GETARG_TIMESTAMPTZ(position), conditions.met});
  PG_RETURN_POINTER(&state);
}

/// Hands the matches of the state in argument 0 to `answer`, or returns `none` where there was no row.
template <class Answer>
Datum answer(FunctionCallInfo fcinfo, Datum none, Answer answer) {
  const auto* state = pg::state_argument<sequence_log>(fcinfo);
  if (state == nullptr) return none;
  sequence_pattern pattern(state->pattern(), state->conditions(), pattern_duration);
  auto rows = state->rows(pg::call_memory());
  return answer(*state, sequence_matches(rows, pattern, pg::call_memory()));
}

const pg::state_facts facts[] = {
    {"journey_sequence_add", 2, 240, 10},
    {"journey_sequence_overlapping_add", 3, 240, 10},
};

}  // namespace

JOURNEY_FUNCTION(sequence_add) { return add_row(fcinfo, false, 2); }
JOURNEY_FUNCTION(sequence_overlapping_add) {
  if (PG_ARGISNULL(2)) pg::null_argument("overlapping");
  return add_row(fcinfo, PG_GETARG_BOOL(2), 3);
}
JOURNEY_PARALLEL_AGGREGATE(sequence, sequence_log)

JOURNEY_FUNCTION(sequence_match_final) {
  return answer(fcinfo, BoolGetDatum(false), [](const sequence_log&, const sequence_matches& matches) {
    return BoolGetDatum(matches.any());
  });
}

JOURNEY_FUNCTION(sequence_count_final) {
  return answer(fcinfo, Int64GetDatum(0), [](const sequence_log& state, const sequence_matches& matches) {
    return Int64GetDatum(matches.count(state.overlapping()));
  });
}

JOURNEY_FUNCTION(sequence_times_final) {
  return answer(fcinfo, times_datum({}), [](const sequence_log&, const sequence_matches& matches) {
    return times_datum(matches.times());
  });
}
