#include "sessions/sessionize.hpp"

#include <cstring>
#include <span>

#include "pg/call_site.hpp"
#include "sessions/rule_pg.hpp"

using namespace journey;
using namespace journey::sessions;

namespace {

/// A rule and the calendar of its day boundary, if it has one.
struct rule_with_calendar {
  session_rule rule;
  calendar* days = nullptr;
};

enum class given { timeout, rule };

/// An argument of the current row.
std::optional<Datum> argument(WindowObject window, int position) {
  bool is_null;
  Datum value = WinGetFuncArgCurrent(window, position, &is_null);
  return is_null ? std::nullopt : std::optional(value);
}

/// A boolean argument, NULL counting as its default.
bool flag(WindowObject window, int position, bool by_default) {
  std::optional<Datum> value = argument(window, position);
  return value ? DatumGetBool(*value) : by_default;
}

/// The arguments starts, extends and split_key, which follow each other from `first` on.
void read_options(WindowObject window, int first, session_row& row) {
  row.starts = flag(window, first, false);
  row.extends = flag(window, first + 1, true);
  if (std::optional<Datum> key = argument(window, first + 2)) row.split_key = pg::text_view(*key);
}

/// What a call site keeps.
struct site {
  struct kept_rule : rule_with_calendar {
    explicit kept_rule(std::pmr::memory_resource*) {}
  };

  site(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo, int options) : rule(memory) {
    session_row row;
    plain = true;
    for (int i = 0; i < 3; ++i) plain = plain && pg::is_constant(fcinfo, options + i);
    if (plain) read_options(PG_WINDOW_OBJECT(), options, row);
    plain = plain && !row.starts && row.extends && !row.split_key;
  }

  pg::argument_cache<kept_rule> rule;
  bool plain;  // starts, extends and split_key are never more than their defaults
};

template <given Given>
rule_with_calendar rule_of(site& here, Datum value) {
  if constexpr (Given == given::timeout)
    return {{.timeout = pg::positive_duration(DatumGetIntervalP(value), "timeout")}};
  std::string_view bytes = pg::text_view(value);
  return here.rule.of(bytes, [bytes](rule_with_calendar& made) {
    wire::reader in(bytes, "session_rule");
    made.rule = read_rule(in);
    made.days = made.rule.day_boundary.empty() ? nullptr : &calendar_of(made.rule.day_boundary);
    made.rule.day_boundary = {};  // a view of bytes that go
  });
}

/// What a window function keeps from row to row of a partition.
struct partition_state {
  explicit partition_state(std::pmr::memory_resource* memory) : sessions(memory) {}
  session_counter sessions;
  std::int64_t rapid = 0;
};

partition_state& state_of(WindowObject window) {
  struct slot {
    partition_state* state;  // null at the partition's first row
  };
  auto* kept = static_cast<slot*>(WinGetPartitionLocalMemory(window, sizeof(slot)));
  if (kept->state == nullptr) kept->state = &pg::make_in<partition_state>(GetMemoryChunkContext(kept));
  return *kept->state;
}

template <bool Zoned>
[[noreturn]] void out_of_order(std::int64_t last, std::int64_t ts) {
  auto text = [](std::int64_t time) {
    return DatumGetCString(DirectFunctionCall1(Zoned ? timestamptz_out : timestamp_out, Int64GetDatum(time)));
  };
  const char* before = text(last);
  const char* now = text(ts);
  throw error(sqlstate::windowing_error, "ts goes back in time",
              "Order the window by time: OVER (PARTITION BY visitor ORDER BY ts).",
              std::string("A row of ") + now + " follows one of " + before + ".");
}

/// Places the current row. Its arguments are ts, then from `first` on timeout or rule, starts, extends,
/// split_key. Null where the row belongs to no session.
template <given Given, bool Zoned>
partition_state* place(FunctionCallInfo fcinfo, int first = 1) {
  auto* window = PG_WINDOW_OBJECT();
  if (!WindowObjectIsValid(window))
    throw error(sqlstate::windowing_error, "this function needs a window: add OVER (...)");
  // Lets the server forget the rows before: now and then, since each time costs about as much as placing a
  // row.
  constexpr std::int64_t remembered = 16;
  if (std::int64_t position = WinGetCurrentPosition(window); position % remembered == 0)
    WinSetMarkPosition(window, position);

  std::optional<Datum> ts = argument(window, 0);
  if (!ts) return nullptr;
  std::optional<Datum> value = argument(window, first);
  if (!value) pg::null_argument(Given == given::timeout ? "timeout" : "rule");

  auto& here = pg::call_site<site>(fcinfo, fcinfo, first + 1);
  session_row row;
  row.ts = DatumGetInt64(*ts);
  if (!here.plain) read_options(window, first + 1, row);

  partition_state& state = state_of(window);
  if (!state.sessions.follows(row.ts)) out_of_order<Zoned>(state.sessions.last(), row.ts);
  session_counter& sessions = state.sessions;
  rule_with_calendar current = rule_of<Given>(here, *value);
  row.new_day = current.days != nullptr && sessions.number() > 0 &&
                current.days->day(sessions.last_in_session()) != current.days->day(row.ts);
  return sessions.place(current.rule, row) ? &state : nullptr;
}

template <given Given, bool Zoned>
Datum number(FunctionCallInfo fcinfo) {
  partition_state* state = place<Given, Zoned>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  PG_RETURN_INT64(state->sessions.number());
}

template <given Given, bool Zoned>
Datum started_at(FunctionCallInfo fcinfo) {
  partition_state* state = place<Given, Zoned>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  PG_RETURN_INT64(state->sessions.started_at());
}

template <given Given, bool Zoned>
Datum event(FunctionCallInfo fcinfo) {
  partition_state* state = place<Given, Zoned>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  PG_RETURN_INT64(state->sessions.position());
}

template <given Given, bool Zoned>
Datum rapid_events(FunctionCallInfo fcinfo) {
  partition_state* state = place<Given, Zoned>(fcinfo, 2);
  if (state == nullptr) PG_RETURN_NULL();
  std::optional<Datum> lag = argument(PG_WINDOW_OBJECT(), 1);
  if (!lag) pg::null_argument("lag");
  auto least = static_cast<std::uint64_t>(pg::positive_duration(DatumGetIntervalP(*lag), "lag"));
  if (state->sessions.position() == 1)
    state->rapid = 0;
  else if (state->sessions.gap() < least)
    ++state->rapid;
  PG_RETURN_INT64(state->rapid);
}

/// Whether the window is ordered by ts as far as its clause can tell: by a first key of the type of ts,
/// ascending, NULLs last.
bool ordered_by_time(const WindowClause* window, Oid type) {
  if (window->orderClause == NIL) return false;
  const auto* key = linitial_node(SortGroupClause, window->orderClause);
  return !key->nulls_first && key->sortop == lookup_type_cache(type, TYPECACHE_LT_OPR)->lt_opr;
}

/// An argument as written in the query: the planner asks before it puts named and default arguments in place.
/// Null where it is left to its default.
const Node* written_argument(const WindowFunc* call, int position) {
  int next = 0;
  for (const ListCell& cell : std::span(call->args->elements, call->args->length)) {
    const auto* written = static_cast<const Node*>(lfirst(&cell));
    if (!IsA(written, NamedArgExpr)) {
      if (next++ == position) return written;
    } else if (const auto* named = reinterpret_cast<const NamedArgExpr*>(written);
               named->argnumber == position) {
      return reinterpret_cast<const Node*>(named->arg);
    }
  }
  return nullptr;
}

/// Whether every row with a time belongs to a session: `extends` is true throughout.
bool all_extend(const WindowFunc* call) {
  const Node* extends = written_argument(call, 3);
  if (extends == nullptr) return true;
  if (!IsA(extends, Const)) return false;
  const auto* value = reinterpret_cast<const Const*>(extends);
  return value->constisnull || DatumGetBool(value->constvalue);
}

}  // namespace

