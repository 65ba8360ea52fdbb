#include <cmath>

#include "pg/aggregate.hpp"
#include "pg/composite.hpp"
#include "pg/datum.hpp"
#include "pg/query.hpp"
#include "rfm/history.hpp"
#include "rfm/quantiles.hpp"
#include "rfm/scores.hpp"

extern "C" {
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"
}

using namespace journey;

namespace {

constexpr const char* row_hint = "Leave such rows out with a FILTER clause, or mend the data.";

/// What a call site keeps from row to row; nothing that a state needs.
struct call_site {
  Oid amount_type;      // as declared
  FmgrInfo* id_output;  // prints a payment_id
  pg::row_type* row;    // to return
};

call_site& site_of(FunctionCallInfo fcinfo) {
  FmgrInfo* function = fcinfo->flinfo;
  if (function->fn_extra == nullptr)
    function->fn_extra = MemoryContextAllocZero(function->fn_mcxt, sizeof(call_site));
  return *static_cast<call_site*>(function->fn_extra);
}

/// The type that the function declares for its amount, argument 2; known without an expression tree.
Oid amount_type(FunctionCallInfo fcinfo) {
  Oid& type = site_of(fcinfo).amount_type;
  if (!OidIsValid(type)) {
    Oid* types;
    int count;
    get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
    type = types[2];
  }
  return type;
}

/// The amount in argument `position`, of any type that an overload declares.
class amount_argument {
 public:
  amount_argument(FunctionCallInfo fcinfo, int position) {
    Datum value = PG_GETARG_DATUM(position);
    switch (amount_type(fcinfo)) {
      case INT4OID:
        value_ = rfm::whole(DatumGetInt32(value), digits_);
        break;
      case INT8OID:
        value_ = rfm::whole(DatumGetInt64(value), digits_);
        break;
      case FLOAT8OID:
        check_finite(std::isfinite(DatumGetFloat8(value)), float8out, value);
        read(DirectFunctionCall1(float8_numeric, value));
        break;
      default: {
        Numeric number = DatumGetNumeric(value);
        check_finite(!numeric_is_nan(number) && !numeric_is_inf(number), numeric_out,
                     NumericGetDatum(number));
        read(NumericGetDatum(number));
      }
    }
  }
  const rfm::amount& operator*() const { return value_; }

 private:
  static void check_finite(bool finite, PGFunction output, Datum value) {
    if (!finite)
      throw error(sqlstate::numeric_value_out_of_range,
                  std::string("amount must be a finite number: ") +
                      DatumGetCString(DirectFunctionCall1(output, value)),
                  row_hint);
  }

  /// Through the server's public binary form: the count of digits, weight, sign, scale and the digits, each
  /// of 16 bits, high byte first.
  void read(Datum number) {
    bytea* sent = DatumGetByteaPP(DirectFunctionCall1(numeric_send, number));
    auto* words = reinterpret_cast<std::uint16_t*>(VARDATA_ANY(sent));
    std::size_t count = pg_ntoh16(words[0]);
    std::uint16_t* digits = words + 4;
    for (std::size_t i = 0; i < count; ++i) digits[i] = pg_ntoh16(digits[i]);
    value_ = {{digits, count},
              static_cast<std::int16_t>(pg_ntoh16(words[1])),
              pg_ntoh16(words[3]),
              pg_ntoh16(words[2]) != 0};
  }

