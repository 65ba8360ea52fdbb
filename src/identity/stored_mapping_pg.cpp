#include "identity/stored_mapping_pg.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "base/interrupts.hpp"

namespace journey::identity {
namespace {

/// Some texts as a set that SQL tests fast and that goes to parallel workers as it is: a Bloom filter of two
/// hashes.
class text_sieve {
 public:
  explicit text_sieve(std::size_t texts)
      : size_(std::clamp(std::bit_ceil(texts * bits_per_text), std::size_t{8}, most_bits)),
        bits_(static_cast<bytea*>(palloc0(VARHDRSZ + size_ / 8))) {
    SET_VARSIZE(bits_, VARHDRSZ + size_ / 8);
  }

  void add(std::string_view text) {
    Datum datum = pg::text_datum(text);
    std::uint64_t hash =
        DatumGetUInt64(DirectFunctionCall2Coll(hashtextextended, C_COLLATION_OID, datum, Int64GetDatum(0)));
    pfree(DatumGetPointer(datum));
    set(hash);
    set(hash >> 32);
  }

  /// True for the texts that were added and, by chance, about one in 20 others; $1 stands for `bits()`. POSIX
  /// hashes as C does, and keeps the test from a foreign server, whose bytes may be others.
  const char* condition(const char* column) const {
    const char* hash =
        psprintf("pg_catalog.hashtextextended(%s::pg_catalog.text COLLATE pg_catalog.\"POSIX\", 0)", column);
    const char* other_hash = psprintf("%s OPERATOR(pg_catalog.>>) 32", hash);
    return psprintf("%s AND %s", bit_is_set(hash), bit_is_set(other_hash));
  }
  /// Not folded: parallel workers get plans as text.
  pg::query_parameter bits() const { return {BYTEAOID, PointerGetDatum(bits_), false}; }

 private:
  static constexpr std::size_t bits_per_text = 8;  // more would miss the processor's cache more often
  static constexpr std::size_t most_bits = std::size_t{1} << 32;

  const char* bit_is_set(const char* hash) const {
    return psprintf(
        "pg_catalog.get_bit($1, %s OPERATOR(pg_catalog.&) %zu::pg_catalog.int8) OPERATOR(pg_catalog.=) 1",
        hash, size_ - 1);
  }

  void set(std::uint64_t hash) {
    std::uint64_t bit = hash & (size_ - 1);
    VARDATA(bits_)[bit / 8] = static_cast<char>(VARDATA(bits_)[bit / 8] | 1 << bit % 8);
  }

  std::size_t size_;  // a power of two
  bytea* bits_;
};

// Measured: 4 microseconds to find a row by index, 0.13 to pass one by.
constexpr int rows_passed_in_time_of_lookup = 32;
constexpr std::size_t most_bytes_to_look_up = std::size_t{1} << 28;  // an array ends at 1 GB

/// Which rows to read.
struct filter {
  const char* condition;
  pg::query_parameter parameter;
};

bool is_few(const id_pool& ids, std::span<const node> wanted, double expected_rows) {
  if (static_cast<double>(wanted.size()) * rows_passed_in_time_of_lookup >= expected_rows) return false;
  std::size_t bytes = 0;
  for (node id : wanted) {
    check_interrupts();
    bytes += sizeof(Datum) + VARHDRSZ + ids[id].length;
  }
  return bytes <= most_bytes_to_look_up;
}

/// The rows with one of the ids in a column.
filter look_up(const id_pool& ids, std::span<const node> wanted, const char* column) {
  auto* texts = static_cast<Datum*>(palloc(wanted.size() * sizeof(Datum)));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    check_interrupts();
    texts[i] = pg::text_datum(ids[wanted[i]].text());
  }
  ArrayType* array =
      construct_array(texts, static_cast<int>(wanted.size()), TEXTOID, -1, false, TYPALIGN_INT);
  return {psprintf("%s::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)", column),
          {TEXTARRAYOID, PointerGetDatum(array)}};
}

/// As above, and some others by chance.
filter sift(const id_pool& ids, std::span<const node> wanted, const char* column) {
  text_sieve sieve(wanted.size());
  for (node id : wanted) {
    check_interrupts();
    sieve.add(ids[id].text());
  }
  return {sieve.condition(column), sieve.bits()};
}

constexpr pg::query_column columns_of_users[] = {{"alias", TEXTOID},
                                                 {"is_user", BOOLOID},
                                                 {"visitor_id", TEXTOID},
                                                 {"members", INT8OID},
                                                 {"first_seen_at", TIMESTAMPTZOID},
                                                 {"last_seen_at", TIMESTAMPTZOID}};
constexpr pg::query_column columns_of_kinds[] = {{"kind", TEXTOID},
                                                 {"alias", TEXTOID},
                                                 {"visitor_kind", TEXTOID},
                                                 {"visitor_id", TEXTOID},
                                                 {"members", INT8OID},
                                                 {"first_seen_at", TIMESTAMPTZOID},
                                                 {"last_seen_at", TIMESTAMPTZOID}};

std::span<const pg::query_column> columns_of(edge_form form) {
  if (form == edge_form::users) return columns_of_users;
  return columns_of_kinds;
}

/// A row of the mapping. Looks at no more columns than are asked for.
class mapping_row {
 public:
  mapping_row(edge_source& source, const Datum* values, const bool* nulls)
      : source_(source), users_(source.form() == edge_form::users), values_(values), nulls_(nulls) {}

