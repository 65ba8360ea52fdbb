#include "pg/set.hpp"

namespace journey::pg {
namespace {

ReturnSetInfo* result_of(FunctionCallInfo fcinfo) {
  return reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
}

}  // namespace

row_series& row_series::of(FunctionCallInfo fcinfo) {
  if (fcinfo->flinfo->fn_extra != nullptr) return *static_cast<row_series*>(fcinfo->flinfo->fn_extra);
  if (fcinfo->resultinfo == nullptr || !IsA(fcinfo->resultinfo, ReturnSetInfo))
    throw error(sqlstate::feature_not_supported, "a set of rows is asked for where none can be returned");
  MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
  auto* series = new (palloc(sizeof(row_series))) row_series;
  TupleDesc shape;
  if (get_call_result_type(fcinfo, nullptr, &shape) == TYPEFUNC_COMPOSITE)
    series->shape_ = BlessTupleDesc(shape);
  series->memory_ =
      AllocSetContextCreate(CurrentMemoryContext, "rows of a journey function", ALLOCSET_SMALL_SIZES);
  MemoryContextSwitchTo(caller);
  fcinfo->flinfo->fn_extra = series;
  return *series;
}

void row_series::open(FunctionCallInfo fcinfo, void* source) {
  source_ = source;
  if (watched_) return;
  RegisterExprContextCallback(result_of(fcinfo)->econtext, shut_down, PointerGetDatum(this));
  watched_ = true;
}

Datum row_series::put(FunctionCallInfo fcinfo, const Datum* values, const bool* nulls) const {
  result_of(fcinfo)->isDone = ExprMultipleResult;
  if (shape_ != nullptr)
    return HeapTupleGetDatum(heap_form_tuple(shape_, const_cast<Datum*>(values), const_cast<bool*>(nulls)));
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