  std::uint16_t digits_[5];
  rfm::amount value_;
};

Datum numeric_datum(const rfm::money& sum) {
  std::pmr::vector<std::uint16_t> digits(pg::call_memory());
  rfm::amount value = sum.value(digits);
  if (value.digits.size() > UINT16_MAX || value.weight > INT16_MAX)
    throw error(sqlstate::numeric_value_out_of_range, "the sum of the amounts is out of range for numeric");
  constexpr std::uint16_t minus = 0x4000;
  StringInfoData sent;
  initStringInfo(&sent);
  pq_sendint16(&sent, static_cast<std::uint16_t>(value.digits.size()));
  pq_sendint16(&sent, static_cast<std::uint16_t>(value.weight));
  pq_sendint16(&sent, value.negative ? minus : 0);
  pq_sendint16(&sent, value.scale);
  for (std::uint16_t digit : value.digits) pq_sendint16(&sent, digit);
  return DirectFunctionCall3(numeric_recv, PointerGetDatum(&sent), ObjectIdGetDatum(InvalidOid),
                             Int32GetDatum(-1));
}

void check_time(const char* argument, TimestampTz time, const char* hint = "") {
  if (TIMESTAMP_NOT_FINITE(time))
    throw error(sqlstate::datetime_overflow,
                std::string(argument) +
                    " must be a finite time: " + (TIMESTAMP_IS_NOBEGIN(time) ? "-infinity" : "infinity"),
                hint);
}

rfm::instant paid_at_argument(FunctionCallInfo fcinfo, int position) {
  TimestampTz paid_at = PG_GETARG_TIMESTAMPTZ(position);
  check_time("paid_at", paid_at, row_hint);
  return paid_at;
}

/// The id in argument `position` as text, of whatever type it is.
std::string_view id_argument(FunctionCallInfo fcinfo, int position) {
  FmgrInfo*& print = site_of(fcinfo).id_output;
  if (print == nullptr) {
    Oid type = get_fn_expr_argtype(fcinfo->flinfo, position);
    if (!OidIsValid(type))
      throw error(sqlstate::feature_not_supported, "the type of payment_id is not known here",
                  "Leave payment_id out, over rows in which each payment comes once.");
    Oid output;
    bool varlena;
    getTypeOutputInfo(type, &output, &varlena);
    auto* found = static_cast<FmgrInfo*>(MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo)));
    fmgr_info_cxt(output, found, fcinfo->flinfo->fn_mcxt);
    print = found;
  }
  if (print->fn_oid == F_TEXTOUT || print->fn_oid == F_VARCHAROUT) return pg::text_argument(fcinfo, position);
  return OutputFunctionCall(print, PG_GETARG_DATUM(position));
}

bool has_nulls(FunctionCallInfo fcinfo, std::initializer_list<int> positions) {
  return std::any_of(positions.begin(), positions.end(),
                     [&](int position) { return PG_ARGISNULL(position); });
}

/// The rows of the result, which has these columns.
const pg::row_type& result_row(FunctionCallInfo fcinfo, std::initializer_list<Oid> columns) {
  pg::row_type*& row = site_of(fcinfo).row;
  if (row == nullptr)
    row = new (MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(pg::row_type)))
        pg::row_type(pg::row_type::returned(fcinfo, columns));
  return *row;
}

template <std::size_t Count>
Datum row_datum(const pg::row_type& row, const Datum (&values)[Count]) {
  bool nulls[Count] = {};
  return row.row(values, nulls);
}

Datum value_datum(FunctionCallInfo fcinfo, const rfm::tally& payments) {
  return row_datum(result_row(fcinfo, {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, NUMERICOID}),
                   {TimestampTzGetDatum(payments.first()), TimestampTzGetDatum(payments.last()),
                    Int64GetDatum(payments.count()), numeric_datum(payments.sum())});
}

