// SQL entry points: the models on paths, and the functions that change paths.
#include "attribution/leave_one_out.hpp"
#include "attribution/markov.hpp"
#include <algorithm>

#include "attribution/names_pg.hpp"
#include "attribution/shapley.hpp"
#include "pg/aggregate.hpp"

using namespace journey;
using namespace journey::attribution;

namespace {

/// The path in argument 1, a missing one being empty: nobody's touch led to that conversion.
std::pmr::vector<std::string_view> path_argument(FunctionCallInfo fcinfo) {
  std::pmr::vector<std::string_view> path(pg::call_memory());
  if (PG_ARGISNULL(1)) return path;
  array_elements elements(PG_GETARG_DATUM(1), TEXTOID, "path");
  path.reserve(elements.values.size());
  for (std::size_t i = 0; i < elements.values.size(); ++i) {
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

/// An array of the composite type that the aggregate returns, one element for each item;
/// `fill(item, values, nulls)` sets its attributes.
template <class Items, class Fill>
Datum composites(FunctionCallInfo fcinfo, const Items& items, Fill fill) {
  Oid type = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
  if (!OidIsValid(type)) throw error(sqlstate::internal_error, "could not determine the result type");
  TupleDesc shape = lookup_rowtype_tupdesc_copy(type, -1);
  auto* elements = static_cast<Datum*>(palloc0(sizeof(Datum) * (items.size() + 1)));
  auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * shape->natts));
  auto* nulls = static_cast<bool*>(palloc0(shape->natts));
  std::size_t count = 0;
  for (const auto& item : items) {
    std::fill_n(nulls, shape->natts, false);
    fill(item, values, nulls);
    elements[count++] = HeapTupleGetDatum(heap_form_tuple(shape, values, nulls));
  }
  return PointerGetDatum(
      construct_array(elements, static_cast<int>(count), type, -1, false, TYPALIGN_DOUBLE));
}

template <class State>
Datum credits_of(FunctionCallInfo fcinfo) {
  const auto* state = pg::state_argument<State>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  return composites(fcinfo, state->credits(pg::call_memory()),
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
  if (PG_NARGS() > 5 && PG_ARGISNULL(5)) pg::null_argument("k");
  state.add(path_argument(fcinfo),
            {number_argument(fcinfo, 2), number_argument(fcinfo, 3), number_argument(fcinfo, 4)},
            PG_NARGS() > 5 ? PG_GETARG_INT32(5) : 1);
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
  return composites(fcinfo, state->transitions(pg::call_memory()),
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
  state.add(path_argument(fcinfo),
            {number_argument(fcinfo, 2), number_argument(fcinfo, 3), number_argument(fcinfo, 4)});
  PG_RETURN_POINTER(&state);
}
JOURNEY_FUNCTION(leave_one_out_credits) { return credits_of<path_counts>(fcinfo); }
JOURNEY_PARALLEL_AGGREGATE(leave_one_out, path_counts)

JOURNEY_FUNCTION(path_collapse) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  collapse(path);
  return names_datum(path);
}

JOURNEY_FUNCTION(path_unique) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  std::pmr::vector<std::size_t> counts(pg::call_memory());
  keep_first(path, counts);
  return names_datum(path);
}

JOURNEY_FUNCTION(path_frequency) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  std::pmr::vector<std::size_t> counts(pg::call_memory());
  keep_first(path, counts);
  for (std::size_t i = 0; i < path.size(); ++i)
    if (path[i])
      path[i] = psprintf("%.*s(%zu)", static_cast<int>(path[i]->size()), path[i]->data(), counts[i]);
  return names_datum(path);
}

JOURNEY_FUNCTION(path_last) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  int kept = PG_GETARG_INT32(1);
  if (kept < 0)
    throw error(sqlstate::invalid_parameter_value, "n must not be negative: " + std::to_string(kept));
  return names_datum(std::span(path).last(std::min(path.size(), static_cast<std::size_t>(kept))));
}

JOURNEY_FUNCTION(path_strip) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  names channels = read_names(PG_GETARG_DATUM(1), "channels");
  strip(path, channels, PG_GETARG_BOOL(2));
  return names_datum(path);
}
