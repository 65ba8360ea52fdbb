/*
 * Runs an aggregate as engines do that combine states on other nodes: its functions are called without an
 * expression tree, each time through a fresh FmgrInfo whose memory is gone before the next row, and states
 * travel as bytes between groups of memory that know nothing of each other.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/execnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

typedef struct {
  Oid oid;
  FormData_pg_aggregate parts;
  FormData_pg_proc declared;
  int16 state_length;
  bool state_by_value;
  Oid state_send, state_receive, state_io;
  NullableDatum initial;
} aggregate_entry;

/* One node: memory for the states of a group, and memory for a row or a call. */
typedef struct {
  AggState* pretended;
  ExprContext* group;
  MemoryContext row;
} engine_node;

static aggregate_entry look_up(Oid oid) {
  aggregate_entry aggregate = {.oid = oid};
  HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(oid));
  HeapTuple function;
  Datum initial;

  if (!HeapTupleIsValid(tuple))
    ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("%s is no aggregate", format_procedure(oid))));
  memcpy(&aggregate.parts, GETSTRUCT(tuple), offsetof(FormData_pg_aggregate, aggmtransspace) + sizeof(int32));
  if (aggregate.parts.aggkind != AGGKIND_NORMAL)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("%s has direct arguments", format_procedure(oid))));
  get_typlenbyval(aggregate.parts.aggtranstype, &aggregate.state_length, &aggregate.state_by_value);
  if (!OidIsValid(aggregate.parts.aggserialfn)) {
    bool varlena;

    getTypeBinaryOutputInfo(aggregate.parts.aggtranstype, &aggregate.state_send, &varlena);
    getTypeBinaryInputInfo(aggregate.parts.aggtranstype, &aggregate.state_receive, &aggregate.state_io);
  }
  initial = SysCacheGetAttr(AGGFNOID, tuple, Anum_pg_aggregate_agginitval, &aggregate.initial.isnull);
  if (!aggregate.initial.isnull) {
    Oid input, element;

    getTypeInputInfo(aggregate.parts.aggtranstype, &input, &element);
    aggregate.initial.value = OidInputFunctionCall(input, TextDatumGetCString(initial), element, -1);
  }
  ReleaseSysCache(tuple);
  function = SearchSysCache1(PROCOID, ObjectIdGetDatum(oid));
  memcpy(&aggregate.declared, GETSTRUCT(function), offsetof(FormData_pg_proc, proargtypes));
  ReleaseSysCache(function);
  return aggregate;
}

static engine_node new_node(void) {
  engine_node node = {makeNode(AggState), CreateStandaloneExprContext(), NULL};

  node.pretended->curaggcontext = node.group;
  node.row = AllocSetContextCreate(CurrentMemoryContext, "journey engine: row", ALLOCSET_SMALL_SIZES);
  return node;
}

/* Overwrites what a context held, so that a pointer into it is noticed, and empties it. */
static void wipe(MemoryContext context) {
  MemoryContextReset(context);
  for (int i = 0; i < 64; ++i) memset(MemoryContextAlloc(context, 1000), 0x7f, 1000);
  MemoryContextReset(context);
}

static void remove_node(engine_node* node) {
  wipe(node->group->ecxt_per_tuple_memory);
  FreeExprContext(node->group, true);
  MemoryContextDelete(node->row);
  pfree(node->pretended);
}

/* Calls a function with what only an aggregate's node knows: no expression tree, and nothing kept from the
 * last call. */
static NullableDatum call(const engine_node* node, Oid function, NullableDatum* arguments, int count) {
  LOCAL_FCINFO(fcinfo, FUNC_MAX_ARGS);
  FmgrInfo fresh;
  NullableDatum result;
  MemoryContext caller = MemoryContextSwitchTo(node->row);

  fmgr_info_cxt(function, &fresh, node->row);
  InitFunctionCallInfoData(*fcinfo, &fresh, count, DEFAULT_COLLATION_OID, (Node*)node->pretended, NULL);
  memcpy(fcinfo->args, arguments, count * sizeof(NullableDatum));
  result.isnull = false;
  if (fresh.fn_strict)
    for (int i = 0; i < count; ++i) result.isnull |= arguments[i].isnull;
  result.value = 0;
  if (!result.isnull) {
    result.value = FunctionCallInvoke(fcinfo);
    result.isnull = fcinfo->isnull;
  }
  MemoryContextSwitchTo(caller);
  return result;
}

