#include <cmath>

#include "pg/aggregate.hpp"
#include "pg/datum.hpp"
#include "rfm/payments.hpp"
#include "rfm/scores.hpp"

extern "C" {
#include "utils/fmgroids.h"
}

using namespace journey;

namespace {

constexpr const char* row_hint = "Leave such rows out with a FILTER clause, or mend the data.";

/// The amount in argument `position`, of any type that an overload declares.
class amount_argument {
 public:
  amount_argument(FunctionCallInfo fcinfo, int position) {
    Datum value = PG_GETARG_DATUM(position);
    switch (get_fn_expr_argtype(fcinfo->flinfo, position)) {
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

rfm::instant paid_at_argument(FunctionCallInfo fcinfo, int position) {
  TimestampTz paid_at = PG_GETARG_TIMESTAMPTZ(position);
  if (TIMESTAMP_NOT_FINITE(paid_at))
    throw error(sqlstate::datetime_overflow,
                std::string("paid_at must be a finite time: ") +
                    (TIMESTAMP_IS_NOBEGIN(paid_at) ? "-infinity" : "infinity"),
                row_hint);
  return paid_at;
}

/// The id in argument `position` as text, of whatever type it is.
std::string_view id_argument(FunctionCallInfo fcinfo, int position) {
  if (fcinfo->flinfo->fn_extra == nullptr) {
    Oid type = get_fn_expr_argtype(fcinfo->flinfo, position);
    if (!OidIsValid(type))
      throw error(sqlstate::datatype_mismatch, "the type of payment_id can't be determined");
    Oid output;
    bool varlena;
    getTypeOutputInfo(type, &output, &varlena);
    auto* function = static_cast<FmgrInfo*>(MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo)));
    fmgr_info_cxt(output, function, fcinfo->flinfo->fn_mcxt);
    fcinfo->flinfo->fn_extra = function;
  }
  auto* function = static_cast<FmgrInfo*>(fcinfo->flinfo->fn_extra);
  if (function->fn_oid == F_TEXTOUT || function->fn_oid == F_VARCHAROUT)
    return pg::text_argument(fcinfo, position);
  return OutputFunctionCall(function, PG_GETARG_DATUM(position));
}

bool any_null(FunctionCallInfo fcinfo) {
  for (int i = 1; i < PG_NARGS(); ++i)
    if (PG_ARGISNULL(i)) return true;
  return false;
}

/// The row type of the result, looked up once a query.
TupleDesc result_shape(FunctionCallInfo fcinfo) {
  if (fcinfo->flinfo->fn_extra == nullptr) {
    MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    TupleDesc shape;
    if (get_call_result_type(fcinfo, nullptr, &shape) != TYPEFUNC_COMPOSITE)
      throw error(sqlstate::datatype_mismatch, "the function must return a row type");
    fcinfo->flinfo->fn_extra = BlessTupleDesc(shape);
    MemoryContextSwitchTo(caller);
  }
  return static_cast<TupleDesc>(fcinfo->flinfo->fn_extra);
}

Datum rfm_value(FunctionCallInfo fcinfo, const rfm::tally& payments) {
  Datum values[] = {TimestampTzGetDatum(payments.first()), TimestampTzGetDatum(payments.last()),
                    Int64GetDatum(payments.count()), numeric_datum(payments.sum())};
  bool nulls[std::size(values)] = {};
  return HeapTupleGetDatum(heap_form_tuple(result_shape(fcinfo), values, nulls));
}

}  // namespace

JOURNEY_FUNCTION(rfm_add) {
  auto& state = pg::group_state<rfm::tally>(fcinfo);
  if (!any_null(fcinfo)) state.add(paid_at_argument(fcinfo, 1), *amount_argument(fcinfo, 2));
  PG_RETURN_POINTER(&state);
}

JOURNEY_FUNCTION(rfm_final) {
  auto* state = pg::state_argument<rfm::tally>(fcinfo);
  if (state == nullptr || state->empty()) PG_RETURN_NULL();
  return rfm_value(fcinfo, *state);
}

JOURNEY_PARALLEL_AGGREGATE(rfm, rfm::tally)

JOURNEY_FUNCTION(rfm_distinct_add) {
  auto& state = pg::group_state<rfm::ledger>(fcinfo);
  if (!any_null(fcinfo)) {
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
  return rfm_value(fcinfo, payments);
}

JOURNEY_PARALLEL_AGGREGATE(rfm_distinct, rfm::ledger)

JOURNEY_FUNCTION(rfm_bucket) {
  WindowObject window = PG_WINDOW_OBJECT();
  bool null;
  auto buckets = DatumGetInt32(WinGetFuncArgCurrent(window, 0, &null));
  if (null) pg::null_argument("buckets");
  if (buckets < 1)
    throw error(sqlstate::invalid_parameter_value, "buckets must be at least 1: " + std::to_string(buckets));
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
