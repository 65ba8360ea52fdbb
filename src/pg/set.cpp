#include "pg/set.hpp"

namespace journey::pg {
namespace {

ReturnSetInfo* result_of(FunctionCallInfo fcinfo) {
  return reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
}

}  // namespace

row_series::row_series(std::pmr::memory_resource*, FunctionCallInfo fcinfo,
                       std::initializer_list<Oid> columns) {
  if (fcinfo->resultinfo == nullptr || !IsA(fcinfo->resultinfo, ReturnSetInfo))
    throw error(sqlstate::feature_not_supported, "a set of rows is asked for where none can be returned");
  if (get_call_result_type(fcinfo, nullptr, nullptr) == TYPEFUNC_COMPOSITE)
    rows_ = row_type::returned(fcinfo, columns);
  memory_ =
      AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "rows of a journey function", ALLOCSET_SMALL_SIZES);
}

void row_series::open(FunctionCallInfo fcinfo, void* source) {
  source_ = source;
  if (watched_) return;
  RegisterExprContextCallback(result_of(fcinfo)->econtext, shut_down, PointerGetDatum(this));
  watched_ = true;
}

Datum row_series::put(FunctionCallInfo fcinfo, const Datum* values, const bool* nulls) const {
  result_of(fcinfo)->isDone = ExprMultipleResult;
  if (rows_) return rows_->row(values, nulls);
  fcinfo->isnull = nulls[0];
  return values[0];
}

Datum row_series::close(FunctionCallInfo fcinfo) {
  forget();
  result_of(fcinfo)->isDone = ExprEndResult;
  PG_RETURN_NULL();
}

/// The executor drops a callback once it has called it.
void row_series::shut_down(Datum series) {
  auto* stopped = reinterpret_cast<row_series*>(DatumGetPointer(series));
  stopped->forget();
  stopped->watched_ = false;
}

void row_series::forget() {
  source_ = nullptr;
  MemoryContextReset(memory_);
}

}  // namespace journey::pg
