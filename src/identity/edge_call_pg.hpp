// What every SQL function of this room needs: memory for one call, what it is asked, the rows it gives.
#pragma once

#include "identity/edges_pg.hpp"
#include "pg/set.hpp"
#include "pg/workspace.hpp"

namespace journey::identity {

/// The rows of a result, column by column.
class row_writer {
 public:
  row_writer(FunctionCallInfo fcinfo, const pg::workspace& work, const edge_source& source);

  /// Runs `columns` in memory that is freed right after it, then ends the row.
  template <class Columns>
  void row(Columns columns) {
    MemoryContext caller = MemoryContextSwitchTo(per_row_);
    column_ = 0;
    columns();
    rows_.put(values_, nulls_);
    MemoryContextSwitchTo(caller);
    MemoryContextReset(per_row_);
  }

  void null() { put(Datum{0}, true); }
  void text(std::string_view value) { put(pg::text_datum(value)); }
  void number(std::uint64_t value) { put(Int64GetDatum(static_cast<std::int64_t>(value))); }
  void real(double value) { put(Float8GetDatum(value)); }
  void time(instant value);
  void datum(Datum value) { put(value); }

  /// Two columns, by which the form of edges tells an id; all NULL for `no_node`.
  void id(node number);
  /// One column in the form users, two in the form kinds.
  void visitor(node number);
  /// A row of `change`: the id, what the mapping says of it, the visitor it had before.
  void changed(const change& one);

  /// The columns of `id` as values.
  struct id_columns {
    Datum values[2];
  };
  id_columns columns_of(node number) const;

 private:
  void put(Datum value, bool null = false) {
    values_[column_] = value;
    nulls_[column_++] = null;
  }

  const edge_source& source_;
  pg::row_store rows_;
  MemoryContext per_row_;
  Datum values_[16];
  bool nulls_[16];
  int column_ = 0;
};

/// One call of a function.
struct edge_call {
  edge_call(FunctionCallInfo fcinfo, const argument_positions& at)
      : source(work.memory(), fcinfo, at), out(fcinfo, work, source) {}
  std::pmr::memory_resource* memory() { return work.memory(); }

  pg::workspace work{"journey identity"};
  edge_source source;
  row_writer out;
};

}  // namespace journey::identity
