// Set-returning functions.
#pragma once

#include <optional>

#include "pg/call_site.hpp"
#include "pg/composite.hpp"

namespace journey::pg {

/// The call site of a set-returning function (fn_extra): what the server's SRF macros make anew for each set
/// of rows is kept here for the next one, since a query may ask for millions of small sets.
class row_series {
 public:
  /// For the call site of a function that returns rows of these types.
  row_series(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo, std::initializer_list<Oid> columns);

  /// What gives the rows of the set at hand; null before its first row.
  void* source() const { return source_; }
  /// Where the source of the next set shall live.
  MemoryContext memory() const { return memory_; }
  void open(FunctionCallInfo fcinfo, void* source);
  /// Returns a row.
  Datum put(FunctionCallInfo fcinfo, const Datum* values, const bool* nulls) const;
  /// Ends the set and forgets its source.
  Datum close(FunctionCallInfo fcinfo);

  /// What the sources of all sets share, made at first use. One type a function.
  template <class T>
  T& shared(FunctionCallInfo fcinfo) {
    if (shared_ == nullptr) shared_ = &make_in<T>(fcinfo->flinfo->fn_mcxt);
    return *static_cast<T*>(shared_);
  }

 private:
  static void shut_down(Datum series);
  void forget();

  MemoryContext memory_;
  std::optional<row_type> rows_;  // where the function returns rows, not single values
  void* source_ = nullptr;
  void* shared_ = nullptr;
  bool watched_ = false;  // the executor will tell when it wants no more rows
};

/// One row at a time, for results that are small or cheap to make. Before the first row `open(series)` makes
/// the source of the rows in `series.memory()`, then the current context, and returns a pointer, null for no
/// rows. The source's `next(values, nulls)` fills a row, all 0 and not NULL before, or returns false; no row
/// has more than its `columns` values. An error where the function's rows are not of the types `columns`.
template <class Open>
Datum each_row(FunctionCallInfo fcinfo, std::initializer_list<Oid> columns, Open open) {
  using source_type = std::remove_pointer_t<decltype(open(std::declval<row_series&>()))>;
  auto& series = call_site<row_series>(fcinfo, fcinfo, columns);
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
