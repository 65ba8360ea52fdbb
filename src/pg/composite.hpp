// Values of composite types.
#pragma once

#include <initializer_list>
#include <memory_resource>

#include "base/interrupts.hpp"
#include "pg/datum.hpp"

namespace journey::pg {

/// A composite type as the C++ here knows it. Keep one per call site: looking a type up costs more than
/// using it.
class row_type {
 public:
  /// The type of OID for a column whose type is of this extension, and so has no fixed one.
  static constexpr Oid any = InvalidOid;

  /// The type `journey.<name>`; an error where its columns are not of these types. Lives in `context`.
  static row_type named(MemoryContext context, const char* name, std::initializer_list<Oid> columns);

  /// The rows that a function returns, or those in the array that it returns. By the function's declaration:
  /// needs no expression tree. Lives as long as the call site.
  static row_type returned(FunctionCallInfo fcinfo, std::initializer_list<Oid> columns);

  Oid oid() const { return shape_->tdtypeid; }
  Datum row(const Datum* values, const bool* nulls) const {
    return HeapTupleGetDatum(heap_form_tuple(shape_, const_cast<Datum*>(values), const_cast<bool*>(nulls)));
  }
  /// An array of rows made by `row`.
  Datum array(Datum* rows, std::size_t count) const;
  /// The columns of a value.
  void read(Datum value, Datum* values, bool* nulls) const;

 private:
  row_type(TupleDesc shape, std::initializer_list<Oid> columns);
  TupleDesc shape_;
};

/// The rows that a final function returns, by the types of their columns; looked up once.
template <Oid... Columns>
struct result_rows {
  result_rows(std::pmr::memory_resource*, FunctionCallInfo fcinfo)
      : type(row_type::returned(fcinfo, {Columns...})) {}
  row_type type;

  /// An array with a row for each item; `fill(item, values, nulls)` sets the columns.
  template <class Items, class Fill>
  Datum array(const Items& items, Fill fill) const {
    auto* rows = static_cast<Datum*>(palloc_extended(sizeof(Datum) * (items.size() + 1), MCXT_ALLOC_HUGE));
    std::size_t count = 0;
    for (const auto& item : items) {
      check_interrupts();
      Datum values[sizeof...(Columns)]{};
      bool nulls[sizeof...(Columns)]{};
      fill(item, values, nulls);
      rows[count++] = type.row(values, nulls);
    }
    return type.array(rows, count);
  }
};

/// The OID of the type `journey.<name>`.
Oid type_named(const char* name);

}  // namespace journey::pg
