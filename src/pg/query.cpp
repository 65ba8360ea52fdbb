#include "pg/query.hpp"

#include "pg/context.hpp"
#include "pg/datum.hpp"

namespace journey::pg {

namespace {

constexpr int most_columns = 16;

struct row_receiver {
  DestReceiver callbacks;  // first, so that the server's pointer is ours
  plain_row row;
  void* closure;
  MemoryContext per_row;
  int given;  // of the columns
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

void check_shape(TupleDesc shape, const char* argument, std::span<const query_column> columns) {
  auto wanted = static_cast<int>(columns.size());
  std::string must = std::string(argument) + " must return " + shape_text(columns);
  if (shape->natts > wanted || (shape->natts < wanted && !columns[shape->natts].optional))
    throw error(sqlstate::datatype_mismatch, must, {},
                "The query returns " + std::to_string(shape->natts) + " columns.");
  for (int i = 0; i < shape->natts; ++i) {
    Oid type = TupleDescAttr(shape, i)->atttypid;
    bool textual = columns[i].type == TEXTOID && (type == VARCHAROID || type == UNKNOWNOID);
    std::string name = NameStr(TupleDescAttr(shape, i)->attname);
    if (type != columns[i].type && !textual)
      throw error(sqlstate::datatype_mismatch, must,
                  type_is_array(type)
                      ? "Make a row of each element: unnest(" + name + ")."
                      : "Cast it in the query: " + name + "::" + format_type_be(columns[i].type) + ".",
                  "Column " + std::to_string(i + 1) + " is of type " + format_type_be(type) + ".");
  }
}

// The server calls it: an entry of its own, so that no exception reaches its frames.
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

/// A syntax error comes from a name without TABLE or SELECT more often than from bad SQL, and a table is
/// missed where a search_path is set for the caller's sake: by a function or for a materialized view.
void hint_at_query(void* argument) {
  if (geterrcode() == ERRCODE_SYNTAX_ERROR)
    errhint("%s is a query, such as 'TABLE name' or 'SELECT ... FROM name'.",
            static_cast<const char*>(argument));
  if (geterrcode() == ERRCODE_UNDEFINED_TABLE)
    errhint(
        "Qualify the names in %s, as in 'TABLE schema.name': the search_path may be another where the query "
        "runs.",
        static_cast<const char*>(argument));
}

/// The plan of `query`, which must be one statement that returns rows.
struct prepared_query {
  SPIPlanPtr plan;
  TupleDesc shape;
};

/// Between SPI_connect and SPI_finish.
prepared_query prepare(std::string_view query, const char* argument,
                       std::span<const query_parameter> parameters) {
  auto* types = static_cast<Oid*>(palloc(parameters.size() * sizeof(Oid)));
  for (std::size_t i = 0; i < parameters.size(); ++i) types[i] = parameters[i].type;
  char* statement = pnstrdup(query.data(), query.size());
  SPIPlanPtr plan = in_context(hint_at_query, argument, [&] {
    return SPI_prepare_cursor(statement, static_cast<int>(parameters.size()), types, CURSOR_OPT_PARALLEL_OK);
  });
  List* statements = plan == nullptr ? NIL : SPI_plan_get_plan_sources(plan);
  if (list_length(statements) == 1)
    if (TupleDesc shape = static_cast<CachedPlanSource*>(linitial(statements))->resultDesc)
      return {plan, shape};
  throw error(sqlstate::syntax_error,
              std::string(argument) + " must be one query that returns rows, not " + quoted(query),
              "Give one SELECT statement as text.");
}

}  // namespace

double expected_rows(std::string_view query, const char* argument) {
  SPI_connect();
  CachedPlan* plan = SPI_plan_get_cached_plan(prepare(query, argument, {}).plan);
  Plan* tree = linitial_node(PlannedStmt, plan->stmt_list)->planTree;
  double rows = tree == nullptr ? 0 : tree->plan_rows;  // null: no SELECT, but something like SHOW
  ReleaseCachedPlan(plan, nullptr);
  SPI_finish();
  return rows;
}

void read_rows(std::string_view query, const char* argument, std::span<const query_column> columns,
               plain_row row, void* closure, std::span<const query_parameter> parameters) {
  if (columns.size() > most_columns) throw error(sqlstate::internal_error, "too many columns to read");
  SPI_connect();
  prepared_query prepared = prepare(query, argument, parameters);
  check_shape(prepared.shape, argument, columns);

  row_receiver receiver{};
  receiver.callbacks = {receive, [](DestReceiver*, int, TupleDesc) {}, [](DestReceiver*) {},
                        [](DestReceiver*) {}, DestNone};
  receiver.row = row;
  receiver.closure = closure;
  receiver.per_row = AllocSetContextCreate(CurrentMemoryContext, "journey query row", ALLOCSET_DEFAULT_SIZES);
  receiver.given = prepared.shape->natts;
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
  if (int result = SPI_execute_plan_extended(prepared.plan, &options); result < 0)
    throw error(sqlstate::internal_error,
                std::string(argument) + " could not be run: " + SPI_result_code_string(result));
  SPI_finish();
}

}  // namespace journey::pg
