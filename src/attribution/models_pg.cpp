// SQL entry points: the models on paths.
#include "attribution/leave_one_out.hpp"
#include "attribution/markov.hpp"
#include "attribution/shapley.hpp"
#include "base/interrupts.hpp"
#include "pg/aggregate.hpp"
#include "pg/array.hpp"
#include "pg/call_site.hpp"
#include "pg/composite.hpp"

using namespace journey;
using namespace journey::attribution;

namespace {

/// The path in argument 1, a missing one being empty: nobody's touch led to that conversion.
std::pmr::vector<std::string_view> path_argument(FunctionCallInfo fcinfo) {
  std::pmr::vector<std::string_view> path(pg::call_memory());
  if (PG_ARGISNULL(1)) return path;
  pg::array_elements elements(PG_GETARG_DATUM(1), TEXTOID, "path");
  path.reserve(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    check_interrupts();
    if (elements.nulls[i])
      throw error(sqlstate::null_value_not_allowed,
                  "path must not contain NULL, but element " + std::to_string(i + 1) + " is",
                  "Name unknown channels, such as coalesce(channel, 'Unassigned'), or leave them out with "
                  "array_remove.");
    path.push_back(pg::text_view(elements.values[i]));
  }
  return path;
}

/// A number, a missing one being 0, as it is to sum().
double number_argument(FunctionCallInfo fcinfo, int position) {
  return PG_ARGISNULL(position) ? 0 : PG_GETARG_FLOAT8(position);
}

/// Conversions, value and nulls in arguments 2 to 4.
results results_argument(FunctionCallInfo fcinfo) {
  return {number_argument(fcinfo, 2), number_argument(fcinfo, 3), number_argument(fcinfo, 4)};
}

template <class State>
Datum credits_of(FunctionCallInfo fcinfo) {
  const auto* state = pg::state_argument<State>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  const auto& rows = pg::call_site<pg::result_rows<TEXTOID, FLOAT8OID, FLOAT8OID, FLOAT8OID>>(fcinfo, fcinfo);
  return rows.array(state->credits(pg::call_memory()),
                    [](const channel_credit& credit, Datum* values, bool* nulls) {
                      values[0] = pg::text_datum(credit.channel);
                      nulls[1] = !credit.removal_effect;
                      values[1] = Float8GetDatum(credit.removal_effect.value_or(0));
                      values[2] = Float8GetDatum(credit.conversions);
                      values[3] = Float8GetDatum(credit.value);
                    });
}

}  // namespace

JOURNEY_FUNCTION(markov_add) {
  auto& state = pg::group_state<transition_counts>(fcinfo);
  state.add(path_argument(fcinfo), results_argument(fcinfo), 1);
  PG_RETURN_POINTER(&state);
}
JOURNEY_FUNCTION(markov_add_k) {
  auto& state = pg::group_state<transition_counts>(fcinfo);
  if (PG_ARGISNULL(5)) pg::null_argument("k");
  state.add(path_argument(fcinfo), results_argument(fcinfo), PG_GETARG_INT32(5));
  PG_RETURN_POINTER(&state);
}
JOURNEY_FUNCTION(markov_credits) { return credits_of<transition_counts>(fcinfo); }
JOURNEY_PARALLEL_AGGREGATE(markov, transition_counts)

JOURNEY_FUNCTION(transitions_add) {
  auto& state = pg::group_state<transition_counts>(fcinfo);
  state.add(path_argument(fcinfo), {number_argument(fcinfo, 2), 0, number_argument(fcinfo, 3)}, 1);
  PG_RETURN_POINTER(&state);
}
JOURNEY_FUNCTION(transitions_list) {
  const auto* state = pg::state_argument<transition_counts>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  const auto& rows = pg::call_site<pg::result_rows<TEXTOID, TEXTOID, FLOAT8OID, FLOAT8OID>>(fcinfo, fcinfo);
  return rows.array(state->transitions(pg::call_memory()),
                    [](const transition& transition, Datum* values, bool*) {
                      values[0] = pg::text_datum(transition.from);
                      values[1] = pg::text_datum(transition.to);
                      values[2] = Float8GetDatum(transition.count);
                      values[3] = Float8GetDatum(transition.probability);
                    });
}

JOURNEY_FUNCTION(shapley_add) {
  auto& state = pg::group_state<shapley_counts>(fcinfo);
  state.add(path_argument(fcinfo), {number_argument(fcinfo, 2), number_argument(fcinfo, 3), 0});
  PG_RETURN_POINTER(&state);
}
JOURNEY_FUNCTION(shapley_credits) { return credits_of<shapley_counts>(fcinfo); }
JOURNEY_PARALLEL_AGGREGATE(shapley, shapley_counts)

JOURNEY_FUNCTION(leave_one_out_add) {
  auto& state = pg::group_state<path_counts>(fcinfo);
  state.add(path_argument(fcinfo), results_argument(fcinfo));
  PG_RETURN_POINTER(&state);
}
JOURNEY_FUNCTION(leave_one_out_credits) { return credits_of<path_counts>(fcinfo); }
JOURNEY_PARALLEL_AGGREGATE(leave_one_out, path_counts)
