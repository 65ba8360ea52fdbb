// What the SQL functions of this room share: their arguments, the edges they read, the rows they give.
#pragma once

#include <exception>

#include "identity/alias_graph.hpp"
#include "identity/block_list.hpp"
#include "pg/datum.hpp"
#include "pg/memory.hpp"
#include "pg/set.hpp"

namespace journey::identity {

/// The memory of one call: freed at its end, or by the server after an error. To be declared before all that
/// lives in it.
class workspace {
 public:
  explicit workspace(const char* name)
      : context_(AllocSetContextCreateInternal(CurrentMemoryContext, name, ALLOCSET_DEFAULT_SIZES)) {}
  workspace(const workspace&) = delete;
  workspace& operator=(const workspace&) = delete;
  ~workspace() {
    // A server error on its way may have been copied here.
    if (std::uncaught_exceptions() == 0) MemoryContextDelete(context_);
  }
  MemoryContext context() const { return context_; }

 private:
  MemoryContext context_;
};

/// The two forms of edges that each function takes.
enum class edge_form {
  users,  // (alias, user_id, seen_at): an id is told by (alias, is_user), a visitor by its id
  kinds,  // (a_kind, a, b_kind, b, seen_at): an id is told by (kind, alias), a visitor by its kind and id
};

/// Where the arguments of a function are; those of the other form are left at `none`.
struct argument_positions {
  static constexpr int none = -1;
  int edges = none;
  int mode = none;
  int blocked = none;
  int max_users = none;
  int priority = none;
  int unique_kinds = none;
  int max_members = none;
  int text_list =
      none;  // that of priority and unique_kinds which is the text of an array; so is blocked then
  edge_form form() const { return priority == none ? edge_form::users : edge_form::kinds; }
};

/// Whether a query of edges has the column seen_at.
enum class time_column { none, optional, needed };

inline constexpr kind user_kind = 0;
inline constexpr kind alias_kind = 1;

/// The edges that a call is about, with the rules it gives for them.
class edge_source {
 public:
  explicit edge_source(std::pmr::memory_resource* memory);

  /// Reads and checks the arguments.
  void read_arguments(FunctionCallInfo fcinfo, const argument_positions& at);
  edge_form form() const { return form_; }
  const graph_rules& rules() const { return rules_; }

  /// Runs the query `edges`; `row(weak, strong, seen_at)` gets the ids of each row in `ids`.
  template <class Row>
  void each_edge(id_pool& ids, Row row, time_column time = time_column::optional) {
    auto call = [](void* closure, node weak, node strong, instant seen_at) {
      (*static_cast<Row*>(closure))(weak, strong, seen_at);
    };
    read(edges_, "edges", time, ids, call, &row);
  }
  /// As above for another query of pairs of ids, without a time.
  template <class Row>
  void each_pair(std::string_view query, const char* argument, id_pool& ids, Row row) {
    auto call = [](void* closure, node left, node right, instant) {
      (*static_cast<Row*>(closure))(left, right);
    };
    read(query, argument, time_column::none, ids, call, &row);
  }

  /// Adds all edges to the graph and tells it the kinds.
  void fill(alias_graph& graph);
  /// Tells the graph the kinds: once all its ids are there.
  void rule_kinds(alias_graph& graph) const;

  /// The number of an id, which is marked if it is one of the blocked.
  node add(id_pool& ids, kind kind, std::string_view text) const;
  kind add_kind(std::string_view name);
  std::string_view kind_name(kind kind) const { return kinds_[kind].text(); }

 private:
  using row_handler = void (*)(void* closure, node, node, instant);
  void read(std::string_view query, const char* argument, time_column time, id_pool& ids, row_handler row,
            void* closure);

  std::string_view edges_;
  edge_form form_ = edge_form::users;
  graph_rules rules_;
  std::uint32_t max_users_ = graph_rules::no_limit;
  block_list blocked_;
  id_pool kinds_;         // their names, those of the argument priority first
  node prioritised_ = 0;  // how many these are
  std::pmr::vector<kind> unique_;
};

/// The rows of a result, column by column.
class row_writer {
 public:
  row_writer(FunctionCallInfo fcinfo, const workspace& work);

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
  void boolean(bool value) { put(BoolGetDatum(value)); }
  void number(std::uint64_t value) { put(Int64GetDatum(static_cast<std::int64_t>(value))); }
  void real(double value) { put(Float8GetDatum(value)); }
  void time(instant value);
  void datum(Datum value) { put(value); }

  /// Two columns; all NULL for `no_node`.
  void id(const edge_source& source, const id_pool& ids, node number);
  /// One column in the form users, two in the form kinds.
  void visitor(const edge_source& source, const id_pool& ids, node number);

 private:
  void put(Datum value, bool null = false) {
    values_[column_] = value;
    nulls_[column_++] = null;
  }

  pg::row_store rows_;
  MemoryContext per_row_;
  Datum values_[16];
  bool nulls_[16];
  int column_ = 0;
};

/// A time from the server; NULL is not known, infinity a known time just before that.
instant instant_of(Datum value, bool null);
/// The other way round; only for known times.
TimestampTz timestamp_of(instant time);

}  // namespace journey::identity