/// Makes `state` go by `dates`, or checks that it does.
template <class State>
void go_by(State& state, const rfm::calendar& dates, bool shared) {
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

rfm::calendar& calendar_of(ArrayType* snapshots, rfm::instant window, MemoryContext context) {
  if (array_contains_nulls(snapshots))
    throw error(sqlstate::null_value_not_allowed, "snapshots must not contain a NULL");
  auto count = static_cast<std::size_t>(ArrayGetNItems(ARR_NDIM(snapshots), ARR_DIMS(snapshots)));
  std::span times{reinterpret_cast<const rfm::instant*>(ARR_DATA_PTR(snapshots)), count};
  for (rfm::instant time : times) check_time("snapshots", time);
  return pg::make_in<rfm::calendar>(context, times, window);
}

/// A calendar that states in one memory context share. The context itself leads to it, by the callback that
/// it keeps, and it goes with the context.
struct shared_calendar {
  MemoryContextCallback keeper;
  const ArrayType* snapshots;  // what it was made of, where that is known
  const rfm::calendar* dates;
};

void nothing_to_release(void*) {}

/// The first of the calendars shared in `context` that `fits`, or null; `count` is how many there are.
template <class Fits>
const shared_calendar* find_shared(MemoryContext context, int& count, Fits fits) {
  count = 0;
  for (MemoryContextCallback* at = context->reset_cbs; at != nullptr; at = at->next) {
    if (at->func != nothing_to_release) continue;
    auto* shared = static_cast<const shared_calendar*>(at->arg);
    if (fits(*shared)) return shared;
    ++count;
  }
  return nullptr;
}

/// A query has few calendars, unless each group has its own: then the groups keep them.
constexpr int most_shared = 4;

const rfm::calendar& share(MemoryContext context, const rfm::calendar& dates, const ArrayType* snapshots) {
  auto* shared = static_cast<shared_calendar*>(MemoryContextAllocZero(context, sizeof(shared_calendar)));
  shared->dates = &pg::make_in<rfm::calendar>(context, dates);
  if (snapshots != nullptr) {
    void* kept = MemoryContextAlloc(context, VARSIZE(snapshots));
    shared->snapshots = static_cast<ArrayType*>(std::memcpy(kept, snapshots, VARSIZE(snapshots)));
  }
  shared->keeper.func = nothing_to_release;
  shared->keeper.arg = shared;
  MemoryContextRegisterResetCallback(context, &shared->keeper);
  return *shared->dates;
}

/// The state of a history's group, after this row's snapshots (argument 3) and window (argument 4, if any).
template <class State>
State& history_state(FunctionCallInfo fcinfo) {
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto& state = pg::group_state<State>(fcinfo);
  if (PG_ARGISNULL(3)) pg::null_argument("snapshots");
  ArrayType* snapshots = PG_GETARG_ARRAYTYPE_P(3);
  rfm::instant window = 0;
  if (PG_NARGS() > 4 && !PG_ARGISNULL(4)) window = pg::positive_duration(PG_GETARG_INTERVAL_P(4), "window");

  int count;
  const shared_calendar* known = find_shared(context, count, [&](const shared_calendar& shared) {
    return shared.snapshots != nullptr && window == shared.dates->window() &&
           VARSIZE(snapshots) == VARSIZE(shared.snapshots) &&
           std::memcmp(snapshots, shared.snapshots, VARSIZE(snapshots)) == 0;
  });
  if (known != nullptr) {
    go_by(state, *known->dates, true);
  } else {
    const rfm::calendar& dates = calendar_of(snapshots, window, CurrentMemoryContext);
    bool shared = state.dates() == nullptr && count < most_shared;
    go_by(state, shared ? share(context, dates, snapshots) : dates, shared);
  }
  return state;
}

template <class State>
Datum combine_histories(FunctionCallInfo fcinfo) {
  auto* right = pg::state_argument<State>(fcinfo, 1);
  if (right == nullptr) return pg::combine_states<State>(fcinfo);
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto& left = pg::group_state<State>(fcinfo);
  int count;
  const shared_calendar* known = find_shared(
      context, count, [&](const shared_calendar& shared) { return *shared.dates == *right->dates(); });
  if (known != nullptr) {
    go_by(left, *known->dates, true);
  } else {
    bool shared = left.dates() == nullptr && count < most_shared;
    go_by(left, shared ? share(context, *right->dates(), nullptr) : *right->dates(), shared);
  }
  left.combine(*right);
  PG_RETURN_POINTER(&left);
}

template <class State>
Datum history_final(FunctionCallInfo fcinfo) {
  const pg::row_type& row =
      result_row(fcinfo, {TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, NUMERICOID});
  auto* state = pg::state_argument<State>(fcinfo);
  if (state == nullptr) PG_RETURN_ARRAYTYPE_P(construct_empty_array(row.oid()));
  auto& sums = pg::make_in<rfm::timeline>(CurrentMemoryContext, *state->dates());
  state->sum_up(sums);
  auto* snapshots = static_cast<Datum*>(
      palloc_extended(state->dates()->snapshots().size() * sizeof(Datum), MCXT_ALLOC_HUGE));
  std::size_t count = 0;
  Datum monetary = 0;
  sums.play([&](rfm::instant snapshot, const rfm::tally& payments, bool changed) {
    if (changed) monetary = numeric_datum(payments.sum());
    snapshots[count++] =
        row_datum(row, {TimestampTzGetDatum(snapshot), TimestampTzGetDatum(payments.first()),
                        TimestampTzGetDatum(payments.last()), Int64GetDatum(payments.count()), monetary});
  });
  return row.array(snapshots, count);
}

}  // namespace

