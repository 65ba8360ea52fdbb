// SQL entry points of funnels.
#include "paths/funnel.hpp"
#include "paths/funnel_rule_pg.hpp"
#include "paths/steps_pg.hpp"
#include "paths/values_pg.hpp"
#include "pg/aggregate.hpp"

using namespace journey;
using namespace journey::paths;

namespace {

/// What the arguments of a row say, in this order: the time, the rule, the exclusions if there are any, the
/// steps.
struct funnel_row {
  funnel question;
  step_row row{};
};

enum class rule_form { within, rule };
enum class exclusions { none, given };

template <rule_form Form>
funnel_rule rule_argument(FunctionCallInfo fcinfo, int position) {
  constexpr const char* name = Form == rule_form::within ? "within" : "rule";
  if (PG_ARGISNULL(position)) pg::null_argument(name);
  if constexpr (Form == rule_form::rule) return read_rule(PG_GETARG_DATUM(position));
  funnel_rule rule;
  rule.within = pg::positive_duration(PG_GETARG_INTERVAL_P(position), name);
  return rule;
}

conditions conditions_argument(FunctionCallInfo fcinfo, int position, const char* argument,
                               int most = most_steps) {
  if (PG_ARGISNULL(position)) pg::null_argument(argument);
  return read_conditions(PG_GETARG_DATUM(position), argument, most);
}

/// Reads the arguments from `position`, that of ts, on.
template <rule_form Form, exclusions Exclusions>
funnel_row row_argument(FunctionCallInfo fcinfo, int position) {
  funnel_row read;
  conditions excluded;
  if constexpr (Exclusions == exclusions::given)
    excluded = conditions_argument(fcinfo, position + 2, "excluded", most_steps - 1);
  constexpr int steps_after = Exclusions == exclusions::given ? 3 : 2;
  conditions steps =
      conditions_argument(fcinfo, position + steps_after, "steps", most_steps - excluded.count);
  if (excluded.count > 1 && excluded.count != steps.count - 1)
    throw error(sqlstate::invalid_parameter_value,
                "excluded must have one condition, or one for each gap between two of the " +
                    std::to_string(steps.count) + " steps, not " + std::to_string(excluded.count),
                "Give false for a gap in which nothing is excluded.");
  read.question = {rule_argument<Form>(fcinfo, position + 1), static_cast<std::uint8_t>(steps.count),
                   static_cast<std::uint8_t>(excluded.count)};
  if (!PG_ARGISNULL(position))
    read.row = {PG_GETARG_TIMESTAMPTZ(position),
                excluded.count == 0 ? steps.met : steps.met | excluded.met << steps.count};
  return read;
}

/// As for funnel_log, with a key before the time; rows without one are left out.
template <rule_form Form>
Datum add_keyed_row(FunctionCallInfo fcinfo) {
  auto& state = pg::group_state<keyed_funnel_log>(fcinfo);
  funnel_row read = row_argument<Form, exclusions::none>(fcinfo, 2);
  state.ask(read.question);
  if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2)) state.add(read.row, pg::text_argument(fcinfo, 1));
  PG_RETURN_POINTER(&state);
}

/// As for funnel_log, with a value before the time.
template <rule_form Form, exclusions Exclusions>
Datum add_row_with_value(FunctionCallInfo fcinfo) {
  funnel_row read = row_argument<Form, Exclusions>(fcinfo, 2);
  return add_value(fcinfo, read.question, PG_ARGISNULL(2) ? nullptr : &read.row);
}

template <rule_form Form, exclusions Exclusions>
Datum add_row(FunctionCallInfo fcinfo) {
  auto& state = pg::group_state<funnel_log>(fcinfo);
  funnel_row read = row_argument<Form, Exclusions>(fcinfo, 1);
  state.ask(read.question);
  if (!PG_ARGISNULL(1)) state.add(read.row);
  PG_RETURN_POINTER(&state);
}

const pg::state_facts facts[] = {
    {"journey_funnel_add", 1, 160, 10},
    {"journey_funnel_rule_add", 1, 160, 10},
    {"journey_funnel_excluded_add", 1, 160, 10},
    {"journey_funnel_rule_excluded_add", 1, 160, 10},
    {"journey_funnel_by_add", 2, 200, 12},
    {"journey_funnel_by_rule_add", 2, 200, 12},
    {"journey_funnel_event_add", 2, 1200, 16},
    {"journey_funnel_event_rule_add", 2, 1200, 16},
    {"journey_funnel_event_excluded_add", 2, 1200, 16},
    {"journey_funnel_event_rule_excluded_add", 2, 1200, 16},
};
}  // namespace

JOURNEY_FUNCTION(funnel_add) { return add_row<rule_form::within, exclusions::none>(fcinfo); }
JOURNEY_FUNCTION(funnel_rule_add) { return add_row<rule_form::rule, exclusions::none>(fcinfo); }
JOURNEY_FUNCTION(funnel_excluded_add) { return add_row<rule_form::within, exclusions::given>(fcinfo); }
JOURNEY_FUNCTION(funnel_rule_excluded_add) { return add_row<rule_form::rule, exclusions::given>(fcinfo); }
JOURNEY_PARALLEL_AGGREGATE(funnel, funnel_log)

JOURNEY_FUNCTION(funnel_level_final) {
  const auto* state = pg::state_argument<funnel_log>(fcinfo);
  PG_RETURN_INT32(state == nullptr ? 0 : state->level(pg::call_memory()));
}

JOURNEY_FUNCTION(funnel_times_final) {
  const auto* state = pg::state_argument<funnel_log>(fcinfo);
  if (state == nullptr) return times_datum({});
  return times_datum(state->times(pg::call_memory()));
}

JOURNEY_FUNCTION(funnel_by_add) { return add_keyed_row<rule_form::within>(fcinfo); }
JOURNEY_FUNCTION(funnel_by_rule_add) { return add_keyed_row<rule_form::rule>(fcinfo); }
JOURNEY_PARALLEL_AGGREGATE(funnel_by, keyed_funnel_log)

JOURNEY_FUNCTION(funnel_level_by_final) {
  const auto* state = pg::state_argument<keyed_funnel_log>(fcinfo);
  PG_RETURN_INT32(state == nullptr ? 0 : state->level(pg::call_memory()));
}

JOURNEY_FUNCTION(funnel_event_add) { return add_row_with_value<rule_form::within, exclusions::none>(fcinfo); }
JOURNEY_FUNCTION(funnel_event_rule_add) {
  return add_row_with_value<rule_form::rule, exclusions::none>(fcinfo);
}
JOURNEY_FUNCTION(funnel_event_excluded_add) {
  return add_row_with_value<rule_form::within, exclusions::given>(fcinfo);
}
JOURNEY_FUNCTION(funnel_event_rule_excluded_add) {
  return add_row_with_value<rule_form::rule, exclusions::given>(fcinfo);
}
JOURNEY_VALUES_AGGREGATE(funnel_event, funnel)

JOURNEY_FUNCTION(funnel_event_final) {
  return chosen_value<funnel>(fcinfo, [](std::span<const event_row> rows, const funnel& question) {
    return event_after_funnel(rows, question, pg::call_memory());
  });
}
