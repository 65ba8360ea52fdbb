#include "identity/edges_pg.hpp"

#include <algorithm>
#include <string>

#include "base/sort.hpp"
#include "pg/array.hpp"
#include "pg/context.hpp"
#include "pg/query.hpp"

extern "C" {
#include "utils/fmgroids.h"
}

namespace journey::identity {
namespace {

constexpr std::size_t most_unique_kinds = 64;  // a count for each of them, for each visitor

constexpr pg::query_column user_columns[] = {
    {"alias", TEXTOID}, {"user_id", TEXTOID}, {"seen_at", TIMESTAMPTZOID}};
constexpr pg::query_column kind_columns[] = {
    {"a_kind", TEXTOID}, {"a", TEXTOID}, {"b_kind", TEXTOID}, {"b", TEXTOID}, {"seen_at", TIMESTAMPTZOID}};

/// A limit, where one is given.
std::uint32_t limit(FunctionCallInfo fcinfo, int position, const char* argument) {
  if (position == argument_positions::none || PG_ARGISNULL(position)) return graph_rules::no_limit;
  int limit = PG_GETARG_INT32(position);
  if (limit < 1)
    throw error(sqlstate::invalid_parameter_value,
                std::string(argument) + " must be at least 1: " + std::to_string(limit),
                "Give NULL for no limit.");
  return static_cast<std::uint32_t>(limit);
}

void hint_at_kinds(void* argument) {
  errhint(
      "%s is a list, such as '{user,email}'. After a mode, give the arguments by name: blocked => "
      "'{...}'.",
      static_cast<const char*>(argument));
}

/// The elements of a list that are not NULL; none where the list is NULL or not there.
std::pmr::vector<std::string_view> list(FunctionCallInfo fcinfo, const argument_positions& at, int position,
                                        const char* argument) {
  if (position == argument_positions::none || PG_ARGISNULL(position))
    return std::pmr::vector<std::string_view>(pg::call_memory());
  Datum array = PG_GETARG_DATUM(position);
  if (position == at.text_list || (position == at.blocked && at.text_list != argument_positions::none)) {
    char* spelled = text_to_cstring(DatumGetTextPP(array));
    array = pg::in_context(hint_at_kinds, argument,
                           [spelled] { return OidInputFunctionCall(F_ARRAY_IN, spelled, TEXTOID, -1); });
  }
  return pg::text_elements(array, argument);
}

/// A form's columns, with as much of seen_at as is asked for.
template <std::size_t count>
std::span<const pg::query_column> with_time(const pg::query_column (&columns)[count], time_column time,
                                            pg::query_column (&room)[count]) {
  std::copy(std::begin(columns), std::end(columns), room);
  room[count - 1].optional = time == time_column::optional;
  return std::span(room).first(time == time_column::none ? count - 1 : count);
}

}  // namespace

instant instant_of(Datum value, bool null) {
  if (null) return unknown_time;
  TimestampTz time = DatumGetTimestampTz(value);
  return TIMESTAMP_IS_NOEND(time) ? unknown_time - 1 : time;
}

TimestampTz timestamp_of(instant time) {
  if (time == unknown_time - 1) TIMESTAMP_NOEND(time);
  return time;
}

edge_source::edge_source(std::pmr::memory_resource* memory)
    : blocked_(memory), kinds_(memory), unique_(memory) {}

void edge_source::read_arguments(FunctionCallInfo fcinfo, const argument_positions& at) {
  if (PG_ARGISNULL(at.edges)) pg::null_argument("edges");
  edges_ = pg::text_argument(fcinfo, at.edges);
  form_ = at.form();
  if (at.mode != argument_positions::none) {
    if (PG_ARGISNULL(at.mode)) pg::null_argument("mode");
    if (pg::enum_label(PG_GETARG_DATUM(at.mode)) == "latest_user") rules_.mode = alias_mode::latest_user;
  }
  for (std::string_view entry : list(fcinfo, at, at.blocked, "blocked")) blocked_.add(entry);
  max_users_ = limit(fcinfo, at.max_users, "max_users");
  rules_.max_members = limit(fcinfo, at.max_members, "max_members");
  for (std::string_view name : list(fcinfo, at, at.priority, "priority")) {
    if (kinds_.find(0, name) != no_node)
      throw error(sqlstate::invalid_parameter_value, "priority names the kind " + quoted(name) + " twice");
    add_kind(name);
  }
  prioritised_ = kinds_.size();
  for (std::string_view name : list(fcinfo, at, at.unique_kinds, "unique_kinds")) {
    if (kinds_.find(0, name) == no_node)
      throw error(sqlstate::invalid_parameter_value,
                  "unique_kinds names the kind " + quoted(name) + ", which priority does not",
                  "Name it in priority, too.");
    if (unique_.size() == most_unique_kinds)
      throw error(sqlstate::program_limit_exceeded,
                  "unique_kinds names more than " + std::to_string(most_unique_kinds) + " kinds");
    unique_.push_back(add_kind(name));
  }
  rules_.in_order =
      max_users_ != graph_rules::no_limit || rules_.max_members != graph_rules::no_limit || !unique_.empty();
}

kind edge_source::add_kind(std::string_view name) {
  node number = kinds_.add(0, name);
  if (number > std::numeric_limits<kind>::max())
    throw error(sqlstate::program_limit_exceeded, "edges has more than 65,536 different kinds");
  return static_cast<kind>(number);
}

node edge_source::add(id_pool& ids, kind kind, std::string_view text) const {
  node next = ids.size();
  node number = ids.add(kind, text);
  if (number == next) ids[number].blocked = blocked_.contains(text);
  return number;
}

void edge_source::read(std::string_view query, const char* argument, time_column time, id_pool& ids,
                       row_handler row, void* closure) {
  if (form_ == edge_form::users) {
    auto id = [&](kind kind, Datum value, bool null) {
      return null ? no_node : add(ids, kind, pg::text_view(value));
    };
    pg::query_column columns[std::size(user_columns)];
    pg::read_query(query, argument, with_time(user_columns, time, columns),
                   [&](const Datum* values, const bool* nulls) {
                     node alias = id(alias_kind, values[0], nulls[0]);
                     node user = id(user_kind, values[1], nulls[1]);
                     row(closure, alias, user, instant_of(values[2], nulls[2]));
                   });
    return;
  }
  auto id = [&](const Datum* values, const bool* nulls, const char* column) {
    if (nulls[1]) return no_node;
    std::string_view text = pg::text_view(values[1]);
    if (nulls[0])
      throw error(sqlstate::null_value_not_allowed,
                  std::string(argument) + " gives the id " + quoted(text) + " but " + column + " is NULL");
    return add(ids, add_kind(pg::text_view(values[0])), text);
  };
  pg::query_column columns[std::size(kind_columns)];
  pg::read_query(query, argument, with_time(kind_columns, time, columns),
                 [&](const Datum* values, const bool* nulls) {
                   node left = id(values, nulls, "a_kind");
                   node right = id(values + 2, nulls + 2, "b_kind");
                   row(closure, left, right, instant_of(values[4], nulls[4]));
                 });
}

void edge_source::fill(alias_graph& graph) {
  each_edge(graph.ids(), [&](node weak, node strong, instant seen_at) { graph.add(weak, strong, seen_at); });
  rule_kinds(graph);
}

void edge_source::rule_kinds(alias_graph& graph) const {
  if (form_ == edge_form::users) {
    kind_rule rules[2];
    rules[user_kind] = {.rank = 0, .most = max_users_};
    rules[alias_kind] = {.rank = 1};
    graph.rule_kinds(rules);
    return;
  }
  // Kinds that have no place in priority follow in byte order.
  std::pmr::memory_resource* memory = unique_.get_allocator().resource();
  std::pmr::vector<kind> order(kinds_.size(), memory);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<kind>(i);
  sort(std::span(order).subspan(prioritised_),
       [this](kind left, kind right) { return kind_name(left) < kind_name(right); });
  std::pmr::vector<kind_rule> rules(kinds_.size(), memory);
  for (std::size_t i = 0; i < order.size(); ++i) rules[order[i]].rank = static_cast<std::uint32_t>(i);
  for (kind one : unique_) rules[one].most = 1;
  graph.rule_kinds(rules);
}

row_writer::row_writer(FunctionCallInfo fcinfo, const workspace& work)
    : rows_(fcinfo),
      per_row_(AllocSetContextCreateInternal(work.context(), "journey row", ALLOCSET_SMALL_SIZES)) {}

void row_writer::time(instant value) {
  if (value == unknown_time)
    null();
  else
    put(TimestampTzGetDatum(timestamp_of(value)));
}

void row_writer::id(const edge_source& source, const id_pool& ids, node number) {
  if (number == no_node) {
    null();
    null();
  } else if (source.form() == edge_form::users) {
    text(ids[number].text());
    boolean(ids[number].kind == user_kind);
  } else {
    text(source.kind_name(ids[number].kind));
    text(ids[number].text());
  }
}

void row_writer::visitor(const edge_source& source, const id_pool& ids, node number) {
  if (source.form() == edge_form::kinds)
    number == no_node ? null() : text(source.kind_name(ids[number].kind));
  number == no_node ? null() : text(ids[number].text());
}

}  // namespace journey::identity
