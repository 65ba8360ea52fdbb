// SQL entry points: rfm_history.
#include "rfm/history.hpp"

#include "pg/aggregate.hpp"
#include "pg/array.hpp"
#include "pg/composite.hpp"
#include "rfm/arguments_pg.hpp"

extern "C" {
#include "utils/datetime.h"
}

using namespace journey;

namespace {

/// Snapshots, window and time zone as they were given.
struct calendar_arguments {
  const ArrayType* snapshots;
  const Interval* window;      // null where there is none
  std::string_view time_zone;  // empty where none was given: UTC

  bool operator==(const calendar_arguments& other) const {
    if ((window == nullptr) != (other.window == nullptr)) return false;
    return (window == nullptr || std::memcmp(window, other.window, sizeof(Interval)) == 0) &&
           time_zone == other.time_zone && bytes() == other.bytes();
  }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(snapshots), VARSIZE(snapshots)}; }
};

template <class Number>
Number floored(Number number, Number divisor) {
  return number / divisor - (number % divisor < 0 ? 1 : 0);
}

/// The day, counted from 2000-01-01, so many months before: the last of its month where that has no such
/// day. None where the calendar does not reach.
std::optional<std::int64_t> months_before(std::int64_t day, std::int32_t months) {
  int year, month, of_month;
  j2date(static_cast<int>(day) + POSTGRES_EPOCH_JDATE, &year, &month, &of_month);
  std::int64_t earlier = std::int64_t{year} * 12 + (month - 1) - months;
  std::int64_t earlier_year = floored<std::int64_t>(earlier, 12);
  if (earlier_year < INT_MIN || earlier_year > INT_MAX) return {};
  year = static_cast<int>(earlier_year);
  month = static_cast<int>(earlier - 12 * earlier_year) + 1;
  if (!IS_VALID_JULIAN(year, month, 1)) return {};
  of_month = std::min(of_month, day_tab[isleap(year)][month - 1]);
  return date2j(year, month, of_month) - POSTGRES_EPOCH_JDATE;
}

/// The beginning of the snapshot's window: its months and days on the calendar of the time zone, then its
/// hours. A window that would begin before time does has no beginning.
rfm::instant beginning(TimestampTz snapshot, const calendar_arguments& given) {
  Datum zone = 0;
  Timestamp local = snapshot;
  if (!given.time_zone.empty()) {
    zone = pg::text_datum(given.time_zone);
    local = DatumGetTimestamp(DirectFunctionCall2(timestamptz_zone, zone, TimestampTzGetDatum(snapshot)));
  }
  auto day = std::optional(floored<std::int64_t>(local, USECS_PER_DAY));
  std::int64_t of_day = local - *day * USECS_PER_DAY;
  if (given.window->month != 0) day = months_before(*day, given.window->month);
  if (!day) return rfm::period::always;
  std::int64_t begin;
  if (__builtin_mul_overflow(*day - given.window->day, std::int64_t{USECS_PER_DAY}, &begin) ||
      __builtin_add_overflow(begin, of_day, &begin) || !IS_VALID_TIMESTAMP(begin))
    return rfm::period::always;
  if (zone != 0)
    begin = DatumGetTimestampTz(DirectFunctionCall2(timestamp_zone, zone, TimestampGetDatum(begin)));
  if (__builtin_sub_overflow(begin, given.window->time, &begin)) return rfm::period::always;
  if (begin >= snapshot)
    throw error(sqlstate::invalid_parameter_value,
                "window must reach back from each snapshot: " + pg::interval_text(given.window));
  return begin;
}

void check_window(const Interval* window) {
#if PG_VERSION_NUM >= 170000
  if (INTERVAL_NOT_FINITE(window))
    throw error(sqlstate::invalid_parameter_value, "window must be finite: " + pg::interval_text(window),
                "Give NULL for no window.");
#endif
  Interval none{};
  if (!DatumGetBool(DirectFunctionCall2(interval_gt, PointerGetDatum(window), PointerGetDatum(&none))))
    throw error(sqlstate::invalid_parameter_value,
                "window must be greater than zero: " + pg::interval_text(window));
}

const rfm::calendar& make_calendar(const calendar_arguments& given) {
  pg::array_elements snapshots(PointerGetDatum(given.snapshots), TIMESTAMPTZOID, "snapshots");
  if (given.window != nullptr) check_window(given.window);
  std::pmr::vector<rfm::period> periods(pg::call_memory());
  periods.reserve(snapshots.size());
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    check_interrupts();
    if (snapshots.nulls[i])
      throw error(sqlstate::null_value_not_allowed, "snapshots must not contain a NULL");
    TimestampTz snapshot = DatumGetTimestampTz(snapshots.values[i]);
    rfm::check_time("snapshots", snapshot);
    periods.push_back({snapshot, given.window == nullptr ? rfm::period::always : beginning(snapshot, given)});
  }
  return pg::make_in<rfm::calendar>(CurrentMemoryContext, std::span<const rfm::period>(periods));
}

