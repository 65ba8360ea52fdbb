// What is in a trail.
#include "pg/set.hpp"
#include "sessions/trail_pg.hpp"

extern "C" {
#include "nodes/pathnodes.h"
#include "parser/parsetree.h"
}

namespace journey::sessions {
namespace {

/// The rows of sessions(): one for each session.
class session_rows {
 public:
  static constexpr int columns = session_columns::count;

  session_rows(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo, pg::row_series& series)
      : trail_(pg::text_argument(fcinfo, 0), memory),
        touch_type_(trail_.has_touches() ? &series.shared<channels::touch_type>(fcinfo) : nullptr),
        cursor_(trail_) {}

  bool next(Datum* values, bool* nulls) {
    const session_record* session = cursor_.next();
    if (session == nullptr) return false;
    session_columns::fill(*session, ++number_, trail_, touch_type_, values, nulls);
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

/// The rows of touches(): the touch of each session as of `until`, those from `since` on.
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
      if (session->started_at > until_) return false;
      const touch_mark* touch = session->touch(until_);
      if (touch == nullptr || touch->at < since_) continue;
      channels::touch_type::fill(trail_.words().touch(*touch), values, nulls);
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

/// Null where every touch counts.
touch_test kind_argument(FunctionCallInfo fcinfo, int position) {
  std::string_view kind = pg::enum_label(PG_GETARG_DATUM(position));
  if (kind == "non_direct") return [](const channels::touch& touch) { return !channels::is_direct(touch); };
  if (kind == "paid") return channels::is_paid;
  return nullptr;
}

enum class end { first, last };

/// The touch of the first or last session that has one that counts.
template <end End>
Datum touch_at_end(FunctionCallInfo fcinfo) {
  trail_view trail = trail_argument(fcinfo, 0);
  TimestampTz before = PG_GETARG_TIMESTAMPTZ(1);
  touch_test counts = kind_argument(fcinfo, 2);
  touch_mark found;
  trail_view::cursor cursor(trail);
  while (const session_record* session = cursor.next()) {
    if (session->started_at > before) break;
    const touch_mark* touch = session->touch(before);
    if (touch == nullptr || (counts != nullptr && !counts(trail.words().touch(*touch)))) continue;
    found = *touch;
    if (End == end::first) break;
  }
  if (found.touch == 0) PG_RETURN_NULL();
  return pg::call_site<channels::touch_type>(fcinfo).datum(trail.words().touch(found));
}

}  // namespace

void session_columns::fill(const session_record& session, std::int64_t number, const trail_view& trail,
                           const channels::touch_type* touches, Datum* values, bool* nulls) {
  values[0] = Int64GetDatum(number);
  values[1] = TimestampTzGetDatum(session.started_at);
  values[2] = TimestampTzGetDatum(session.ended_at);
  values[3] = Int64GetDatum(session.events);
  values[4] = Int64GetDatum(session.pages);
  values[5] = Int64GetDatum(session.conversions);
  nulls[6] = session.conversions == 0;
  if (!nulls[6]) values[6] = TimestampTzGetDatum(session.converted_at);
  nulls[7] = nulls[8] = session.pages == 0;
  if (!nulls[7]) values[7] = pg::text_datum(trail.words().text(session.landing.page));
  if (!nulls[8]) values[8] = pg::text_datum(trail.words().text(session.exit.page));
  const touch_mark* touch = session.touch();
  nulls[9] = touch == nullptr;
  if (!nulls[9]) values[9] = touches->datum(trail.words().touch(*touch));
}

}  // namespace journey::sessions

using namespace journey;
using namespace journey::sessions;

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

JOURNEY_FUNCTION(trail_sessions) {
  return pg::each_row(fcinfo, session_columns::types, [fcinfo](pg::row_series& series) {
    return &pg::make_in<session_rows>(series.memory(), fcinfo, series);
  });
}

JOURNEY_FUNCTION(trail_touches) {
  return pg::each_row(fcinfo, channels::touch_type::column_types,
                      [fcinfo](pg::row_series& series) -> touch_rows* {
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

JOURNEY_FUNCTION(trail_first_touch) { return touch_at_end<end::first>(fcinfo); }
JOURNEY_FUNCTION(trail_last_touch) { return touch_at_end<end::last>(fcinfo); }

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
