// The row trigger on sources: notes what changed, and writes it down for each pipeline as the transaction
// ends.
#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "pg/array.hpp"
#include "pg/entry.hpp"
#include "pg/memory.hpp"
#include "pg/rule_tables.hpp"
#include "pipelines/notes.hpp"

extern "C" {
#include "access/detoast.h"
#include "access/relation.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "commands/trigger.h"
#include "utils/date.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
}

using namespace journey;
using namespace journey::pipelines;

namespace {

/// A source of a pipeline, as the rows of one table or partition show it.
struct listener {
  int pipeline;
  int source;
  bool inserts;         // hears of every inserted row, not only of those with another transaction's number
  std::int64_t offset;  // from this cluster's transactions to the numbers in the column
  slice_size slice;
  Oid stale;                          // where marks go
  AttrNumber number;                  // the column journey_xid; 0: none
  AttrNumber time;                    // the column that is the event's time; 0: an expression is
  std::span<const AttrNumber> marks;  // the columns that tell time and ids; 0: gone
  std::span<const Oid> types;         // of these
  std::span<const AttrNumber> reads;  // all columns that count
};

/// The changes of a transaction in one source.
struct noted_source {
  noted_source(const listener& who, std::pmr::memory_resource* memory)
      : pipeline(who.pipeline),
        source(who.source),
        stale(who.stale),
        types(who.types.begin(), who.types.end(), memory),
        found(memory) {}
  int pipeline;
  int source;
  Oid stale;
  std::pmr::vector<Oid> types;
  notes found;
};

struct transaction_notes {
  explicit transaction_notes(std::pmr::memory_resource* memory) : memory(memory), sources(memory) {}
  std::pmr::memory_resource* memory;
  std::pmr::vector<noted_source> sources;

  notes& of(const listener& who) {
    for (noted_source& known : sources)
      if (known.pipeline == who.pipeline && known.source == who.source) return known.found;
    return sources.emplace_back(who, memory).found;
  }
};

transaction_notes* noted = nullptr;  // of this transaction; null: none yet

// Whom to tell

struct listeners_of {
  Oid relation;
  std::span<const listener> all;
};
MemoryContext known_context = nullptr;
std::pmr::vector<listeners_of>* known = nullptr;

/// What is asked of the catalog of pipelines: who reads one of these relations.
constexpr const char* who_reads = R"(
  SELECT s.pipeline, s.source::int4, s.changes = 'trigger', coalesce(c.number_offset, 0), p.slice::text,
    pg_catalog.to_regclass(pg_catalog.format('%I.%I', p.schema, p.tables || '_stale'))::oid, s.relation::oid,
    (SELECT k.number FROM pg_catalog.unnest(s.columns) AS k WHERE pg_catalog.quote_ident(k.name) = s.ts), s.mark_columns,
    ARRAY(SELECT k.number FROM pg_catalog.unnest(s.columns) AS k)
  FROM journey.pipeline_sources AS s JOIN journey.pipelines AS p ON p.id = s.pipeline
  LEFT JOIN journey.source_columns AS c ON c.relation = s.relation
  WHERE s.relation = ANY ($1) AND s.changes <> 'received_at')";

/// A column of the source, in a partition of it, which may have others before.
AttrNumber column_in(Oid relation, Oid source, AttrNumber number) {
  const char* name = get_attname(source, number, true);
  return name == nullptr ? AttrNumber{InvalidAttrNumber} : get_attnum(relation, name);
}

std::span<const AttrNumber> columns_in(Oid relation, Oid source, Datum numbers) {
  pg::array_elements given(numbers, INT2OID, "columns");
  auto* columns = static_cast<AttrNumber*>(palloc(sizeof(AttrNumber) * (given.size() + 1)));
  for (std::size_t i = 0; i < given.size(); ++i)
    columns[i] = column_in(relation, source, DatumGetInt16(given.values[i]));
  return {columns, given.size()};
}

/// Runs `body` as the role that owns `relation`: whoever changes a source needs no right of a pipeline's.
template <class Body>
void as_owner_of(Oid relation, Body body) {
  HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
  if (!HeapTupleIsValid(row)) return;
  Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(row))->relowner;
  ReleaseSysCache(row);
  Oid user;
  int security;
  GetUserIdAndSecContext(&user, &security);
  SetUserIdAndSecContext(
      owner, security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
  body();
  SetUserIdAndSecContext(user, security);
}

void select_readers(Datum relations) {
  Oid type = OIDARRAYOID;
  if (SPI_execute_with_args(who_reads, 1, &type, &relations, nullptr, true, 0) != SPI_OK_SELECT)
    elog(ERROR, "journey: the sources of pipelines can't be read");
}

