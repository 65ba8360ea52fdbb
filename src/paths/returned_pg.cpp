// SQL entry points of retention.
#include "paths/returned.hpp"
#include "pg/aggregate.hpp"
#include "pg/datum.hpp"

using namespace journey;
using namespace journey::paths;

JOURNEY_FUNCTION(returned_add) {
  auto* state = pg::state_argument<return_log>(fcinfo);
  if (PG_ARGISNULL(3)) pg::null_argument("period");
  if (PG_ARGISNULL(4)) pg::null_argument("periods");
  period_row asked;
  asked.period = pg::positive_duration(PG_GETARG_INTERVAL_P(3), "period");
  asked.periods = PG_GETARG_INT32(4);
  if (PG_ARGISNULL(2)) {  // nothing has begun
    if (state == nullptr) PG_RETURN_NULL();
    PG_RETURN_POINTER(state);
  }
  asked.since = PG_GETARG_TIMESTAMPTZ(2);
  if (state == nullptr) state = &pg::group_state<return_log>(fcinfo);
  state->ask(asked);
  if (!PG_ARGISNULL(1)) state->add(PG_GETARG_TIMESTAMPTZ(1));
  PG_RETURN_POINTER(state);
}
JOURNEY_PARALLEL_AGGREGATE(returned, return_log)

JOURNEY_FUNCTION(returned_final) {
  const auto* state = pg::state_argument<return_log>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  Datum elements[period_row::most];
  for (int i = 0; i < state->periods(); ++i) elements[i] = BoolGetDatum(state->came(i));
  return PointerGetDatum(construct_array(elements, state->periods(), BOOLOID, 1, true, TYPALIGN_CHAR));
}
