#include "pg/query.hpp"

#include "pg/context.hpp"
#include "pg/datum.hpp"

namespace journey::pg {

namespace {

constexpr int most_columns = 16;

struct row_receiver {
  DestReceiver callbacks;  // first, so that the server's pointer is ours
  const char* argument;
  std::span<const query_column> columns;
  plain_row row;
  void* closure;
  MemoryContext per_row;
  int given;
  bool started;
};

std::string shape_text(std::span<const query_column> columns) {
  std::string text = "(";
  for (const query_column& column : columns) {
    if (text.size() > 1) text += ", ";
    text += std::string(column.name) + " " + format_type_be(column.type);
    if (column.optional) text += " (may be missing)";
  }
  return text + ")";
}

void check_shape(row_receiver& self, TupleDesc shape) {
  auto wanted = static_cast<int>(self.columns.size());
  std::string must = std::string(self.argument) + " must return " + shape_text(self.columns);
  if (shape->natts > wanted || (shape->natts < wanted && !self.columns[shape->natts].optional))
    throw error(sqlstate::datatype_mismatch, must, {},
                "The query returns " + std::to_string(shape->natts) + " columns.");
  for (int i = 0; i < shape->natts; ++i) {
    Oid type = TupleDescAttr(shape, i)->atttypid;
    bool textual = self.columns[i].type == TEXTOID && (type == VARCHAROID || type == UNKNOWNOID);
    if (type != self.columns[i].type && !textual)
      throw error(sqlstate::datatype_mismatch, must,
                  std::string("Cast it in the query: ") + NameStr(TupleDescAttr(shape, i)->attname) +
                      "::" + format_type_be(self.columns[i].type) + ".",
                  "Column " + std::to_string(i + 1) + " is of type " + format_type_be(type) + ".");
  }
}

// The server calls these: each is an entry of its own, so no exception reaches its frames.
void start(DestReceiver* receiver, int, TupleDesc shape) {
  auto* self = reinterpret_cast<row_receiver*>(receiver);
  guarded([&] {
    check_shape(*self, shape);
    self->given = shape->natts;
    self->started = true;
    return 0;
  });
}

bool receive(TupleTableSlot* slot, DestReceiver* receiver) {
  auto* self = reinterpret_cast<row_receiver*>(receiver);
  slot_getallattrs(slot);
  Datum values[most_columns] = {};
  bool nulls[most_columns];
  for (int i = 0; i < most_columns; ++i) {
    nulls[i] = i >= self->given || slot->tts_isnull[i];
    if (!nulls[i]) values[i] = slot->tts_values[i];
  }
  MemoryContextReset(self->per_row);
  MemoryContext outer = MemoryContextSwitchTo(self->per_row);
  guarded([&] {
    self->row(self->closure, values, nulls);
    return 0;
  });
  MemoryContextSwitchTo(outer);
  return true;
}

[[noreturn]] void not_a_query(std::string_view query, const char* argument) {
  throw error(sqlstate::syntax_error,
              std::string(argument) + " must be a query that returns rows, not " + quoted(query),
              "Give one SELECT statement as text.");
}

/// A syntax error comes from a name without TABLE or SELECT more often than from bad SQL.
void hint_at_query(void* argument) {
  if (geterrcode() == ERRCODE_SYNTAX_ERROR)
    errhint("%s is a query, such as 'TABLE name' or 'SELECT ... FROM name'.",
            static_cast<const char*>(argument));
}

}  // namespace

double expected_rows(std::string_view query, const char* argument) {
  char* statement = pnstrdup(query.data(), query.size());
  SPI_connect();
  SPIPlanPtr prepared =
      in_context(hint_at_query, argument, [&] { return SPI_prepare(statement, 0, nullptr); });
  CachedPlan* plan = prepared == nullptr ? nullptr : SPI_plan_get_cached_plan(prepared);
  if (plan == nullptr) not_a_query(query, argument);
  auto* planned = linitial_node(PlannedStmt, plan->stmt_list);
  if (planned->commandType != CMD_SELECT) not_a_query(query, argument);
  double rows = planned->planTree->plan_rows;
  ReleaseCachedPlan(plan, nullptr);
  SPI_finish();
  return rows;
}

void read_rows(std::string_view query, const char* argument, std::span<const query_column> columns,
               plain_row row, void* closure, std::span<const query_parameter> parameters) {
  if (columns.size() > most_columns) throw error(sqlstate::internal_error, "too many columns to read");
  row_receiver receiver{};
  receiver.callbacks = {receive, start, [](DestReceiver*) {}, [](DestReceiver*) {}, DestNone};
  receiver.argument = argument;
  receiver.columns = columns;
  receiver.row = row;
  receiver.closure = closure;

  char* statement = pnstrdup(query.data(), query.size());
  SPI_connect();
  receiver.per_row = AllocSetContextCreate(CurrentMemoryContext, "journey query row", ALLOCSET_DEFAULT_SIZES);
  SPIExecuteOptions options{};
  options.read_only = true;
  options.dest = &receiver.callbacks;
  if (!parameters.empty()) {
    options.params = makeParamList(static_cast<int>(parameters.size()));
    for (std::size_t i = 0; i < parameters.size(); ++i)
      options.params->params[i] = {parameters[i].value, false,
                                   static_cast<uint16>(parameters[i].folded ? PARAM_FLAG_CONST : 0),
                                   parameters[i].type};
  }
  int result = in_context(hint_at_query, argument, [&] { return SPI_execute_extended(statement, &options); });
  if (result < 0 || !receiver.started) not_a_query(query, argument);
  SPI_finish();
}

}  // namespace journey::pg