/// Reads who hears of changes in `relation`, into the current context.
std::span<const listener> read_listeners(Oid relation) {
  MemoryContext keep = CurrentMemoryContext;
  List* above = get_rel_relispartition(relation) ? get_partition_ancestors(relation) : NIL;
  auto* relations = static_cast<Datum*>(palloc(sizeof(Datum) * (list_length(above) + 1)));
  int count = 0;
  relations[count++] = ObjectIdGetDatum(relation);
  ListCell* cell;
  foreach (cell, above) relations[count++] = ObjectIdGetDatum(lfirst_oid(cell));
  Datum given = PointerGetDatum(construct_array(relations, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));

  listener* found = nullptr;
  std::size_t rows = 0;
  Oid catalog = get_relname_relid("pipeline_sources", get_namespace_oid("journey", false));
  as_owner_of(catalog, [&] {
    // As of now, whatever snapshot the transaction works in.
    PushActiveSnapshot(GetLatestSnapshot());
    SPI_connect();
    select_readers(given);
    MemoryContext work = MemoryContextSwitchTo(keep);
    found = static_cast<listener*>(palloc0(sizeof(listener) * (SPI_processed + 1)));
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
      HeapTuple row = SPI_tuptable->vals[i];
      bool null;
      auto value = [&](int column) { return SPI_getbinval(row, SPI_tuptable->tupdesc, column, &null); };
      Oid stale = DatumGetObjectId(value(6));
      if (null) continue;
      listener& who = found[rows++];
      who.stale = stale;
      who.pipeline = DatumGetInt32(value(1));
      who.source = DatumGetInt32(value(2));
      who.inserts = DatumGetBool(value(3));
      who.offset = DatumGetInt64(value(4));
      char size = *pg::text_view(value(5)).data();
      who.slice = size == 'd' ? slice_size::day : size == 'm' ? slice_size::month : slice_size::year;
      Oid source = DatumGetObjectId(value(7));
      Datum time = value(8);
      if (!null) who.time = column_in(relation, source, DatumGetInt16(time));
      who.marks = columns_in(relation, source, value(9));
      who.reads = columns_in(relation, source, value(10));
      who.number = who.inserts ? AttrNumber{InvalidAttrNumber} : get_attnum(relation, "journey_xid");
      auto* types = static_cast<Oid*>(palloc(sizeof(Oid) * (who.marks.size() + 1)));
      for (std::size_t m = 0; m < who.marks.size(); ++m)
        types[m] = who.marks[m] == InvalidAttrNumber ? InvalidOid : get_atttype(relation, who.marks[m]);
      who.types = {types, who.marks.size()};
    }
    MemoryContextSwitchTo(work);
    SPI_finish();
    PopActiveSnapshot();
  });
  return {found, rows};
}

std::span<const listener> listeners(Oid relation) {
  static pg::rule_version version;
  if (version.changed() && known_context != nullptr) {
    MemoryContextDelete(known_context);
    known_context = nullptr;
  }
  if (known_context == nullptr) {
    known = nullptr;
    known_context = AllocSetContextCreate(TopMemoryContext, "journey sources", ALLOCSET_SMALL_SIZES);
    known = &pg::make_in<std::pmr::vector<listeners_of>>(known_context);
  }
  for (const listeners_of& table : *known)
    if (table.relation == relation) return table.all;
  MemoryContext outer = MemoryContextSwitchTo(known_context);
  std::span<const listener> read = read_listeners(relation);
  MemoryContextSwitchTo(outer);
  known->push_back({relation, read});
  return read;
}

// What changed

/// The day of an event in UTC; nothing for a time that no event has.
struct event_day {
  bool counts;
  notes::slice slice;
};

event_day day_of(HeapTuple row, TupleDesc shape, const listener& who) {
  if (who.time == InvalidAttrNumber) return {true, {}};
  bool null;
  Datum value = heap_getattr(row, who.time, shape, &null);
  if (null) return {false, {}};
  std::int64_t day;
  if (TupleDescAttr(shape, who.time - 1)->atttypid == DATEOID) {
    DateADT date = DatumGetDateADT(value);
    if (DATE_NOT_FINITE(date)) return {false, {}};
    day = date;
  } else {
    Timestamp time = DatumGetTimestamp(value);  // or timestamptz: a step reads both in UTC
    if (TIMESTAMP_NOT_FINITE(time)) return {false, {}};
    day = time / USECS_PER_DAY - (time % USECS_PER_DAY < 0 ? 1 : 0);
  }
  return {true, slice_start(static_cast<std::int32_t>(day), who.slice)};
}

