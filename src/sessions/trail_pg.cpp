// The trail as an aggregate, and what can be read from one.
#include "sessions/trail_pg.hpp"

#include <deque>

#include "channels/touch_pg.hpp"
#include "pg/set.hpp"
#include "sessions/rule_pg.hpp"
#include "sessions/trail_state.hpp"

extern "C" {
#include "nodes/pathnodes.h"
#include "parser/parsetree.h"
}

namespace journey::sessions {
namespace {

static_assert(earliest_time == MIN_TIMESTAMP && latest_time == END_TIMESTAMP - 1);

constexpr std::int64_t default_timeout = 30 * USECS_PER_MINUTE;

std::int64_t day_of(void* calendar, std::int64_t ts) {
  return static_cast<local_calendar*>(calendar)->day(ts);
}

/// What the calls from one place in a query share (fn_extra). It lives as long as the query, so that states
/// can refer to its rules.
class call_site {
 public:
  explicit call_site(std::pmr::memory_resource* memory) : memory_(memory), rules_(memory), given_(memory) {}

  static call_site& of(FunctionCallInfo fcinfo) {
    if (fcinfo->flinfo->fn_extra == nullptr) {
      call_site& made = pg::make_in<call_site>(fcinfo->flinfo->fn_mcxt);
      made.by_rule_ = fcinfo->nargs > 2 && get_fn_expr_argtype(fcinfo->flinfo, 2) != INTERVALOID;
      fcinfo->flinfo->fn_extra = &made;
    }
    return *static_cast<call_site*>(fcinfo->flinfo->fn_extra);
  }

  /// The rule that an aggregate's arguments give: the second one is a timeout or a session_rule.
  const session_bounds& rule_argument(FunctionCallInfo fcinfo) {
    if (fcinfo->nargs < 3)
      return current_ != nullptr ? *current_
                                 : *(current_ = &bounds(session_rule{.timeout = default_timeout}));
    if (PG_ARGISNULL(2)) pg::null_argument(by_rule_ ? "rule" : "timeout");
    std::string_view given = by_rule_
                                 ? pg::text_argument(fcinfo, 2)
                                 : std::string_view(DatumGetPointer(PG_GETARG_DATUM(2)), sizeof(Interval));
    if (current_ != nullptr && given == std::string_view(given_.data(), given_.size())) return *current_;
    session_rule rule;
    if (by_rule_)
      rule = read_rule(PG_GETARG_DATUM(2));
    else
      rule.timeout = pg::positive_duration(PG_GETARG_INTERVAL_P(2), "timeout");
    if (rule.max_duration)
      throw error(sqlstate::invalid_parameter_value,
                  "a trail can't have a rule with max_duration: " + rule_text(rule),
                  "Such sessions can't be merged: where one ends depends on where it began. Use sessionize, "
                  "or a rule "
                  "without max_duration.");
    current_ = &bounds(rule);
    given_.assign(given.begin(), given.end());
    return *current_;
  }

  const session_bounds& bounds(const session_rule& rule) {
    for (const session_bounds& known : rules_)
      if (known.rule == rule) return known;
    session_bounds made{rule};
    if (!rule.day_boundary.empty()) {
      auto* calendar =
          std::pmr::polymorphic_allocator<>(memory_).new_object<local_calendar>(rule.day_boundary);
      made.rule.day_boundary = calendar->name();
      made.day = day_of;
      made.calendar = calendar;
    }
    return rules_.emplace_back(made);
  }

  /// An allocator that the states of all groups share.
  std::pmr::memory_resource* memory_of(MemoryContext groups) {
    if (groups_ == nullptr || groups_->context() != groups)
      groups_ = std::pmr::polymorphic_allocator<>(memory_).new_object<pg::context_resource>(groups);
    return groups_;
  }

  const channels::touch_type& touches(FunctionCallInfo fcinfo) {
    return channels::touch_type::of(fcinfo, touch_type_);
  }

