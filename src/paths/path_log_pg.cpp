// SQL entry points of paths and their edges.
#include <cmath>

#include "paths/path_log.hpp"
#include "pg/aggregate.hpp"
#include "pg/array.hpp"
#include "pg/call_site.hpp"
#include "pg/composite.hpp"

using namespace journey;
using namespace journey::paths;

namespace {

Datum add_step(FunctionCallInfo fcinfo, std::int32_t most) {
  auto& state = pg::group_state<path_log>(fcinfo);
  state.ask(most);
  if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2)) state.add(PG_GETARG_TIMESTAMPTZ(2), pg::text_argument(fcinfo, 1));
  PG_RETURN_POINTER(&state);
}

Datum add_path(FunctionCallInfo fcinfo, double weight) {
  auto& state = pg::group_state<edge_log>(fcinfo);
  if (PG_ARGISNULL(1)) PG_RETURN_POINTER(&state);
  if (!std::isfinite(weight) || weight < 0)
    throw error(sqlstate::invalid_parameter_value,
                std::string("weight must be finite and not negative: ") +
                    DatumGetCString(DirectFunctionCall1(float8out, Float8GetDatum(weight))));
  state.add(pg::text_elements(PG_GETARG_DATUM(1), "path"), weight);
  PG_RETURN_POINTER(&state);
}

const pg::state_facts facts[] = {
    {"journey_path_add", 2, 200, 12},
    {"journey_path_most_add", 2, 200, 12},
};

}  // namespace

JOURNEY_FUNCTION(path_add) { return add_step(fcinfo, path_log::all); }
JOURNEY_FUNCTION(path_most_add) {
  if (PG_ARGISNULL(3)) pg::null_argument("most");
  return add_step(fcinfo, PG_GETARG_INT32(3));
}
JOURNEY_PARALLEL_AGGREGATE(path, path_log)

JOURNEY_FUNCTION(path_final) {
  const auto* state = pg::state_argument<path_log>(fcinfo);
  if (state == nullptr) return PointerGetDatum(construct_empty_array(TEXTOID));
  return pg::text_array(state->steps(pg::call_memory()),
                        "Give the greatest number of steps: path(step, ts, 100).");
}

JOURNEY_FUNCTION(path_edges_add) { return add_path(fcinfo, 1); }
JOURNEY_FUNCTION(path_edges_weight_add) {
  if (!PG_ARGISNULL(2)) return add_path(fcinfo, PG_GETARG_FLOAT8(2));
  auto* state = pg::state_argument<edge_log>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  PG_RETURN_POINTER(state);
}
JOURNEY_PARALLEL_AGGREGATE(path_edges, edge_log)

JOURNEY_FUNCTION(path_edges_final) {
  const auto& rows = pg::call_site<pg::result_rows<INT4OID, TEXTOID, TEXTOID, FLOAT8OID>>(fcinfo, fcinfo);
  const auto* state = pg::state_argument<edge_log>(fcinfo);
  if (state == nullptr) return rows.type.array(nullptr, 0);
  auto edges = state->edges(pg::call_memory());
  return rows.array(edges, [](const path_edge& edge, Datum* values, bool* nulls) {
    values[0] = Int32GetDatum(edge.position);
    values[1] = pg::text_datum(edge.step);
    nulls[2] = !edge.next_step;
    if (edge.next_step) values[2] = pg::text_datum(*edge.next_step);
    values[3] = Float8GetDatum(edge.visitors);
  });
}