JOURNEY_FUNCTION(sessionize) { return number<given::timeout, true>(fcinfo); }
JOURNEY_FUNCTION(sessionize_timestamp) { return number<given::timeout, false>(fcinfo); }
JOURNEY_FUNCTION(sessionize_rule) { return number<given::rule, true>(fcinfo); }
JOURNEY_FUNCTION(sessionize_rule_timestamp) { return number<given::rule, false>(fcinfo); }
JOURNEY_FUNCTION(session_started_at) { return started_at<given::timeout, true>(fcinfo); }
JOURNEY_FUNCTION(session_started_at_timestamp) { return started_at<given::timeout, false>(fcinfo); }
JOURNEY_FUNCTION(session_started_at_rule) { return started_at<given::rule, true>(fcinfo); }
JOURNEY_FUNCTION(session_started_at_rule_timestamp) { return started_at<given::rule, false>(fcinfo); }
JOURNEY_FUNCTION(session_event) { return event<given::timeout, true>(fcinfo); }
JOURNEY_FUNCTION(session_event_timestamp) { return event<given::timeout, false>(fcinfo); }
JOURNEY_FUNCTION(session_event_rule) { return event<given::rule, true>(fcinfo); }
JOURNEY_FUNCTION(session_event_rule_timestamp) { return event<given::rule, false>(fcinfo); }
JOURNEY_FUNCTION(rapid_events) { return rapid_events<given::timeout, true>(fcinfo); }
JOURNEY_FUNCTION(rapid_events_timestamp) { return rapid_events<given::timeout, false>(fcinfo); }
JOURNEY_FUNCTION(rapid_events_rule) { return rapid_events<given::rule, true>(fcinfo); }
JOURNEY_FUNCTION(rapid_events_rule_timestamp) { return rapid_events<given::rule, false>(fcinfo); }

/// For all of them: no result depends on the frame, so the server may take the cheapest.
JOURNEY_FUNCTION(session_frame_support) {
#if PG_VERSION_NUM >= 160000
  auto* request = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
  if (IsA(request, SupportRequestOptimizeWindowClause)) {
    auto* frame = reinterpret_cast<SupportRequestOptimizeWindowClause*>(request);
    frame->frameOptions = FRAMEOPTION_NONDEFAULT | FRAMEOPTION_ROWS | FRAMEOPTION_START_UNBOUNDED_PRECEDING |
                          FRAMEOPTION_END_CURRENT_ROW;
    PG_RETURN_POINTER(frame);
  }
#endif
  PG_RETURN_POINTER(nullptr);
}

/// For the number and the start of a session: they never fall within a partition, so that `<= n` can end it.
/// A NULL would end it as well, and so may only come last: not where ts has its NULLs first, or rows lie
/// outside all sessions.
JOURNEY_FUNCTION(session_rising_support) {
  auto* request = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
  if (!IsA(request, SupportRequestWFuncMonotonic)) return session_frame_support_body(fcinfo);
  auto* question = reinterpret_cast<SupportRequestWFuncMonotonic*>(request);
  const WindowFunc* call = question->window_func;
  Oid type = exprType(written_argument(call, 0));
  if (!ordered_by_time(question->window_clause, type) || !all_extend(call)) PG_RETURN_POINTER(nullptr);
  question->monotonic = MONOTONICFUNC_INCREASING;
  PG_RETURN_POINTER(question);
}
