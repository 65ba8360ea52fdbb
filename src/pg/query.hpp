// Reading the rows of a query that the user hands over as text.
#pragma once

#include <span>

#include "pg/entry.hpp"

namespace journey::pg {

/// A column that the query must return at its position.
struct query_column {
  const char* name;  // for messages
  Oid type;
  bool optional = false;  // it may be missing, with all that follow; it then reads as NULL
};

/// What stands for $1, $2, ... in a query.
struct query_parameter {
  Oid type;
  Datum value;
  bool folded = true;  // into the plan, as a constant; else the plan takes it as it runs
};

/// How many rows the planner expects of `query`. `argument` names it in messages.
double expected_rows(std::string_view query, const char* argument);

/// `read_query` with the row handler as a plain function; `closure` is handed through.
using plain_row = void (*)(void* closure, const Datum* values, const bool* nulls);
void read_rows(std::string_view query, const char* argument, std::span<const query_column> columns,
               plain_row row, void* closure, std::span<const query_parameter> parameters);

/// Runs `query` read-only, parallel plans allowed, and hands over each row as it comes: nothing is collected.
/// `row(values, nulls)` runs in a memory context that is reset before the next row. `argument` names the
/// query in messages. A query that fails keeps its own SQLSTATE; other columns than these are an error.
template <class Row>
void read_query(std::string_view query, const char* argument, std::span<const query_column> columns, Row row,
                std::span<const query_parameter> parameters = {}) {
  read_rows(
      query, argument, columns,
      [](void* closure, const Datum* values, const bool* nulls) {
        (*static_cast<Row*>(closure))(values, nulls);
      },
      &row, parameters);
}

}  // namespace journey::pg
