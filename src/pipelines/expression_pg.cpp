// The SQL expressions that declare a source: checked once, and kept in a form that means the same for any
// caller.
#include "pg/context.hpp"
#include "pg/datum.hpp"
#include "pg/entry.hpp"

extern "C" {
#include "access/relation.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
}

using namespace journey;

namespace {

struct given_expression {
  const char* argument;
  const char* text;
};

/// Beside every error in an expression: where it stands, by the expression and not by the query around it.
void locate_error(void* argument) {
  const auto& given = *static_cast<given_expression*>(argument);
  if (int position = geterrposition(); position > 0) {
    errposition(0);
    internalerrposition(position);
    internalerrquery(given.text);
  }
  errcontext("expression of the argument \"%s\"", given.argument);
}

[[noreturn]] void refuse(const char* state, const char* argument, std::string_view expression,
                         const char* why, const char* hint) {
  throw error(state, std::string(argument) + " " + why + ": " + quoted(expression), hint);
}

/// The one expression that the text is; the parse tree as it was written.
Node* parsed(const char* text, const char* argument) {
  List* statements = raw_parser(text, RAW_PARSE_PLPGSQL_EXPR);
  auto* select = castNode(SelectStmt, castNode(RawStmt, linitial(statements))->stmt);
  bool alone = list_length(select->targetList) == 1 && select->distinctClause == NIL &&
               select->fromClause == NIL && select->whereClause == nullptr && select->groupClause == NIL &&
               select->havingClause == nullptr && select->windowClause == NIL && select->sortClause == NIL &&
               select->limitOffset == nullptr && select->limitCount == nullptr &&
               select->lockingClause == NIL;
  auto* target = alone ? linitial_node(ResTarget, select->targetList) : nullptr;
  if (target == nullptr || target->name != nullptr || target->val == nullptr)
    refuse(sqlstate::syntax_error, argument, text, "is not one expression",
           "Give an expression over the source's columns, such as a column's name.");
  return target->val;
}

/// In the place of the name event: the expression given as event, since the column of that name may be
/// another.
Node* event_expression(ParseState* state, ColumnRef* column) {
  auto* event = static_cast<Node*>(state->p_ref_hook_state);
  if (event == nullptr || list_length(column->fields) != 1) return nullptr;
  auto* name = static_cast<Node*>(linitial(column->fields));
  if (!IsA(name, String) || std::string_view(strVal(name)) != "event") return nullptr;
  state->p_ref_hook_state = nullptr;  // within it, event is the column
  Node* result = transformExpr(state, static_cast<Node*>(copyObjectImpl(event)), EXPR_KIND_SELECT_TARGET);
  state->p_ref_hook_state = event;
  return result;
}

/// Whether the expression says something else at another moment, or to another role.
bool reads_the_clock(Node* node, void* context) {
  if (node == nullptr) return false;
  if (IsA(node, SQLValueFunction)) return true;  // such as current_date, current_user
  if (IsA(node, FuncExpr)) {
    Oid function = reinterpret_cast<FuncExpr*>(node)->funcid;
    if (function == F_NOW || function == F_TRANSACTION_TIMESTAMP || function == F_STATEMENT_TIMESTAMP)
      return true;
  }
  return pg::walk_below(node, reads_the_clock, context);
}

/// The text of an expression with every name beyond pg_catalog qualified.
char* qualified(Node* expression, Relation relation) {
  int nest = NewGUCNestLevel();
  set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
                    0, false);
  char* text = deparse_expression(
      expression, deparse_context_for(RelationGetRelationName(relation), RelationGetRelid(relation)), false,
      false);
  AtEOXact_GUC(true, nest);
  return text;
}