/// A calendar that states in one memory context share. The context itself leads to it, by the callback that
/// it keeps, and it goes with the context.
struct shared_calendar {
  MemoryContextCallback keeper;
  calendar_arguments given;  // what it was made of; no snapshots where that is not known
  const rfm::calendar* dates;
};

void nothing_to_release(void*) {}

/// A query has few calendars, unless each group has its own: then the groups keep them.
constexpr int most_shared = 4;

const rfm::calendar& share(MemoryContext context, const rfm::calendar& dates,
                           const calendar_arguments* given) {
  auto* shared = static_cast<shared_calendar*>(MemoryContextAllocZero(context, sizeof(shared_calendar)));
  shared->dates = &pg::make_in<rfm::calendar>(context, dates);
  if (given != nullptr) {
    auto kept = [context](const void* value, std::size_t size) {
      return std::memcpy(MemoryContextAlloc(context, size), value, size);
    };
    std::string_view zone = given->time_zone;
    shared->given = {static_cast<const ArrayType*>(kept(given->snapshots, VARSIZE(given->snapshots))),
                     given->window == nullptr
                         ? nullptr
                         : static_cast<const Interval*>(kept(given->window, sizeof(Interval))),
                     {static_cast<const char*>(kept(zone.data(), zone.size())), zone.size()}};
  }
  shared->keeper.func = nothing_to_release;
  shared->keeper.arg = shared;
  MemoryContextRegisterResetCallback(context, &shared->keeper);
  return *shared->dates;
}

/// Gives `state` the calendar `dates`, or checks that it has an equal one.
template <class State>
void set_calendar(State& state, const rfm::calendar& dates, bool shared) {
  if (state.dates() == nullptr) {
    if (shared)
      state.share(dates);
    else
      state.keep(dates);
  } else if (state.dates() != &dates && !(*state.dates() == dates)) {
    throw error(sqlstate::invalid_parameter_value,
                "snapshots and window must be the same for all rows of a group",
                "Give an array that does not depend on the row, or add what it depends on to GROUP BY.");
  }
}

/// The same with a shared calendar that `fits`, or else with what `make()` gives, shared where there is room.
/// `given` is what that is made of, null where not known.
template <class State, class Fits, class Make>
void set_calendar(State& state, MemoryContext context, const calendar_arguments* given, Fits fits,
                  Make make) {
  int count = 0;
  for (MemoryContextCallback* at = context->reset_cbs; at != nullptr; at = at->next) {
    if (at->func != nothing_to_release) continue;
    auto* shared = static_cast<const shared_calendar*>(at->arg);
    if (fits(*shared)) return set_calendar(state, *shared->dates, true);
    ++count;
  }
  const rfm::calendar& dates = make();
  bool shared = state.dates() == nullptr && count < most_shared;
  set_calendar(state, shared ? share(context, dates, given) : dates, shared);
}

/// The state of a history's group, after this row's snapshots, argument 3.
template <class State>
State& history_state(FunctionCallInfo fcinfo, const Interval* window = nullptr,
                     std::string_view time_zone = {}) {
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto& state = pg::group_state<State>(fcinfo);
  if (PG_ARGISNULL(3)) pg::null_argument("snapshots");
  calendar_arguments given{PG_GETARG_ARRAYTYPE_P(3), window, time_zone};
  set_calendar(
      state, context, &given,
      [&](const shared_calendar& shared) {
        return shared.given.snapshots != nullptr && shared.given == given;
      },
      [&]() -> const rfm::calendar& { return make_calendar(given); });
  return state;
}

/// Argument 4, of which NULL is no window.
const Interval* window_argument(FunctionCallInfo fcinfo) {
  return PG_ARGISNULL(4) ? nullptr : PG_GETARG_INTERVAL_P(4);
}

template <auto Amount>
Datum add_payment(FunctionCallInfo fcinfo, rfm::history& state) {
  rfm::digit_room digits;
  if (!rfm::has_nulls(fcinfo, {1, 2}))
    state.add(rfm::paid_at_argument(fcinfo), Amount(PG_GETARG_DATUM(2), digits));
  PG_RETURN_POINTER(&state);
}

template <auto Amount>
Datum add_payment(FunctionCallInfo fcinfo, rfm::distinct_history& state) {
  rfm::digit_room digits;
  if (!rfm::has_nulls(fcinfo, {1, 2, 5})) {
    auto& ids = pg::call_site<rfm::id_printer>(fcinfo, fcinfo, 5);
    std::string_view id = ids.print(PG_GETARG_DATUM(5));
    state.add(id, rfm::paid_at_argument(fcinfo), Amount(PG_GETARG_DATUM(2), digits));
  }
  PG_RETURN_POINTER(&state);
}