/* A state that a transition or combine function handed back, kept for the group as the executor keeps it. */
static NullableDatum kept_state(const engine_node* node, const aggregate_entry* aggregate,
                                NullableDatum before, NullableDatum after) {
  if (!after.isnull && !aggregate->state_by_value && (before.isnull || after.value != before.value)) {
    MemoryContext caller = MemoryContextSwitchTo(node->group->ecxt_per_tuple_memory);

    after.value = datumCopy(after.value, aggregate->state_by_value, aggregate->state_length);
    MemoryContextSwitchTo(caller);
  }
  return after;
}

/* What came of `function` over a state and one more thing, by the rules for strict functions. */
static NullableDatum advanced(const engine_node* node, const aggregate_entry* aggregate, Oid function,
                              NullableDatum* arguments, int count) {
  if (func_strict(function)) {
    for (int i = 1; i < count; ++i)
      if (arguments[i].isnull) return arguments[0];
    if (arguments[0].isnull) return kept_state(node, aggregate, arguments[0], arguments[1]);
  }
  return kept_state(node, aggregate, arguments[0], call(node, function, arguments, count));
}

static NullableDatum initial_state(const engine_node* node, const aggregate_entry* aggregate) {
  NullableDatum none = {.isnull = true};

  return aggregate->initial.isnull ? none : kept_state(node, aggregate, none, aggregate->initial);
}

/* The state of every `step`-th row from `first` on, as bytes. */
static NullableDatum partial_state(const aggregate_entry* aggregate, const SPITupleTable* rows, uint64 first,
                                   uint64 step) {
  engine_node node = new_node();
  NullableDatum state = initial_state(&node, aggregate);
  int count = aggregate->declared.pronargs;
  NullableDatum arguments[FUNC_MAX_ARGS];

  for (uint64 i = first; i < rows->numvals; i += step) {
    MemoryContext caller = MemoryContextSwitchTo(node.row);

    arguments[0] = state;
    for (int column = 1; column <= count; ++column) {
      Form_pg_attribute shape = TupleDescAttr(rows->tupdesc, column - 1);
      NullableDatum* argument = &arguments[column];

      argument->value = heap_getattr(rows->vals[i], column, rows->tupdesc, &argument->isnull);
      /* The row's own memory holds it, and is wiped after it. */
      if (!argument->isnull) argument->value = datumCopy(argument->value, shape->attbyval, shape->attlen);
    }
    MemoryContextSwitchTo(caller);
    state = advanced(&node, aggregate, aggregate->parts.aggtransfn, arguments, count + 1);
    wipe(node.row);
  }
  if (!state.isnull) {
    if (OidIsValid(aggregate->parts.aggserialfn))
      state = call(&node, aggregate->parts.aggserialfn, &state, 1);
    else
      state.value = PointerGetDatum(OidSendFunctionCall(aggregate->state_send, state.value));
    state.value = datumCopy(state.value, false, -1);
  }
  remove_node(&node);
  return state;
}

/* A state that came as bytes, in the memory of a call. */
static NullableDatum received(const engine_node* node, const aggregate_entry* aggregate,
                              NullableDatum bytes) {
  NullableDatum arguments[2] = {bytes, {.value = 0, .isnull = false}};
  StringInfoData buffer;

  if (bytes.isnull) return bytes;
  if (OidIsValid(aggregate->parts.aggdeserialfn))
    return call(node, aggregate->parts.aggdeserialfn, arguments, 2);
  initStringInfo(&buffer);
  appendBinaryStringInfo(&buffer, VARDATA_ANY(DatumGetByteaPP(bytes.value)),
                         VARSIZE_ANY_EXHDR(DatumGetByteaPP(bytes.value)));
  bytes.value = OidReceiveFunctionCall(aggregate->state_receive, &buffer, aggregate->state_io, -1);
  return bytes;
}