/// The numbers of the columns that an expression reads, in order.
Datum columns_of(Node* expression, Relation relation, const char* argument, const char* text) {
  Bitmapset* found = nullptr;
  pull_varattnos(expression, 1, &found);
  TupleDesc shape = RelationGetDescr(relation);
  if (bms_is_member(-FirstLowInvalidHeapAttributeNumber, found))
    refuse(sqlstate::feature_not_supported, argument, text, "must not read the row as a whole",
           "Name the columns that it needs.");
  auto* numbers = static_cast<Datum*>(palloc(sizeof(Datum) * (shape->natts + 1)));
  int count = 0;
  for (int number = FirstLowInvalidHeapAttributeNumber + 1; number <= shape->natts; ++number) {
    bool read = bms_is_member(number - FirstLowInvalidHeapAttributeNumber, found);
    if (number < 0 && read)
      refuse(sqlstate::feature_not_supported, argument, text, "must not read a system column",
             "Give an expression over the source's own columns.");
    if (number > 0 && read) numbers[count++] = Int16GetDatum(static_cast<int16>(number));
  }
  return PointerGetDatum(construct_array(numbers, count, INT2OID, sizeof(int16), true, TYPALIGN_SHORT));
}

}  // namespace

/// source_expression(relation, expression, argument, event): the expression with qualified names, its type,
/// the columns it reads, and whether an index may be made on it. Raises for what is no expression over the
/// relation, and for one whose value is not the row's alone.
JOURNEY_FUNCTION(source_expression) {
  for (int position : {0, 1, 2})
    if (PG_ARGISNULL(position))
      throw error(sqlstate::null_value_not_allowed, "relation, expression and argument must not be NULL");
  Oid relation_id = PG_GETARG_OID(0);
  char* written = text_to_cstring(PG_GETARG_TEXT_PP(1));
  char* argument = text_to_cstring(PG_GETARG_TEXT_PP(2));
  char* event = PG_ARGISNULL(3) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(3));

  TupleDesc shape;
  if (get_call_result_type(fcinfo, nullptr, &shape) != TYPEFUNC_COMPOSITE)
    throw error(sqlstate::internal_error, "source_expression returns a row");
  given_expression given{argument, written};
  return pg::in_context(locate_error, reinterpret_cast<const char*>(&given), [&] {
    Relation relation = try_relation_open(relation_id, AccessShareLock);
    if (relation == nullptr)
      throw error("42P01", "there is no relation with OID " + std::to_string(relation_id));
    ParseState* state = make_parsestate(nullptr);
    state->p_sourcetext = written;
    ParseNamespaceItem* item =
        addRangeTableEntryForRelation(state, relation, AccessShareLock, nullptr, false, true);
    addNSItemToQuery(state, item, true, true, true);
    if (event != nullptr) {
      state->p_ref_hook_state = parsed(event, "event");
      state->p_pre_columnref_hook = event_expression;
    }
    Node* expression = transformExpr(state, parsed(written, argument), EXPR_KIND_SELECT_TARGET);
    if (exprType(expression) == UNKNOWNOID)
      expression = coerce_type(state, expression, UNKNOWNOID, TEXTOID, -1, COERCION_IMPLICIT,
                               COERCE_IMPLICIT_CAST, -1);
    assign_expr_collations(state, expression);

    if (state->p_hasAggs || state->p_hasWindowFuncs || state->p_hasTargetSRFs || state->p_hasSubLinks)
      refuse(sqlstate::feature_not_supported, argument, written,
             "must not hold a subquery, an aggregate, a window or a set-returning function",
             "A pipeline reads each row by itself. Join what else is needed into the row as it is written.");
    if (contain_volatile_functions(expression) || reads_the_clock(expression, nullptr))
      refuse(
          sqlstate::feature_not_supported, argument, written, "must give the same value whenever it is read",
          "A volatile function, the clock or the current user would make a refresh differ from a rebuild.");

    Datum values[4] = {CStringGetTextDatum(qualified(expression, relation)),
                       ObjectIdGetDatum(exprType(expression)),
                       columns_of(expression, relation, argument, written),
                       BoolGetDatum(!contain_mutable_functions(expression))};
    bool nulls[4] = {};
    relation_close(relation, AccessShareLock);
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(shape), values, nulls));
  });
}
