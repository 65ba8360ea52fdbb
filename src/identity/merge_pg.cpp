// The SQL functions that change a mapping which is already there.
#include <algorithm>
#include <bit>
#include <string>

#include "identity/alias_merge.hpp"
#include "identity/edges_pg.hpp"
#include "base/interrupts.hpp"
#include "pg/query.hpp"

using namespace journey;
using namespace journey::identity;

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

/// The mapping as the user keeps it. Few rows are looked up, so that an index can find them; for many, all
/// rows are passed through a sieve.
class stored_mapping {
 public:
  stored_mapping(std::string_view query, edge_source& source, alias_merge& merge, MemoryContext context)
      : query_(query), source_(source), merge_(merge), context_(context) {
    while (!query_.empty() && std::string_view("; \t\r\n").find(query_.back()) != query_.npos)
      query_.remove_suffix(1);
    expected_rows_ = pg::expected_rows(select("1"), "current");
  }

  /// Restores the rows of the ids `wanted`, or of all members where these are visitors.
  void restore(std::span<const node> wanted, bool by_visitor) {
    if (wanted.empty()) return;
    MemoryContext caller = MemoryContextSwitchTo(context_);
    const char* column = by_visitor ? "visitor_id" : "alias";
    read(is_few(wanted) ? look_up(column, wanted) : sift(column, wanted), by_visitor);
    MemoryContextSwitchTo(caller);
  }

 private:
  // Measured: 4 microseconds to find a row by index, 0.13 to pass one by.
  static constexpr int rows_passed_in_time_of_lookup = 32;
  static constexpr std::size_t most_bytes_to_look_up = std::size_t{1} << 28;  // an array ends at 1 GB

  /// Which rows to read.
  struct filter {
    const char* condition;
    pg::query_parameter parameter;
  };

  std::string_view text(node id) const { return merge_.graph().ids()[id].text(); }

  bool is_few(std::span<const node> wanted) const {
    if (static_cast<double>(wanted.size()) * rows_passed_in_time_of_lookup >= expected_rows_) return false;
    std::size_t bytes = 0;
    for (node id : wanted) bytes += sizeof(Datum) + VARHDRSZ + text(id).size();
    return bytes <= most_bytes_to_look_up;
  }

  filter look_up(const char* column, std::span<const node> wanted) const {
    auto* texts = static_cast<Datum*>(palloc(wanted.size() * sizeof(Datum)));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      check_interrupts();
      texts[i] = pg::text_datum(text(wanted[i]));
    }
    ArrayType* array =
        construct_array(texts, static_cast<int>(wanted.size()), TEXTOID, -1, false, TYPALIGN_INT);
    return {psprintf("%s::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)", column),
            {TEXTARRAYOID, PointerGetDatum(array)}};
  }

  filter sift(const char* column, std::span<const node> wanted) const {
    text_sieve sieve(wanted.size());
    for (node id : wanted) {
      check_interrupts();
      sieve.add(text(id));
    }
    return {sieve.condition(column), sieve.bits()};
  }

  void read(const filter& rows, bool by_visitor) {
    StringInfoData names;
    initStringInfo(&names);
    for (const pg::query_column& column : columns())
      appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ", column.name);
    pg::read_query(
        psprintf("%s WHERE %s", select(names.data), rows.condition), "current", columns(),
        [&](const Datum* values, const bool* nulls) { restore_row(values, nulls, by_visitor); },
        std::span(&rows.parameter, 1));
  }

  const char* select(const char* columns) const {
    return psprintf("SELECT %s FROM (%.*s\n) AS current", columns, static_cast<int>(query_.size()),
                    query_.data());
  }

  static constexpr pg::query_column user_columns[] = {{"alias", TEXTOID},
                                                      {"is_user", BOOLOID},
                                                      {"visitor_id", TEXTOID},
                                                      {"members", INT8OID},
                                                      {"first_seen_at", TIMESTAMPTZOID},
                                                      {"last_seen_at", TIMESTAMPTZOID}};
  static constexpr pg::query_column kind_columns[] = {{"kind", TEXTOID},
                                                      {"alias", TEXTOID},
                                                      {"visitor_kind", TEXTOID},
                                                      {"visitor_id", TEXTOID},
                                                      {"members", INT8OID},
                                                      {"first_seen_at", TIMESTAMPTZOID},
                                                      {"last_seen_at", TIMESTAMPTZOID}};

  struct named {
    identity::kind kind;
    std::string_view text;
  };

  bool users() const { return source_.form() == edge_form::users; }
  std::span<const pg::query_column> columns() const {
    return users() ? std::span<const pg::query_column>(user_columns) : kind_columns;
  }

  void restore_row(const Datum* values, const bool* nulls, bool by_visitor) {
    auto value = [&](int column) {
      if (nulls[column])
        throw error(sqlstate::null_value_not_allowed,
                    std::string("current must not hold NULL in ") + columns()[column].name);
      return values[column];
    };
    auto text = [&](int column) { return pg::text_view(value(column)); };
    auto members = [&] { return DatumGetInt64(value(users() ? 3 : 4)); };
    auto id = [&]() -> named {
      if (users()) return {DatumGetBool(value(1)) ? user_kind : alias_kind, text(0)};
      return {source_.add_kind(text(0)), text(1)};
    };
    auto visitor = [&]() -> named {
      // Only an alias that is alone names its visitor: aliases are linked through users.
      if (users()) return {DatumGetBool(value(1)) || members() > 1 ? user_kind : alias_kind, text(2)};
      return {source_.add_kind(text(2)), text(3)};
    };

    // The lookup went by text alone, or even by hash: other ids are none of ours, whatever their rows hold.
    id_pool& ids = merge_.graph().ids();
    named sought = by_visitor ? visitor() : id();
    node known = ids.find(sought.kind, sought.text);
    if (known == no_node || (by_visitor ? !merge_.grows(known) : ids[known].blocked)) return;
    named other = by_visitor ? id() : visitor();
    node added = source_.add(ids, other.kind, other.text);
    auto [member, name] = by_visitor ? std::pair(added, known) : std::pair(known, added);
    for (node one : {member, name})
      if (ids[one].blocked)
        throw error(sqlstate::invalid_parameter_value,
                    "current holds the id " + quoted(ids[one].text()) + ", which blocked refuses",
                    "Give the same blocked values as when current was made, or resolve all edges anew.");
    const std::size_t first_seen = columns().size() - 2;
    const std::size_t last_seen = columns().size() - 1;
    stored_id row{name, static_cast<std::uint64_t>(members()),
                  instant_of(values[first_seen], nulls[first_seen]),
                  instant_of(values[last_seen], nulls[last_seen])};
    if (!merge_.restore(member, row))
      throw error(sqlstate::invalid_parameter_value,
                  "current holds different rows for the id " + quoted(ids[member].text()));
  }

  std::string_view query_;
  edge_source& source_;
  alias_merge& merge_;
  MemoryContext context_;
  double expected_rows_;
};