template <auto Amount>
Datum rfm_history_add(FunctionCallInfo fcinfo) {
  return add_payment<Amount>(fcinfo, history_state<rfm::history>(fcinfo));
}

template <auto Amount>
Datum rfm_history_window_add(FunctionCallInfo fcinfo) {
  return add_payment<Amount>(fcinfo, history_state<rfm::history>(fcinfo, window_argument(fcinfo)));
}

template <auto Amount>
Datum rfm_history_distinct_add(FunctionCallInfo fcinfo) {
  return add_payment<Amount>(fcinfo, history_state<rfm::distinct_history>(fcinfo, window_argument(fcinfo)));
}

template <auto Amount>
Datum rfm_history_zone_add(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(6)) pg::null_argument("time_zone");
  std::string_view zone = pg::text_argument(fcinfo, 6);
  if (zone.empty())
    throw error(sqlstate::invalid_parameter_value, "time_zone must not be empty",
                "Give a full name from pg_timezone_names, such as 'Europe/Berlin'.");
  return add_payment<Amount>(fcinfo,
                             history_state<rfm::distinct_history>(fcinfo, window_argument(fcinfo), zone));
}

template <class State>
Datum combine_histories(FunctionCallInfo fcinfo) {
  auto* right = pg::state_argument<State>(fcinfo, 1);
  if (right == nullptr) return pg::combine_states<State>(fcinfo);
  auto& left = pg::group_state<State>(fcinfo);
  set_calendar(
      left, pg::aggregate_context(fcinfo), nullptr,
      [&](const shared_calendar& shared) { return *shared.dates == *right->dates(); },
      [&]() -> const rfm::calendar& { return *right->dates(); });
  left.combine(*right);
  PG_RETURN_POINTER(&left);
}

/// The snapshots that are returned.
struct snapshot_rows {
  snapshot_rows(std::pmr::memory_resource*, FunctionCallInfo fcinfo)
      : type(pg::row_type::returned(fcinfo,
                                    {TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, NUMERICOID})) {}
  pg::row_type type;
};

template <class State>
Datum history_final(FunctionCallInfo fcinfo) {
  const pg::row_type& row = pg::call_site<snapshot_rows>(fcinfo, fcinfo).type;
  auto* state = pg::state_argument<State>(fcinfo);
  if (state == nullptr) PG_RETURN_ARRAYTYPE_P(construct_empty_array(row.oid()));
  auto& sums = pg::make_in<rfm::timeline>(CurrentMemoryContext, *state->dates());
  state->sum_up(sums);
  auto* snapshots = static_cast<Datum*>(
      palloc_extended((state->dates()->periods().size() + 1) * sizeof(Datum), MCXT_ALLOC_HUGE));
  std::size_t count = 0;
  Datum monetary = 0;
  sums.each_snapshot([&](rfm::instant snapshot, const rfm::tally& until, bool changed) {
    if (changed) monetary = rfm::numeric_datum(until.sum());
    const Datum values[] = {TimestampTzGetDatum(snapshot), TimestampTzGetDatum(until.first()),
                            TimestampTzGetDatum(until.last()), Int64GetDatum(until.payments()), monetary};
    bool unpaid = until.payments() == 0;
    const bool nulls[] = {false, unpaid, unpaid, false, false};
    snapshots[count++] = row.row(values, nulls);
  });
  return row.array(snapshots, count);
}

}  // namespace

JOURNEY_FOR_EACH_AMOUNT(rfm_history_add)
JOURNEY_FOR_EACH_AMOUNT(rfm_history_window_add)
JOURNEY_FUNCTION(rfm_history_combine) { return combine_histories<rfm::history>(fcinfo); }
JOURNEY_FUNCTION(rfm_history_serialize) { return pg::serialize_state<rfm::history>(fcinfo); }
JOURNEY_FUNCTION(rfm_history_deserialize) { return pg::deserialize_state<rfm::history>(fcinfo); }
JOURNEY_FUNCTION(rfm_history_final) { return history_final<rfm::history>(fcinfo); }

JOURNEY_FOR_EACH_AMOUNT(rfm_history_distinct_add)
JOURNEY_FOR_EACH_AMOUNT(rfm_history_zone_add)
JOURNEY_FUNCTION(rfm_history_distinct_combine) { return combine_histories<rfm::distinct_history>(fcinfo); }
JOURNEY_FUNCTION(rfm_history_distinct_serialize) {
  return pg::serialize_state<rfm::distinct_history>(fcinfo);
}
JOURNEY_FUNCTION(rfm_history_distinct_deserialize) {
  return pg::deserialize_state<rfm::distinct_history>(fcinfo);
}
JOURNEY_FUNCTION(rfm_history_distinct_final) { return history_final<rfm::distinct_history>(fcinfo); }
