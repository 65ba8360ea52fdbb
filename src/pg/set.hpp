// Set-returning functions.
#pragma once

#include "pg/entry.hpp"
#include "pg/memory.hpp"

namespace journey::pg {

/// The call site of a set-returning function (fn_extra): what the server's SRF macros make anew for each set
/// of rows is kept here for the next one, since a query may ask for millions of small sets.
class row_series {
 public:
  static row_series& of(FunctionCallInfo fcinfo);

  /// What gives the rows of the set at hand; null before its first row.
  void* source() const { return source_; }
  /// Where the source of the next set shall live.
  MemoryContext memory() const { return memory_; }
  void open(FunctionCallInfo fcinfo, void* source);
  /// Returns a row.
  Datum put(FunctionCallInfo fcinfo, const Datum* values, const bool* nulls) const;
  /// Ends the set and forgets its source.
  Datum close(FunctionCallInfo fcinfo);

  void* kept = nullptr;  // what the sources of all sets share, as the function likes; to live in fn_mcxt

 private:
  static void shut_down(Datum series);
  void forget();

  MemoryContext memory_ = nullptr;
  TupleDesc shape_ = nullptr;  // of composite rows
  void* source_ = nullptr;
  bool watched_ = false;  // the executor will tell when it wants no more rows
};

/// One row at a time, for results that are small or cheap to make. Before the first row `open(series)` makes
/// the source of the rows in `series.memory()`, then the current context, and returns a pointer, null for no
/// rows. The source's `next(values, nulls)` fills a row of `columns` values, all 0 and not NULL before, or
/// returns false.
template <class Open>
Datum each_row(FunctionCallInfo fcinfo, Open open) {
  using source_type = std::remove_pointer_t<decltype(open(std::declval<row_series&>()))>;
  row_series& series = row_series::of(fcinfo);
  if (series.source() == nullptr) {
    MemoryContext caller = MemoryContextSwitchTo(series.memory());
    source_type* source = open(series);
    MemoryContextSwitchTo(caller);
    if (source == nullptr) return series.close(fcinfo);
    series.open(fcinfo, source);
  }
  Datum values[source_type::columns]{};
  bool nulls[source_type::columns]{};
  if (!static_cast<source_type*>(series.source())->next(values, nulls)) return series.close(fcinfo);
  return series.put(fcinfo, values, nulls);
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