JOURNEY_FUNCTION(rfm_add) {
  auto& state = pg::group_state<rfm::tally>(fcinfo);
  if (!has_nulls(fcinfo, {1, 2})) state.add(paid_at_argument(fcinfo, 1), *amount_argument(fcinfo, 2));
  PG_RETURN_POINTER(&state);
}

JOURNEY_FUNCTION(rfm_final) {
  auto* state = pg::state_argument<rfm::tally>(fcinfo);
  if (state == nullptr || state->empty()) PG_RETURN_NULL();
  return value_datum(fcinfo, *state);
}

JOURNEY_PARALLEL_AGGREGATE(rfm, rfm::tally)

JOURNEY_FUNCTION(rfm_distinct_add) {
  auto& state = pg::group_state<rfm::ledger>(fcinfo);
  if (!has_nulls(fcinfo, {1, 2, 3})) {
    std::string_view id = id_argument(fcinfo, 3);
    state.add(id, paid_at_argument(fcinfo, 1), *amount_argument(fcinfo, 2));
  }
  PG_RETURN_POINTER(&state);
}

JOURNEY_FUNCTION(rfm_distinct_final) {
  auto* state = pg::state_argument<rfm::ledger>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  auto& payments = pg::make_in<rfm::tally>(CurrentMemoryContext);
  state->each([&](rfm::instant paid_at, const rfm::amount& value) { payments.add(paid_at, value); });
  if (payments.empty()) PG_RETURN_NULL();
  return value_datum(fcinfo, payments);
}

JOURNEY_PARALLEL_AGGREGATE(rfm_distinct, rfm::ledger)

JOURNEY_FUNCTION(rfm_history_add) {
  auto& state = history_state<rfm::history>(fcinfo);
  if (!has_nulls(fcinfo, {1, 2})) state.add(paid_at_argument(fcinfo, 1), *amount_argument(fcinfo, 2));
  PG_RETURN_POINTER(&state);
}

JOURNEY_FUNCTION(rfm_history_combine) { return combine_histories<rfm::history>(fcinfo); }
JOURNEY_FUNCTION(rfm_history_serialize) { return pg::serialize_state<rfm::history>(fcinfo); }
JOURNEY_FUNCTION(rfm_history_deserialize) { return pg::deserialize_state<rfm::history>(fcinfo); }
JOURNEY_FUNCTION(rfm_history_final) { return history_final<rfm::history>(fcinfo); }

JOURNEY_FUNCTION(rfm_history_distinct_add) {
  auto& state = history_state<rfm::distinct_history>(fcinfo);
  if (!has_nulls(fcinfo, {1, 2, 5})) {
    std::string_view id = id_argument(fcinfo, 5);
    state.add(id, paid_at_argument(fcinfo, 1), *amount_argument(fcinfo, 2));
  }
  PG_RETURN_POINTER(&state);
}