void put_change(row_writer& out, const edge_source& source, const id_pool& ids,
                const alias_merge::change& one) {
  out.row([&] {
    out.id(source, ids, one.id);
    out.visitor(source, ids, one.visitor);
    out.number(one.members);
    out.time(one.first_seen);
    out.time(one.last_seen);
    out.visitor(source, ids, one.old_visitor);
  });
}

Datum merge_aliases(FunctionCallInfo fcinfo, const argument_positions& at) {
  workspace work("journey merge_aliases");
  row_writer out(fcinfo, work);
  if (PG_ARGISNULL(0)) pg::null_argument("current");
  auto& source = pg::make_in<edge_source>(work.context());
  source.read_arguments(fcinfo, at);
  auto& merge = pg::make_in<alias_merge>(work.context(), source.rules());
  alias_graph& graph = merge.graph();
  const id_pool& ids = graph.ids();
  source.fill(graph);

  stored_mapping current(pg::text_argument(fcinfo, 0), source, merge, work.context());
  pg::context_resource memory(work.context());
  std::pmr::vector<node> touched(&memory);
  for (node id = 0; id < ids.size(); ++id)
    if (!ids[id].blocked) touched.push_back(id);
  current.restore(touched, false);
  current.restore(merge.growing(), true);
  source.rule_kinds(graph);  // current may hold kinds that edges doesn't

  for (const alias_merge::change& one : merge.resolve()) {
    check_interrupts();
    put_change(out, source, ids, one);
  }
  return Datum{0};
}

/// The pairs that `without` names, in any direction, and whether edges holds them.
class left_out_pairs {
 public:
  explicit left_out_pairs(std::pmr::memory_resource* memory) : held_(memory) {}

  void add(node left, node right) { held_.try_emplace(pair(left, right), false); }

  /// Whether an edge is to be left out; notes that it was there.
  bool hold(node left, node right) {
    auto found = held_.find(pair(left, right));
    if (found == held_.end()) return false;
    return found->second = true;
  }

  /// A pair that is in no edge is likely a slip: told, but no error, as one list may serve many visitors.
  void warn_of_strangers(const id_pool& ids) const {
    std::size_t strangers = 0;
    std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
    for (const auto& [ends, held] : held_) {
      check_interrupts();
      if (held) continue;
      ++strangers;
      first = std::min(first, ends);
    }
    if (strangers == 0) return;
    const id_pool::id& left = ids[static_cast<node>(first >> 32)];
    const id_pool::id& right = ids[static_cast<node>(first)];
    ereport(WARNING,
            errmsg("edges does not hold %zu of the pairs in without, such as (%.*s, %.*s)", strangers,
                   static_cast<int>(left.length), left.bytes, static_cast<int>(right.length), right.bytes));
  }

