// Trails of events, and of trails: the aggregates trail and rollup, and the operator ||.
#include "channels/touch_pg.hpp"
#include "pg/call_site.hpp"
#include "sessions/rule_pg.hpp"
#include "sessions/trail_pg.hpp"
#include "sessions/trail_state.hpp"

namespace journey::sessions {
namespace {

static_assert(earliest_time == MIN_TIMESTAMP && latest_time == END_TIMESTAMP - 1);

trail_rule merging_rule(const session_rule& rule) {
  if (rule.max_duration)
    throw error(
        sqlstate::invalid_parameter_value, "a trail can't have a rule with max_duration: " + rule_text(rule),
        "Such sessions can't be merged: where one ends depends on where it began. Use sessionize, or a "
        "rule without max_duration.");
  calendar* days = rule.day_boundary.empty() ? nullptr : &calendar_of(rule.day_boundary);
  return trail_rule(rule.timeout, rule.inclusive, days);
}

void require_same(const session_rule& one, const session_rule& other) {
  if (one == other) return;
  throw error(sqlstate::invalid_parameter_value,
              "trails of different rules can't be merged: " + rule_text(one) + " and " + rule_text(other),
              "Sessions that were cut by one rule don't tell where the other would cut. Give one rule to all "
              "events of a group, and to trails that are to be merged.");
}

/// What a call site keeps where the rule is an argument.
struct given_rule {
  explicit given_rule(std::pmr::memory_resource*) {}
  std::optional<trail_rule> rule;
};
using rule_cache = pg::argument_cache<given_rule>;

/// What says when a session ends: the argument after ts, or nothing.
enum class given { nothing, timeout, rule };

/// What a call site keeps, by what it is given: a timeout is read faster than remembered.
template <given Given>
struct rule_reader {
  explicit rule_reader(std::pmr::memory_resource*) {}
  trail_rule read(FunctionCallInfo fcinfo) {
    if constexpr (Given == given::nothing) return trail_rule(30 * USECS_PER_MINUTE);
    if (PG_ARGISNULL(2)) pg::null_argument("timeout");
    return trail_rule(pg::positive_duration(PG_GETARG_INTERVAL_P(2), "timeout"));
  }
};

template <>
struct rule_reader<given::rule> {
  explicit rule_reader(std::pmr::memory_resource* memory) : known(memory) {}
  trail_rule read(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(2)) pg::null_argument("rule");
    std::string_view bytes = pg::text_argument(fcinfo, 2);
    auto& found = known.of(bytes, [&](given_rule& read) {
      wire::reader in(bytes, "session_rule");
      read.rule = merging_rule(read_rule(in));
    });
    return *found.rule;
  }
  rule_cache known;
};

/// What the call sites of trails with touches keep, beside.
template <given Given>
struct touch_reader : rule_reader<Given> {
  explicit touch_reader(std::pmr::memory_resource* memory) : rule_reader<Given>(memory), touches(memory) {}
  channels::touch_type touches;
};

/// The state as it came.
Datum unchanged(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

std::int64_t time_argument(FunctionCallInfo fcinfo) {
  TimestampTz ts = PG_GETARG_TIMESTAMPTZ(1);
  if (TIMESTAMP_NOT_FINITE(ts)) [[unlikely]]
    throw error(sqlstate::invalid_parameter_value,
                std::string("ts must be finite: ") + (ts < 0 ? "-infinity" : "infinity"),
                "Leave such events out with a FILTER clause, or make their time NULL.");
  return ts;
}

/// The group's state at the events or trails that follow the first.
template <class State>
State* state_under(FunctionCallInfo fcinfo, const session_rule& rule) {
  auto* state = pg::state_argument<State>(fcinfo);
  if (state != nullptr) require_same(state->rule().as_session_rule(), rule);
  return state;
}

template <given Given>
Datum add_time(FunctionCallInfo fcinfo) {
  trail_rule rule = pg::call_site<rule_reader<Given>>(fcinfo).read(fcinfo);
  if (PG_ARGISNULL(1)) return unchanged(fcinfo);
  std::int64_t ts = time_argument(fcinfo);
  pg::context_resource memory(pg::aggregate_context(fcinfo));
  auto* state = pg::state_argument<plain_trail_state>(fcinfo);
  if (state == nullptr)
    state = std::pmr::polymorphic_allocator<>(&memory).new_object<plain_trail_state>(rule);
  else if (state->rule() != rule) [[unlikely]]
    require_same(state->rule().as_session_rule(), rule.as_session_rule());
  state->add(ts, &memory);
  PG_RETURN_POINTER(state);
}

/// `Arguments` beside the state: ts, what is given, touch, and maybe page and converted.
template <given Given, int Arguments>
Datum add_event(FunctionCallInfo fcinfo) {
  auto& site = pg::call_site<touch_reader<Given>>(fcinfo);
  trail_rule rule = site.read(fcinfo);
  if (PG_ARGISNULL(1)) return unchanged(fcinfo);
  std::int64_t ts = time_argument(fcinfo);
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto* state = pg::state_argument<trail_state>(fcinfo);
  if (state == nullptr)
    state = &pg::make_in<trail_state>(context, rule);
  else if (state->rule() != rule) [[unlikely]]
    require_same(state->rule().as_session_rule(), rule.as_session_rule());
  trail_event event{.ts = ts};
  bool page_counts = false;
  if (Arguments > 3 && !PG_ARGISNULL(4)) {
    page_counts = state->needs_page(ts);
    event.page = page_counts ? pg::text_argument(fcinfo, 4) : std::string_view();
  }
  channels::touch touch;
  if (!PG_ARGISNULL(3) && (page_counts || state->needs_touches(ts))) {
    touch = site.touches.read(PG_GETARG_DATUM(3), ts);
    event.by = is_direct(touch) ? event_class::direct : event_class::non_direct;
    if (state->needs_touch(ts, event.by)) event.touch = &touch;
  }
  event.converted = Arguments > 4 && !PG_ARGISNULL(5) && PG_GETARG_BOOL(5);
  state->add(event);
  PG_RETURN_POINTER(state);
}

/// The state with touches, to which a trail is to be added.
trail_state& state_for(FunctionCallInfo fcinfo, const trail_view& trail) {
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto* state = state_under<trail_state>(fcinfo, trail.rule());
  return state != nullptr ? *state : pg::make_in<trail_state>(context, merging_rule(trail.rule()));
}

template <class State>
Datum finish(FunctionCallInfo fcinfo) {
  auto* state = pg::state_argument<State>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  return trail_datum(
      [state](std::pmr::memory_resource* memory, wire::writer& out) { state->write(memory, out); });
}

}  // namespace
}  // namespace journey::sessions

