// Set-returning functions.
#pragma once

#include "pg/entry.hpp"
#include "pg/memory.hpp"

namespace journey::pg {

/// One row at a time, for results that are small or cheap to make. `open` runs at the first call and returns
/// a reference to a source made in the given context; `source.next(values, nulls)` fills a row or returns
/// false.
template <class Open>
Datum each_row(FunctionCallInfo fcinfo, Open open) {
  using source = std::remove_reference_t<decltype(open(MemoryContext{}))>;
  if (SRF_IS_FIRSTCALL()) {
    FuncCallContext* calls = SRF_FIRSTCALL_INIT();
    MemoryContext caller = MemoryContextSwitchTo(calls->multi_call_memory_ctx);
    TupleDesc shape;
    if (get_call_result_type(fcinfo, nullptr, &shape) == TYPEFUNC_COMPOSITE)
      calls->tuple_desc = BlessTupleDesc(shape);
    calls->user_fctx = &open(calls->multi_call_memory_ctx);
    MemoryContextSwitchTo(caller);
  }
  FuncCallContext* calls = SRF_PERCALL_SETUP();
  int columns = calls->tuple_desc == nullptr ? 1 : calls->tuple_desc->natts;
  auto* values = static_cast<Datum*>(palloc0(columns * sizeof(Datum)));
  auto* nulls = static_cast<bool*>(palloc0(columns * sizeof(bool)));
  if (!static_cast<source*>(calls->user_fctx)->next(values, nulls)) SRF_RETURN_DONE(calls);
  if (calls->tuple_desc != nullptr)
    SRF_RETURN_NEXT(calls, HeapTupleGetDatum(heap_form_tuple(calls->tuple_desc, values, nulls)));
  if (nulls[0]) SRF_RETURN_NEXT_NULL(calls);
  SRF_RETURN_NEXT(calls, values[0]);
}

/// All rows at once, for large results: kept within `work_mem`, the rest on disk.
class row_store {
 public:
  explicit row_store(FunctionCallInfo fcinfo) {
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    rows_ = result->setResult;
    shape_ = result->setDesc;
  }
  void put(const Datum* values, const bool* nulls) {
    tuplestore_putvalues(rows_, shape_, const_cast<Datum*>(values), const_cast<bool*>(nulls));
  }

 private:
  Tuplestorestate* rows_;
  TupleDesc shape_;
};

}  // namespace journey::pg