 private:
  std::pmr::memory_resource* memory_;
  std::pmr::deque<session_bounds> rules_;
  bool by_rule_ = false;
  const session_bounds* current_ = nullptr;
  std::pmr::vector<char> given_;  // the bytes that current_ was read from
  pg::context_resource* groups_ = nullptr;
  void* touch_type_ = nullptr;
};

void require_same(const session_rule& one, const session_rule& other) {
  if (one == other) return;
  throw error(sqlstate::invalid_parameter_value,
              "trails of different rules can't be merged: " + rule_text(one) + " and " + rule_text(other),
              "Sessions that were cut by one rule don't tell where the other would cut. Give one rule to all "
              "events of a group, and to trails that are to be merged.");
}

/// The state of the group at hand, made at its first event.
template <class State>
State& state_of(FunctionCallInfo fcinfo, const session_bounds& bounds) {
  if (auto* state = pg::state_argument<State>(fcinfo)) {
    if (state->bounds != &bounds) require_same(state->bounds->rule, bounds.rule);
    return *state;
  }
  std::pmr::memory_resource* memory = call_site::of(fcinfo).memory_of(pg::aggregate_context(fcinfo));
  State* state = std::pmr::polymorphic_allocator<>(memory).new_object<State>(memory);
  state->bounds = &bounds;
  return *state;
}

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

/// The state, to which a trail has been added.
template <class State>
Datum merged(FunctionCallInfo fcinfo, const trail_view& trail) {
  auto& state = state_of<State>(fcinfo, call_site::of(fcinfo).bounds(trail.rule()));
  state.merge(trail);
  PG_RETURN_POINTER(&state);
}

/// A state travels as its trail, and is merged straight from that: what comes to be combined is always a
/// `trail_view` from `trail_deserialize`.
template <class State>
Datum combine(FunctionCallInfo fcinfo) {
  const auto* travelled = pg::state_argument<trail_view>(fcinfo, 1);
  if (travelled == nullptr) return unchanged(fcinfo);
  return merged<State>(fcinfo, *travelled);
}

template <class State>
Datum finish(FunctionCallInfo fcinfo) {
  const auto* state = pg::state_argument<State>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  return trail_datum(
      [state](std::pmr::memory_resource* memory, wire::writer& out) { state->write(memory, out); });
}

/// The rows of sessions(): one for each session.
class session_rows {
 public:
  static constexpr int columns = 8;

  session_rows(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo, pg::row_series& series)
      : trail_(pg::text_argument(fcinfo, 0), memory),
        touch_type_(trail_.has_touches() ? &channels::touch_type::of(fcinfo, series.kept) : nullptr),
        cursor_(trail_) {}

  bool next(Datum* values, bool* nulls) {
    const session_record* session = cursor_.next();
    if (session == nullptr) return false;
    values[0] = Int64GetDatum(++number_);
    values[1] = TimestampTzGetDatum(session->started_at);
    values[2] = TimestampTzGetDatum(session->ended_at);
    values[3] = Int64GetDatum(session->events);
    values[4] = Int64GetDatum(session->conversions);
    nulls[5] = session->conversions == 0;
    if (!nulls[5]) values[5] = TimestampTzGetDatum(session->converted_at);
    nulls[6] = session->landing_page == 0;
    if (!nulls[6]) values[6] = pg::text_datum(trail_.words().text(session->landing_page));
    nulls[7] = session->touch == 0;
    if (!nulls[7]) values[7] = touch_type_->datum(trail_.words().touch(session->touch, session->touched_at));
    return true;
  }

 private:
  trail_view trail_;
  const channels::touch_type* touch_type_;
  trail_view::cursor cursor_;
  std::int64_t number_ = 0;
};

/// The earliest time that the third argument, a lookback from `before`, leaves in.
std::int64_t lookback_start(FunctionCallInfo fcinfo, std::int64_t before) {
  if (PG_ARGISNULL(2)) return earliest_time;
  const Interval* interval = PG_GETARG_INTERVAL_P(2);
  std::int64_t lookback = pg::duration(interval, "lookback");
  if (lookback < 0)
    throw error(sqlstate::invalid_parameter_value,
                "lookback must not be negative: " + pg::interval_text(interval),
                "Give NULL to look back without a limit.");
  if (TIMESTAMP_NOT_FINITE(before))
    throw error(sqlstate::invalid_parameter_value,
                "lookback needs a time to look back from: before is infinite", "Give before, too.");
  return before < earliest_time + lookback ? earliest_time : before - lookback;
}

/// The rows of touches(): one for each touch from `since` to `until`.
class touch_rows {
 public:
  static constexpr int columns = channels::touch_type::columns;

  touch_rows(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo)
      : trail_(pg::text_argument(fcinfo, 0), memory),
        until_(PG_GETARG_TIMESTAMPTZ(1)),
        since_(lookback_start(fcinfo, until_)),
        cursor_(trail_) {}

  bool next(Datum* values, bool* nulls) {
    while (const session_record* session = cursor_.next()) {
      if (session->touch == 0 || session->touched_at < since_) continue;
      if (session->touched_at > until_) return false;
      channels::touch_type::fill(trail_.words().touch(session->touch, session->touched_at), values, nulls);
      return true;
    }
    return false;
  }