using namespace journey;
using namespace journey::sessions;

namespace {
// Measured on visitors with 16 sessions of one event each.
const pg::state_facts facts[] = {
    {"journey_trail_add", 1, 200, 64},
    {"journey_trail_timeout_add", 1, 200, 64},
    {"journey_trail_timeout_touch_add", 1, 800, 200},
    {"journey_trail_timeout_page_add", 1, 800, 200},
    {"journey_trail_timeout_converted_add", 1, 800, 200},
    {"journey_trail_rule_add", 1, 200, 64},
    {"journey_trail_rule_touch_add", 1, 800, 200},
    {"journey_trail_rule_page_add", 1, 800, 200},
    {"journey_trail_rule_converted_add", 1, 800, 200},
};
}  // namespace

JOURNEY_FUNCTION(trail_add) { return add_time<given::nothing>(fcinfo); }
JOURNEY_FUNCTION(trail_timeout_add) { return add_time<given::timeout>(fcinfo); }
JOURNEY_FUNCTION(trail_timeout_touch_add) { return add_event<given::timeout, 3>(fcinfo); }
JOURNEY_FUNCTION(trail_timeout_page_add) { return add_event<given::timeout, 4>(fcinfo); }
JOURNEY_FUNCTION(trail_timeout_converted_add) { return add_event<given::timeout, 5>(fcinfo); }
JOURNEY_FUNCTION(trail_rule_add) { return add_time<given::rule>(fcinfo); }
JOURNEY_FUNCTION(trail_rule_touch_add) { return add_event<given::rule, 3>(fcinfo); }
JOURNEY_FUNCTION(trail_rule_page_add) { return add_event<given::rule, 4>(fcinfo); }
JOURNEY_FUNCTION(trail_rule_converted_add) { return add_event<given::rule, 5>(fcinfo); }

JOURNEY_FUNCTION(trail_rollup_add) {
  if (PG_ARGISNULL(1)) return unchanged(fcinfo);
  trail_view trail = trail_argument(fcinfo, 1);
  trail_state& state = state_for(fcinfo, trail);
  state.merge(trail);
  PG_RETURN_POINTER(&state);
}

// A state travels as its trail, and is merged straight from that: what comes to be combined is always a
// `trail_view` from `trail_deserialize`. A process gives one for a group at most, so there are few.

JOURNEY_FUNCTION(trail_plain_combine) {
  const auto* travelled = pg::state_argument<trail_view>(fcinfo, 1);
  if (travelled == nullptr) return unchanged(fcinfo);
  pg::context_resource memory(pg::aggregate_context(fcinfo));
  auto* state = state_under<plain_trail_state>(fcinfo, travelled->rule());
  if (state == nullptr)
    state = std::pmr::polymorphic_allocator<>(&memory).new_object<plain_trail_state>(
        merging_rule(travelled->rule()));
  state->merge(*travelled, &memory);
  PG_RETURN_POINTER(state);
}

JOURNEY_FUNCTION(trail_combine) {
  const auto* travelled = pg::state_argument<trail_view>(fcinfo, 1);
  if (travelled == nullptr) return unchanged(fcinfo);
  trail_state& state = state_for(fcinfo, *travelled);
  state.keep(*travelled);
  PG_RETURN_POINTER(&state);
}

JOURNEY_FUNCTION(trail_plain_finish) { return finish<plain_trail_state>(fcinfo); }
JOURNEY_FUNCTION(trail_finish) { return finish<trail_state>(fcinfo); }

JOURNEY_FUNCTION(trail_deserialize) {
  pg::aggregate_context(fcinfo);
  auto* trail = new (palloc(sizeof(trail_view))) trail_view(pg::text_argument(fcinfo, 0), pg::call_memory());
  check_texts(*trail);
  PG_RETURN_POINTER(trail);
}

JOURNEY_FUNCTION(trail_merge) {
  trail_view left = trail_argument(fcinfo, 0);
  trail_view right = trail_argument(fcinfo, 1);
  require_same(left.rule(), right.rule());
  trail_state state(pg::call_memory(), merging_rule(left.rule()));
  state.merge(left);
  state.merge(right);
  return trail_datum([&](std::pmr::memory_resource* memory, wire::writer& out) { state.write(memory, out); });
}