/// A row of more bytes is noted as its slice.
constexpr std::size_t most_bytes = 1 << 20;

/// The values of a row's mark columns as bytes; too many are cut off.
std::pmr::string bytes_of(HeapTuple row, TupleDesc shape, const listener& who) {
  std::pmr::string bytes(pg::call_memory());
  for (AttrNumber column : who.marks) {
    bool null = true;
    Datum value = column == InvalidAttrNumber ? Datum{0} : heap_getattr(row, column, shape, &null);
    bytes.push_back(null ? '\1' : '\0');
    if (null) continue;
    Form_pg_attribute attribute = TupleDescAttr(shape, column - 1);
    if (attribute->attbyval) {
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    } else if (attribute->attlen > 0) {
      bytes.append(DatumGetPointer(value), attribute->attlen);
    } else {
      if (toast_raw_datum_size(value) > most_bytes)
        return std::pmr::string(most_bytes + 1, '\0', pg::call_memory());
      auto* whole = PG_DETOAST_DATUM(value);
      bytes.append(reinterpret_cast<const char*>(whole), VARSIZE(whole));
    }
  }
  return bytes;
}

void note(HeapTuple row, TupleDesc shape, const listener& who, notes::number by) {
  event_day day = day_of(row, shape, who);
  if (!day.counts) return;
  notes& found = noted->of(who);
  if (found.whole(day.slice)) return found.add_whole(day.slice, by);
  std::pmr::string bytes = bytes_of(row, shape, who);
  if (bytes.size() > most_bytes) return found.add_whole(day.slice, by);
  found.add(bytes, day.slice, by);
}

notes::number number_of(HeapTuple row, TupleDesc shape, const listener& who) {
  bool null = true;
  Datum value = who.number == InvalidAttrNumber ? Datum{0} : heap_getattr(row, who.number, shape, &null);
  return null ? notes::number() : DatumGetInt64(value);
}

/// Whether an update left all that the pipeline reads as it was.
bool same(HeapTuple before, HeapTuple after, TupleDesc shape, const listener& who) {
  auto equal = [&](AttrNumber column) {
    if (column == InvalidAttrNumber) return true;
    bool null[2];
    Datum value[2] = {heap_getattr(before, column, shape, &null[0]),
                      heap_getattr(after, column, shape, &null[1])};
    if (null[0] || null[1]) return null[0] == null[1];
    Form_pg_attribute attribute = TupleDescAttr(shape, column - 1);
    return datum_image_eq(value[0], value[1], attribute->attbyval, attribute->attlen);
  };
  return equal(who.number) && std::ranges::all_of(who.reads, equal);
}

// What is written down

/// The mark columns of a noted row as texts, NULL where they are.
Datum texts_of(std::string_view bytes, const noted_source& from) {
  std::size_t count = from.types.size();
  auto* texts = static_cast<Datum*>(palloc0(sizeof(Datum) * count));
  auto* nulls = static_cast<bool*>(palloc0(sizeof(bool) * count));
  for (std::size_t i = 0; i < count; ++i) {
    nulls[i] = bytes.front() != '\0';
    bytes.remove_prefix(1);
    if (nulls[i]) continue;
    int16 length;
    bool by_value;
    char align;
    get_typlenbyvalalign(from.types[i], &length, &by_value, &align);
    alignas(std::uint32_t) char header[VARHDRSZ];
    std::memcpy(header, bytes.data(), VARHDRSZ);
    std::size_t size = by_value ? sizeof(Datum) : length > 0 ? length : VARSIZE(header);
    auto* place = static_cast<char*>(palloc(size));  // aligned, as the bytes are not
    std::memcpy(place, bytes.data(), size);
    Datum value = by_value ? *reinterpret_cast<Datum*>(place) : PointerGetDatum(place);
    bytes.remove_prefix(size);
    Oid output;
    bool variable;
    getTypeOutputInfo(from.types[i], &output, &variable);
    texts[i] = CStringGetTextDatum(OidOutputFunctionCall(output, value));
  }
  int sizes[] = {static_cast<int>(count)};
  int bounds[] = {1};
  return PointerGetDatum(
      construct_md_array(texts, nulls, 1, sizes, bounds, TEXTOID, -1, false, TYPALIGN_INT));
}