JOURNEY_FUNCTION(rfm_history_distinct_combine) { return combine_histories<rfm::distinct_history>(fcinfo); }
JOURNEY_FUNCTION(rfm_history_distinct_serialize) {
  return pg::serialize_state<rfm::distinct_history>(fcinfo);
}
JOURNEY_FUNCTION(rfm_history_distinct_deserialize) {
  return pg::deserialize_state<rfm::distinct_history>(fcinfo);
}
JOURNEY_FUNCTION(rfm_history_distinct_final) { return history_final<rfm::distinct_history>(fcinfo); }

JOURNEY_FUNCTION(rfm_bucket) {
  WindowObject window = PG_WINDOW_OBJECT();
  bool null;
  auto buckets = DatumGetInt32(WinGetFuncArgCurrent(window, 0, &null));
  if (null) pg::null_argument("buckets");
  if (buckets < 1)
    throw error(sqlstate::invalid_parameter_value, "buckets must be at least 1: " + std::to_string(buckets));
  if (buckets > rfm::most_buckets)
    throw error(
        sqlstate::program_limit_exceeded,
        "buckets must be at most " + std::to_string(rfm::most_buckets) + ": " + std::to_string(buckets));
  auto* rank = static_cast<std::int64_t*>(WinGetPartitionLocalMemory(window, sizeof(std::int64_t)));
  std::int64_t position = WinGetCurrentPosition(window);
  if (position == 0 || !WinRowsArePeers(window, position - 1, position)) *rank = position + 1;
  WinSetMarkPosition(window, position);
  PG_RETURN_INT32(rfm::bucket(*rank, WinGetPartitionRowCount(window), buckets));
}

/// Buckets only grow along the window's order, and no frame matters to them.
JOURNEY_FUNCTION(rfm_bucket_support) {
  auto* request = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
  if (IsA(request, SupportRequestWFuncMonotonic)) {
    auto* monotonic = reinterpret_cast<SupportRequestWFuncMonotonic*>(request);
    if (!IsA(linitial(monotonic->window_func->args), Const)) PG_RETURN_POINTER(nullptr);
    monotonic->monotonic = MONOTONICFUNC_INCREASING;
    PG_RETURN_POINTER(request);
  }
#if PG_VERSION_NUM >= 160000
  if (IsA(request, SupportRequestOptimizeWindowClause)) {
    reinterpret_cast<SupportRequestOptimizeWindowClause*>(request)->frameOptions =
        FRAMEOPTION_NONDEFAULT | FRAMEOPTION_ROWS | FRAMEOPTION_START_UNBOUNDED_PRECEDING |
        FRAMEOPTION_END_CURRENT_ROW;
    PG_RETURN_POINTER(request);
  }
#endif
  PG_RETURN_POINTER(nullptr);
}

JOURNEY_FUNCTION(rfm_segment) { return pg::text_datum(rfm::segment(PG_GETARG_INT32(0), PG_GETARG_INT32(1))); }