 private:
  trail_view trail_;
  std::int64_t until_;
  std::int64_t since_;
  trail_view::cursor cursor_;
};

/// The planner's estimate for the rows that a function makes of the trail `argument`; none where it can't
/// tell.
std::optional<double> estimated_sessions(PlannerInfo* root, const Node* argument) {
  if (IsA(argument, Const)) {
    const auto* constant = reinterpret_cast<const Const*>(argument);
    if (constant->constisnull) return 0;
    return static_cast<double>(
        trail_view(pg::text_view(constant->constvalue), pg::call_memory()).session_count());
  }
  if (!IsA(argument, Var) || root == nullptr) return {};
  const auto* column = reinterpret_cast<const Var*>(argument);
  if (column->varlevelsup != 0 || IS_SPECIAL_VARNO(column->varno)) return {};
  const RangeTblEntry* table = planner_rt_fetch(column->varno, root);
  if (table->rtekind != RTE_RELATION) return {};
  int width = get_attavgwidth(table->relid, column->varattno);
  if (width <= 0) return {};
  return std::max(1.0, width / 8.0 - 1);  // about 8 bytes a session, beside what all trails have
}

using touch_test = bool (*)(const channels::touch&);

touch_test kind_argument(FunctionCallInfo fcinfo, int position) {
  std::string_view kind = pg::enum_label(PG_GETARG_DATUM(position));
  if (kind == "non_direct") return [](const channels::touch& touch) { return !channels::is_direct(touch); };
  if (kind == "paid") return channels::is_paid;
  return [](const channels::touch&) { return true; };
}

}  // namespace
}  // namespace journey::sessions

using namespace journey;
using namespace journey::sessions;

// Events, and trails, into trails

JOURNEY_FUNCTION(trail_add) {
  const session_bounds& bounds = call_site::of(fcinfo).rule_argument(fcinfo);
  if (PG_ARGISNULL(1)) return unchanged(fcinfo);
  std::int64_t ts = time_argument(fcinfo);
  auto& state = state_of<plain_trail_state>(fcinfo, bounds);
  state.add(ts);
  PG_RETURN_POINTER(&state);
}

JOURNEY_FUNCTION(trail_touch_add) {
  call_site& site = call_site::of(fcinfo);
  const session_bounds& bounds = site.rule_argument(fcinfo);
  if (PG_ARGISNULL(1)) return unchanged(fcinfo);
  std::int64_t ts = time_argument(fcinfo);
  auto& state = state_of<trail_state>(fcinfo, bounds);
  auto given = [&](int position) { return PG_NARGS() > position && !PG_ARGISNULL(position); };
  std::optional<channels::touch> touch;
  std::optional<std::string_view> page;
  if (given(3) && state.needs_touch(ts)) touch = site.touches(fcinfo).read(PG_GETARG_DATUM(3), ts);
  if (given(4) && state.needs_page(ts)) page = pg::text_argument(fcinfo, 4);
  state.add(ts, touch ? &*touch : nullptr, page, given(5) && PG_GETARG_BOOL(5));
  PG_RETURN_POINTER(&state);
}

JOURNEY_FUNCTION(trail_rollup_add) {
  if (PG_ARGISNULL(1)) return unchanged(fcinfo);
  return merged<trail_state>(fcinfo, trail_argument(fcinfo, 1));
}

JOURNEY_FUNCTION(trail_plain_combine) { return combine<plain_trail_state>(fcinfo); }
JOURNEY_FUNCTION(trail_plain_finish) { return finish<plain_trail_state>(fcinfo); }
JOURNEY_FUNCTION(trail_combine) { return combine<trail_state>(fcinfo); }
JOURNEY_FUNCTION(trail_finish) { return finish<trail_state>(fcinfo); }
JOURNEY_FUNCTION(trail_deserialize) {
  pg::aggregate_context(fcinfo);
  PG_RETURN_POINTER(new (palloc(sizeof(trail_view))) trail_view(trail_argument(fcinfo, 0)));
}

JOURNEY_FUNCTION(trail_merge) {
  trail_view left = trail_argument(fcinfo, 0);
  trail_view right = trail_argument(fcinfo, 1);
  require_same(left.rule(), right.rule());
  trail_state state(pg::call_memory());
  state.bounds = &call_site::of(fcinfo).bounds(left.rule());
  state.merge(left);
  state.merge(right);
  return trail_datum([&](std::pmr::memory_resource* memory, wire::writer& out) { state.write(memory, out); });
}