/* The result of the states of all pieces. */
static char* combined(const aggregate_entry* aggregate, const NullableDatum* pieces, int count) {
  engine_node node = new_node();
  NullableDatum state = initial_state(&node, aggregate);
  NullableDatum arguments[FUNC_MAX_ARGS];
  char* answer = NULL;

  for (int i = 0; i < count; ++i) {
    arguments[0] = state;
    arguments[1] = received(&node, aggregate, pieces[i]);
    state = advanced(&node, aggregate, aggregate->parts.aggcombinefn, arguments, 2);
    wipe(node.row);
  }
  if (OidIsValid(aggregate->parts.aggfinalfn)) {
    arguments[0] = state;
    for (int i = 1; i <= aggregate->declared.pronargs; ++i) arguments[i] = (NullableDatum){.isnull = true};
    state = call(&node, aggregate->parts.aggfinalfn, arguments,
                 1 + (aggregate->parts.aggfinalextra ? aggregate->declared.pronargs : 0));
  }
  if (!state.isnull) {
    Oid output;
    bool varlena;

    getTypeOutputInfo(aggregate->declared.prorettype, &output, &varlena);
    answer = OidOutputFunctionCall(output, state.value);
  }
  remove_node(&node);
  return answer;
}

/* The columns of the query must be what the aggregate declares; nothing here says what a polymorphic one is.
 */
static void check_columns(const aggregate_entry* aggregate, TupleDesc columns) {
  Oid* declared;
  int count;

  get_func_signature(aggregate->oid, &declared, &count);
  if (columns->natts != count)
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("%s takes %d arguments, the query has %d columns",
                           format_procedure(aggregate->oid), count, columns->natts)));
  for (int i = 0; i < count; ++i)
    if (get_typtype(declared[i]) != TYPTYPE_PSEUDO && declared[i] != TupleDescAttr(columns, i)->atttypid)
      ereport(ERROR,
              (errcode(ERRCODE_DATATYPE_MISMATCH),
               errmsg("argument %d of %s is %s, the query has %s", i + 1, format_procedure(aggregate->oid),
                      format_type_be(declared[i]), format_type_be(TupleDescAttr(columns, i)->atttypid))));
}

/* engine_state(aggregate regprocedure, query text, first int, step int) RETURNS bytea: what the node makes of
 * every `step`-th row of the query from row `first` on, counted from 0. */
PG_FUNCTION_INFO_V1(engine_state);
Datum engine_state(PG_FUNCTION_ARGS) {
  aggregate_entry aggregate = look_up(PG_GETARG_OID(0));
  NullableDatum state;

  if (SPI_connect() != SPI_OK_CONNECT ||
      SPI_execute(text_to_cstring(PG_GETARG_TEXT_PP(1)), true, 0) != SPI_OK_SELECT)
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("query must be one that returns rows")));
  check_columns(&aggregate, SPI_tuptable->tupdesc);
  state = partial_state(&aggregate, SPI_tuptable, PG_GETARG_INT32(2), PG_GETARG_INT32(3));
  if (!state.isnull) state.value = SPI_datumTransfer(state.value, false, -1);
  SPI_finish();
  if (state.isnull) PG_RETURN_NULL();
  return state.value;
}

/* engine_result(aggregate regprocedure, states bytea[]) RETURNS text: what another node makes of the states.
 */
PG_FUNCTION_INFO_V1(engine_result);
Datum engine_result(PG_FUNCTION_ARGS) {
  aggregate_entry aggregate = look_up(PG_GETARG_OID(0));
  Datum* values;
  bool* nulls;
  int count;
  NullableDatum* states;
  char* answer;

  deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), BYTEAOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
  states = palloc(count * sizeof(NullableDatum));
  for (int i = 0; i < count; ++i) states[i] = (NullableDatum){values[i], nulls[i]};
  answer = combined(&aggregate, states, count);
  if (answer == NULL) PG_RETURN_NULL();
  PG_RETURN_TEXT_P(cstring_to_text(answer));
}

/* received(type regtype, bytes bytea) RETURNS text: a value that came in its binary form, as its type prints
 * it. */
PG_FUNCTION_INFO_V1(received_text);
Datum received_text(PG_FUNCTION_ARGS) {
  Oid type = PG_GETARG_OID(0);
  bytea* bytes = PG_GETARG_BYTEA_PP(1);
  Oid receive, io, output;
  bool varlena;
  StringInfoData buffer;

  getTypeBinaryInputInfo(type, &receive, &io);
  getTypeOutputInfo(type, &output, &varlena);
  initStringInfo(&buffer);
  appendBinaryStringInfo(&buffer, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
  PG_RETURN_TEXT_P(
      cstring_to_text(OidOutputFunctionCall(output, OidReceiveFunctionCall(receive, &buffer, io, -1))));
}