void write_marks(const noted_source& from) {
  Relation table = try_relation_open(from.stale, RowExclusiveLock);
  if (table == nullptr) return;  // the pipeline is gone
  as_owner_of(from.stale, [&] {
    SPI_connect();
    std::string_view insert =
        psprintf("INSERT INTO %s (source, slice, number, row) VALUES ($1, $2, $3, $4)",
                 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(table)),
                                            RelationGetRelationName(table)));
    Oid types[] = {INT2OID, DATEOID, INT8OID, TEXTARRAYOID};
    SPIPlanPtr plan = SPI_prepare(insert.data(), 4, types);
    MemoryContext row_context =
        AllocSetContextCreate(CurrentMemoryContext, "journey mark", ALLOCSET_DEFAULT_SIZES);
    auto put = [&](notes::slice slice, notes::number by, std::optional<std::string_view> row) {
      CHECK_FOR_INTERRUPTS();
      MemoryContextReset(row_context);
      MemoryContext outer = MemoryContextSwitchTo(row_context);
      Datum values[] = {Int16GetDatum(static_cast<int16>(from.source)), DateADTGetDatum(slice.value_or(0)),
                        Int64GetDatum(by.value_or(0)), row ? texts_of(*row, from) : Datum{0}};
      char nulls[] = {' ', slice ? ' ' : 'n', by ? ' ' : 'n', row ? ' ' : 'n'};
      SPI_execute_plan(plan, values, nulls, false, 0);
      MemoryContextSwitchTo(outer);
    };
    from.found.for_each([&](std::string_view row, notes::number by) { put({}, by, row); },
                        [&](notes::slice slice, notes::number by) { put(slice, by, {}); });
    SPI_finish();
  });
  relation_close(table, NoLock);
}

void write_all_marks() {
  PushActiveSnapshot(GetTransactionSnapshot());
  // Texts that read the same in any session.
  int nest = NewGUCNestLevel();
  for (auto [setting, value] :
       {std::pair("datestyle", "ISO"), {"intervalstyle", "postgres"}, {"extra_float_digits", "3"}})
    set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
  bool read_only = XactReadOnly;  // a transaction that has written may have become so since
  XactReadOnly = false;
  for (const noted_source& source : noted->sources) write_marks(source);
  XactReadOnly = read_only;
  AtEOXact_GUC(true, nest);
  PopActiveSnapshot();
}

void at_transaction_end(XactEvent event, void*) {
  switch (event) {
    case XACT_EVENT_PRE_COMMIT:
    case XACT_EVENT_PRE_PREPARE:
      if (noted != nullptr)
        pg::guarded([] {
          write_all_marks();
          return 0;
        });
      break;
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_PREPARE:
    case XACT_EVENT_ABORT:
      noted = nullptr;  // its memory goes with the transaction
      break;
    default:
      break;
  }
}

}  // namespace

JOURNEY_FUNCTION(note_change) {
  if (!CALLED_AS_TRIGGER(fcinfo))
    throw error(sqlstate::feature_not_supported,
                "journey.note_change is for triggers on sources of pipelines");
  auto& trigger = *reinterpret_cast<TriggerData*>(fcinfo->context);
  if (!TRIGGER_FIRED_FOR_ROW(trigger.tg_event) || !TRIGGER_FIRED_AFTER(trigger.tg_event))
    throw error(sqlstate::feature_not_supported, "journey.note_change is for row triggers after a change");
  Relation relation = trigger.tg_relation;
  TupleDesc shape = RelationGetDescr(relation);
  HeapTuple before = TRIGGER_FIRED_BY_INSERT(trigger.tg_event) ? nullptr : trigger.tg_trigtuple;
  HeapTuple after = TRIGGER_FIRED_BY_INSERT(trigger.tg_event)   ? trigger.tg_trigtuple
                    : TRIGGER_FIRED_BY_UPDATE(trigger.tg_event) ? trigger.tg_newtuple
                                                                : nullptr;
  for (const listener& who : listeners(RelationGetRelid(relation))) {
    if (before != nullptr && after != nullptr && same(before, after, shape, who)) continue;
    notes::number by = after == nullptr ? notes::number() : number_of(after, shape, who);
    if (before == nullptr && !who.inserts &&
        by == static_cast<std::int64_t>(U64FromFullTransactionId(GetTopFullTransactionId())) + who.offset)
      continue;  // a refresh will know it by its number
    if (noted == nullptr) {
      static bool watching = false;
      if (!watching) RegisterXactCallback(at_transaction_end, nullptr);
      watching = true;
      noted = &pg::make_in<transaction_notes>(
          AllocSetContextCreate(TopTransactionContext, "journey changes", ALLOCSET_DEFAULT_SIZES));
    }
    if (before != nullptr) note(before, shape, who, {});
    if (after != nullptr) note(after, shape, who, by);
  }
  PG_RETURN_POINTER(nullptr);
}