JOURNEY_FUNCTION(trail_clip) {
  trail_view trail = trail_argument(fcinfo, 0);
  TimestampTz since = PG_GETARG_TIMESTAMPTZ(1);
  TimestampTz until = PG_GETARG_TIMESTAMPTZ(2);
  std::pmr::vector<session_record> kept(pg::call_memory());
  trail_view::cursor cursor(trail);
  while (const session_record* session = cursor.next())
    if (session->started_at >= since && session->started_at < until) kept.push_back(*session);
  return trail_datum([&](std::pmr::memory_resource* memory, wire::writer& out) {
    write_trail<session_record>(trail.rule(), {kept}, trail.words(), memory, out);
  });
}

// What is in a trail

JOURNEY_FUNCTION(trail_sessions) {
  return pg::each_row(fcinfo, [fcinfo](pg::row_series& series) {
    return &pg::make_in<session_rows>(series.memory(), fcinfo, series);
  });
}

JOURNEY_FUNCTION(trail_touches) {
  return pg::each_row(fcinfo, [fcinfo](pg::row_series& series) -> touch_rows* {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) return nullptr;
    return &pg::make_in<touch_rows>(series.memory(), fcinfo);
  });
}

JOURNEY_FUNCTION(trail_session_count) {
  trail_view trail = trail_argument(fcinfo, 0);
  TimestampTz before = PG_GETARG_TIMESTAMPTZ(1);
  if (before > latest_time) PG_RETURN_INT64(static_cast<std::int64_t>(trail.session_count()));
  trail_view::cursor cursor(trail);
  std::int64_t count = 0;
  for (const session_record* session; (session = cursor.next()) != nullptr && session->started_at <= before;)
    ++count;
  PG_RETURN_INT64(count);
}

JOURNEY_FUNCTION(trail_event_count) {
  trail_view trail = trail_argument(fcinfo, 0);
  trail_view::cursor cursor(trail);
  std::int64_t count = 0;
  while (const session_record* session = cursor.next())
    if (__builtin_add_overflow(count, session->events, &count)) too_many_events();
  PG_RETURN_INT64(count);
}

JOURNEY_FUNCTION(trail_started_at) {
  trail_view trail = trail_argument(fcinfo, 0);
  trail_view::cursor cursor(trail);
  const session_record* first = cursor.next();
  if (first == nullptr) PG_RETURN_NULL();
  PG_RETURN_TIMESTAMPTZ(first->started_at);
}

JOURNEY_FUNCTION(trail_ended_at) {
  trail_view trail = trail_argument(fcinfo, 0);
  if (trail.session_count() == 0) PG_RETURN_NULL();
  trail_view::cursor cursor(trail);
  std::int64_t ended_at = 0;
  while (const session_record* session = cursor.next()) ended_at = session->ended_at;
  PG_RETURN_TIMESTAMPTZ(ended_at);
}

JOURNEY_FUNCTION(trail_first_touch) {
  trail_view trail = trail_argument(fcinfo, 0);
  TimestampTz before = PG_GETARG_TIMESTAMPTZ(1);
  touch_test counts = kind_argument(fcinfo, 2);
  for (const session& session : trail)
    if (session.touch && session.touch->touched_at <= before && counts(*session.touch))
      return channels::touch_type::of(fcinfo).datum(*session.touch);
  PG_RETURN_NULL();
}

JOURNEY_FUNCTION(trail_last_touch) {
  trail_view trail = trail_argument(fcinfo, 0);
  TimestampTz before = PG_GETARG_TIMESTAMPTZ(1);
  touch_test counts = kind_argument(fcinfo, 2);
  std::optional<channels::touch> last;
  for (const session& session : trail) {
    if (session.started_at > before) break;
    if (session.touch && session.touch->touched_at <= before && counts(*session.touch)) last = session.touch;
  }
  if (!last) PG_RETURN_NULL();
  return channels::touch_type::of(fcinfo).datum(*last);
}

/// Planner support of sessions() and touches().
JOURNEY_FUNCTION(trail_support) {
  auto* node = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
  if (!IsA(node, SupportRequestRows)) PG_RETURN_POINTER(nullptr);
  auto* request = reinterpret_cast<SupportRequestRows*>(node);
  if (request->node == nullptr || !IsA(request->node, FuncExpr)) PG_RETURN_POINTER(nullptr);
  const auto* call = reinterpret_cast<const FuncExpr*>(request->node);
  std::optional<double> rows =
      estimated_sessions(request->root, static_cast<const Node*>(linitial(call->args)));
  if (!rows) PG_RETURN_POINTER(nullptr);
  request->rows = *rows;
  PG_RETURN_POINTER(request);
}

JOURNEY_FUNCTION(trail_rule) {
  trail_view trail = trail_argument(fcinfo, 0);
  return trail_datum([&](std::pmr::memory_resource*, wire::writer& out) { write(out, trail.rule()); });
}