namespace {

/// A matrix of journey.rfm_matrix, as the query at hand sees it.
class named_matrix {
 public:
  named_matrix(std::pmr::memory_resource* memory, Datum matrix, named_matrix* next)
      : next_(next), name_(pg::text_view(matrix), memory), segments_(memory) {
    static constexpr pg::query_column columns[] = {
        {"recency", INT4OID}, {"frequency", INT4OID}, {"segment", TEXTOID}};
    const pg::query_parameter parameters[] = {{TEXTOID, matrix}};
    pg::read_query(
        "SELECT recency, frequency, segment FROM journey.rfm_matrix WHERE matrix OPERATOR(pg_catalog.=) $1"
        " ORDER BY recency, frequency",
        "matrix", columns,
        [this](const Datum* values, const bool*) {
          top_recency_ = std::max(top_recency_, DatumGetInt32(values[0]));
          top_frequency_ = std::max(top_frequency_, DatumGetInt32(values[1]));
          segments_.emplace_back(pg::text_view(values[2]));
        },
        parameters);
    auto cells = static_cast<std::size_t>(top_recency_) * top_frequency_;
    if (cells == 0)
      throw error(sqlstate::invalid_parameter_value, "unknown matrix: " + quoted(name_),
                  "Add it to journey.rfm_matrix, a row for each pair of scores.");
    if (segments_.size() != cells)
      throw error(sqlstate::invalid_parameter_value,
                  "matrix " + quoted(name_) + " has " + std::to_string(segments_.size()) +
                      " rows instead of " + std::to_string(cells),
                  "Add the missing rows to journey.rfm_matrix.",
                  "It reaches up to recency " + std::to_string(top_recency_) + " and frequency " +
                      std::to_string(top_frequency_) + ".");
  }

  named_matrix* next() const { return next_; }
  std::string_view name() const { return name_; }
  std::string_view segment(std::int32_t recency, std::int32_t frequency) const {
    rfm::check_score("recency", recency, top_recency_);
    rfm::check_score("frequency", frequency, top_frequency_);
    return segments_[static_cast<std::size_t>(recency - 1) * top_frequency_ + frequency - 1];
  }

 private:
  named_matrix* next_;
  std::pmr::string name_;
  std::int32_t top_recency_ = 0, top_frequency_ = 0;
  std::pmr::vector<std::pmr::string> segments_;  // by recency, then by frequency
};

/// The matrices that a call site has read, good as long as its snapshot stays the same.
class matrix_site {
 public:
  static matrix_site& of(FunctionCallInfo fcinfo) {
    FmgrInfo* function = fcinfo->flinfo;
    if (function->fn_extra == nullptr) {
      auto* site = static_cast<matrix_site*>(MemoryContextAllocZero(function->fn_mcxt, sizeof(matrix_site)));
      site->context_ = AllocSetContextCreate(function->fn_mcxt, "journey matrices", ALLOCSET_SMALL_SIZES);
      function->fn_extra = site;
    }
    return *static_cast<matrix_site*>(function->fn_extra);
  }

  const named_matrix& matrix(Datum name) {
    Snapshot now = GetActiveSnapshot();
    sight seen{now->xmin, now->xmax, now->xcnt, now->curcid};
    if (!(seen == seen_)) {
      matrices_ = nullptr;
      MemoryContextReset(context_);
      seen_ = seen;
    }
    for (named_matrix* known = matrices_; known != nullptr; known = known->next())
      if (known->name() == pg::text_view(name)) return *known;
    return *(matrices_ = &pg::make_in<named_matrix>(context_, name, matrices_));
  }