  struct name {
    identity::kind kind;
    std::string_view text;
  };
  name id() const {
    if (users_) return {DatumGetBool(value(1)) ? user_kind : alias_kind, text(0)};
    return {source_.add_kind(text(0)), text(1)};
  }
  name visitor() const {
    // Only an alias that is alone names its visitor: aliases are linked through users.
    if (users_) return {DatumGetBool(value(1)) || members() > 1 ? user_kind : alias_kind, text(2)};
    return {source_.add_kind(text(2)), text(3)};
  }
  std::int64_t members() const { return DatumGetInt64(value(users_ ? 3 : 4)); }
  instant first_seen() const { return time(users_ ? 4 : 5); }
  instant last_seen() const { return time(users_ ? 5 : 6); }

 private:
  Datum value(int column) const {
    if (nulls_[column])
      throw error(sqlstate::null_value_not_allowed,
                  std::string("current must not hold NULL in ") + columns_of(source_.form())[column].name);
    return values_[column];
  }
  std::string_view text(int column) const { return pg::text_view(value(column)); }
  instant time(int column) const { return instant_of(values_[column], nulls_[column]); }

  edge_source& source_;
  bool users_;
  const Datum* values_;
  const bool* nulls_;
};

template <class Step>
void tell(Step& step, edge_source& source, const mapping_row& row) {
  auto number = [&source](const mapping_row::name& name) {
    node added = source.add(name.kind, name.text);
    if (source.ids()[added].blocked)
      throw error(sqlstate::invalid_parameter_value,
                  "current holds the id " + quoted(name.text) + ", which blocked refuses",
                  "Give the same blocked values as when current was made, or resolve all edges anew.");
    return added;
  };
  node id = number(row.id());
  mapped_id mapped{number(row.visitor()), static_cast<std::uint64_t>(row.members()), row.first_seen(),
                   row.last_seen()};
  if (!step.tell(id, mapped))
    throw error(sqlstate::invalid_parameter_value,
                "current holds different rows for the id " + quoted(source.ids()[id].text()));
}

}  // namespace

stored_mapping::stored_mapping(std::string_view query, edge_call& call) : query_(query), call_(call) {
  while (!query_.empty() && std::string_view("; \t\r\n").find(query_.back()) != query_.npos)
    query_.remove_suffix(1);
  expected_rows_ = pg::expected_rows(select("1"), "current");
}

const char* stored_mapping::select(const char* columns) const {
  return psprintf("SELECT %s FROM (%.*s\n) AS current", columns, static_cast<int>(query_.size()),
                  query_.data());
}

template <class Step, class Sought>
void stored_mapping::read(Step& step, const char* column, Sought sought) {
  std::span<const node> wanted = step.wanted();
  if (wanted.empty()) return;
  edge_source& source = call_.source;
  const id_pool& ids = source.ids();
  MemoryContext caller = MemoryContextSwitchTo(call_.work.context());
  filter rows =
      is_few(ids, wanted, expected_rows_) ? look_up(ids, wanted, column) : sift(ids, wanted, column);
  std::span<const pg::query_column> columns = columns_of(source.form());
  StringInfoData names;
  initStringInfo(&names);
  for (const pg::query_column& one : columns)
    appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ", one.name);
  pg::read_query(
      psprintf("%s WHERE %s", select(names.data), rows.condition), "current", columns,
      [&](const Datum* values, const bool* nulls) {
        mapping_row row(source, values, nulls);
        // The lookup went by text alone, or even by hash: other ids are none of ours, whatever their rows
        // hold.
        auto [kind, text] = (row.*sought)();
        node known = ids.find(kind, text);
        if (known != no_node && step.wants(known)) tell(step, source, row);
      },
      std::span(&rows.parameter, 1));
  MemoryContextSwitchTo(caller);
}

void stored_mapping::read(touched_ids& step) { read(step, "alias", &mapping_row::id); }

void stored_mapping::read(growing_visitors& step) { read(step, "visitor_id", &mapping_row::visitor); }

}  // namespace journey::identity