 private:
  static std::uint64_t pair(node left, node right) {
    return std::uint64_t{std::min(left, right)} << 32 | std::max(left, right);
  }

  hash_map<std::uint64_t, bool> held_;
};

/// Resolves the edges twice, with and without some of them; the difference is the answer.
Datum unmerge_aliases(FunctionCallInfo fcinfo, const argument_positions& at) {
  workspace work("journey unmerge_aliases");
  row_writer out(fcinfo, work);
  if (PG_ARGISNULL(1)) pg::null_argument("without");
  auto& source = pg::make_in<edge_source>(work.context());
  source.read_arguments(fcinfo, at);
  auto& whole = pg::make_in<alias_graph>(work.context(), source.rules());
  auto& cut = pg::make_in<alias_graph>(work.context(), source.rules());
  auto& named = pg::make_in<id_pool>(work.context());
  pg::context_resource memory(work.context());

  left_out_pairs left_out(&memory);
  source.each_pair(pg::text_argument(fcinfo, 1), "without", named, [&](node left, node right) {
    if (left != no_node && right != no_node) left_out.add(left, right);
  });
  source.each_edge(whole.ids(), [&](node left, node right, instant seen_at) {
    whole.add(left, right, seen_at);
    auto name = [&](node id) {
      return id == no_node ? no_node : named.find(whole.ids()[id].kind, whole.ids()[id].text());
    };
    auto again = [&](node id) {
      return id == no_node ? no_node : source.add(cut.ids(), whole.ids()[id].kind, whole.ids()[id].text());
    };
    if (left_out.hold(name(left), name(right))) {
      cut.add(again(left), no_node, seen_at);
      cut.add(again(right), no_node, seen_at);
    } else {
      node first = again(left);
      cut.add(first, again(right), seen_at);
    }
  });
  left_out.warn_of_strangers(named);
  for (alias_graph* graph : {&whole, &cut}) {
    source.rule_kinds(*graph);
    graph->resolve();
  }

  const id_pool& ids = cut.ids();
  struct before {
    node visitor;  // in `whole`
    std::size_t members;
  };
  std::pmr::vector<before> old(whole.ids().size(), &memory);
  for (std::size_t i = 0; i < whole.visitor_count(); ++i) {
    alias_graph::visitor visitor = whole[i];
    for (node member : visitor.members) {
      check_interrupts();
      old[member] = {visitor.id, visitor.members.size()};
    }
  }
  auto in = [](const id_pool& there, const id_pool::id& id) { return there.find(id.kind, id.text()); };
  for (std::size_t i = 0; i < cut.visitor_count(); ++i) {
    alias_graph::visitor visitor = cut[i];
    for (node member : visitor.members) {
      check_interrupts();
      before was = old[in(whole.ids(), ids[member])];
      node old_visitor = in(ids, whole.ids()[was.visitor]);
      if (old_visitor != visitor.id || was.members != visitor.members.size())
        put_change(out, source, ids,
                   {member, visitor.id, visitor.members.size(), ids[member].first_seen, ids[member].last_seen,
                    old_visitor});
    }
  }
  return Datum{0};
}

constexpr argument_positions merge_with_users{.edges = 1, .blocked = 2, .max_users = 3, .max_members = 4};
constexpr argument_positions merge_with_kinds{
    .edges = 1, .blocked = 4, .priority = 2, .unique_kinds = 3, .max_members = 5};
constexpr argument_positions merge_with_kinds_text{
    .edges = 1, .blocked = 4, .priority = 2, .unique_kinds = 3, .max_members = 5, .text_list = 3};
constexpr argument_positions unmerge_with_users{.edges = 0, .blocked = 2, .max_users = 3, .max_members = 4};
constexpr argument_positions unmerge_with_kinds{
    .edges = 0, .blocked = 4, .priority = 2, .unique_kinds = 3, .max_members = 5};
constexpr argument_positions unmerge_with_kinds_text{
    .edges = 0, .blocked = 4, .priority = 2, .unique_kinds = 3, .max_members = 5, .text_list = 3};

}  // namespace

JOURNEY_FUNCTION(merge_aliases) { return merge_aliases(fcinfo, merge_with_users); }
JOURNEY_FUNCTION(merge_aliases_of_kinds) { return merge_aliases(fcinfo, merge_with_kinds); }
JOURNEY_FUNCTION(merge_aliases_of_kinds_text) { return merge_aliases(fcinfo, merge_with_kinds_text); }
JOURNEY_FUNCTION(unmerge_aliases) { return unmerge_aliases(fcinfo, unmerge_with_users); }
JOURNEY_FUNCTION(unmerge_aliases_of_kinds) { return unmerge_aliases(fcinfo, unmerge_with_kinds); }
JOURNEY_FUNCTION(unmerge_aliases_of_kinds_text) { return unmerge_aliases(fcinfo, unmerge_with_kinds_text); }