 private:
  struct sight {
    TransactionId xmin, xmax;
    std::uint32_t running;
    CommandId command;
    bool operator==(const sight&) const = default;
  };
  sight seen_;
  MemoryContext context_;
  named_matrix* matrices_;
};

/// The cuts that a call site has checked.
struct cuts_site {
  TypeCacheEntry* type;
  ArrayType* array;
  Datum* cuts;
  int count;
  MemoryContext context;
};

cuts_site& checked_cuts(FunctionCallInfo fcinfo, ArrayType* array) {
  FmgrInfo* function = fcinfo->flinfo;
  if (function->fn_extra == nullptr) {
    auto* made = static_cast<cuts_site*>(MemoryContextAllocZero(function->fn_mcxt, sizeof(cuts_site)));
    made->context = AllocSetContextCreate(function->fn_mcxt, "journey cuts", ALLOCSET_SMALL_SIZES);
    made->type = lookup_type_cache(ARR_ELEMTYPE(array), TYPECACHE_CMP_PROC_FINFO);
    if (!OidIsValid(made->type->cmp_proc))
      throw error(sqlstate::datatype_mismatch,
                  std::string("measures of type ") + format_type_be(ARR_ELEMTYPE(array)) + " have no order");
    function->fn_extra = made;
  }
  auto& site = *static_cast<cuts_site*>(function->fn_extra);
  if (site.array != nullptr && VARSIZE(site.array) == VARSIZE(array) &&
      std::memcmp(site.array, array, VARSIZE(array)) == 0)
    return site;

  site.array = nullptr;
  MemoryContextReset(site.context);
  if (array_contains_nulls(array))
    throw error(sqlstate::null_value_not_allowed, "cuts must not contain a NULL");
  MemoryContext caller = MemoryContextSwitchTo(site.context);
  auto* kept = static_cast<ArrayType*>(palloc(VARSIZE(array)));
  std::memcpy(kept, array, VARSIZE(array));
  deconstruct_array(kept, site.type->type_id, site.type->typlen, site.type->typbyval, site.type->typalign,
                    &site.cuts, nullptr, &site.count);
  MemoryContextSwitchTo(caller);
  for (int i = 1; i < site.count; ++i)
    if (DatumGetInt32(FunctionCall2Coll(&site.type->cmp_proc_finfo, PG_GET_COLLATION(), site.cuts[i - 1],
                                        site.cuts[i])) > 0)
      throw error(
          sqlstate::invalid_parameter_value, "cuts must be in ascending order",
          "For scores that fall as the measure grows, subtract the bucket from the number of buckets + 1.");
  site.array = kept;
  return site;
}

}  // namespace

JOURNEY_FUNCTION(rfm_segment_of) {
  return pg::text_datum(
      matrix_site::of(fcinfo).matrix(PG_GETARG_DATUM(2)).segment(PG_GETARG_INT32(0), PG_GETARG_INT32(1)));
}

JOURNEY_FUNCTION(rfm_bucket_at) {
  Datum measure = PG_GETARG_DATUM(0);
  cuts_site& site = checked_cuts(fcinfo, PG_GETARG_ARRAYTYPE_P(1));
  auto reached = [&](Datum cut) {
    return DatumGetInt32(FunctionCall2Coll(&site.type->cmp_proc_finfo, PG_GET_COLLATION(), cut, measure)) <=
           0;
  };
  Datum* end = std::partition_point(site.cuts, site.cuts + site.count, reached);
  PG_RETURN_INT32(static_cast<std::int32_t>(end - site.cuts) + 1);
}

JOURNEY_FUNCTION(rfm_quantiles_add) {
  auto& state = pg::group_state<rfm::quantiles>(fcinfo);
  if (PG_ARGISNULL(2)) pg::null_argument("buckets");
  if (PG_NARGS() > 3 && PG_ARGISNULL(3)) pg::null_argument("shift");
  state.ask(PG_GETARG_INT32(2), PG_NARGS() > 3 ? PG_GETARG_FLOAT8(3) : 0);
  if (!PG_ARGISNULL(1)) {
    double measure = PG_GETARG_FLOAT8(1);
    if (!std::isfinite(measure))
      throw error(sqlstate::numeric_value_out_of_range, "measure must be a finite number", row_hint);
    state.add(measure);
  }
  PG_RETURN_POINTER(&state);
}

JOURNEY_FUNCTION(rfm_quantiles_final) {
  auto* state = pg::state_argument<rfm::quantiles>(fcinfo);
  if (state == nullptr || state->empty()) PG_RETURN_NULL();
  std::pmr::vector<double> cuts = state->cuts(pg::call_memory());
  static_assert(FLOAT8PASSBYVAL, "doubles are Datums");
  PG_RETURN_ARRAYTYPE_P(construct_array(reinterpret_cast<Datum*>(cuts.data()), static_cast<int>(cuts.size()),
                                        FLOAT8OID, sizeof(double), true, TYPALIGN_DOUBLE));
}

JOURNEY_PARALLEL_AGGREGATE(rfm_quantiles, rfm::quantiles)
