#include "identity/edges_pg.hpp"

#include <string>

#include "base/sort.hpp"
#include "pg/array.hpp"
#include "pg/context.hpp"

extern "C" {
#include "utils/fmgroids.h"
}

namespace journey::identity {
namespace {

constexpr std::size_t most_unique_kinds = 64;  // a count for each of them, for each visitor

constexpr pg::query_column edges_of_users[] = {
    {"alias", TEXTOID}, {"user_id", TEXTOID}, {"seen_at", TIMESTAMPTZOID, true}};
constexpr pg::query_column edges_of_kinds[] = {{"a_kind", TEXTOID},
                                               {"a", TEXTOID},
                                               {"b_kind", TEXTOID},
                                               {"b", TEXTOID},
                                               {"seen_at", TIMESTAMPTZOID, true}};

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

}  // namespace

instant instant_of(Datum value, bool null) {
  if (null) return unknown_time;
  TimestampTz time = DatumGetTimestampTz(value);
  return TIMESTAMP_IS_NOEND(time) ? unknown_time - 1 : time;
}

const pg::query_column edge_source::log_in_columns[] = {
    {"alias", TEXTOID}, {"user_id", TEXTOID}, {"seen_at", TIMESTAMPTZOID}};

std::span<const pg::query_column> edge_source::edge_columns() const {
  if (form_ == edge_form::users) return edges_of_users;
  return edges_of_kinds;
}

edge_source::edge_source(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo,
                         const argument_positions& at)
    : memory_(memory),
      form_(at.form()),
      blocked_(memory),
      ids_(memory),
      kinds_(memory),
      unique_(memory),
      waiting_(memory),
      waiting_texts_(memory) {
  if (PG_ARGISNULL(at.edges)) pg::null_argument("edges");
  edges_ = pg::text_argument(fcinfo, at.edges);
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

node edge_source::add(const id_pool::key& sought) {
  node next = ids_.size();
  node number = ids_.add(sought);
  if (number == next) ids_[number].blocked = blocked_.contains(sought.text);
  return number;
}

node edge_source::add(const waiting_edge::end& end) {
  if (!end.given) return no_node;
  return add(id_pool::key{{waiting_texts_.data() + end.begin, end.length}, end.kind, end.hash});
}

edge_source::waiting_edge::end edge_source::wait_with(kind kind, std::string_view text) {
  id_pool::key sought = id_pool::key_of(kind, text);
  ids_.fetch_slot(sought.hash);
  std::size_t begin = waiting_texts_.size();
  waiting_texts_ += text;
  return {true, kind, sought.hash, begin, text.size()};
}

void edge_source::wait_with(const Datum* values, const bool* nulls, const char* argument) {
  using end = waiting_edge::end;
  if (form_ == edge_form::users) {
    auto id = [&](kind kind, int column) {
      return nulls[column] ? end{} : wait_with(kind, pg::text_view(values[column]));
    };
    end alias = id(alias_kind, 0);
    end user = id(user_kind, 1);
    waiting_.push_back({alias, user, instant_of(values[2], nulls[2])});
    return;
  }
  auto id = [&](int column, const char* kind_column) {
    if (nulls[column + 1]) return end{};
    std::string_view text = pg::text_view(values[column + 1]);
    if (nulls[column])
      throw error(sqlstate::null_value_not_allowed, std::string(argument) + " gives the id " + quoted(text) +
                                                        " but " + kind_column + " is NULL");
    return wait_with(add_kind(pg::text_view(values[column])), text);
  };
  end left = id(0, "a_kind");
  end right = id(2, "b_kind");
  waiting_.push_back({left, right, instant_of(values[4], nulls[4])});
}

void edge_source::fetch_waiting() const {
  auto each_end = [this](auto step) {
    for (const waiting_edge& one : waiting_)
      for (const waiting_edge::end* end : {&one.weak, &one.strong})
        if (end->given) step(end->hash);
  };
  each_end([this](std::uint32_t hash) { ids_.fetch_id(hash); });
  each_end([this](std::uint32_t hash) { ids_.fetch_text(hash); });
}

std::pmr::vector<kind_rule> edge_source::kind_rules() const {
  std::pmr::vector<kind_rule> rules(memory_);
  if (form_ == edge_form::users) {
    rules.resize(2);
    rules[user_kind] = {.rank = 0, .most = max_users_};
    rules[alias_kind] = {.rank = 1};
    return rules;
  }
  // Kinds that have no place in priority follow in byte order.
  std::pmr::vector<kind> order(kinds_.size(), memory_);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<kind>(i);
  sort(std::span(order).subspan(prioritised_),
       [this](kind left, kind right) { return kind_name(left) < kind_name(right); });
  rules.resize(kinds_.size());
  for (std::size_t i = 0; i < order.size(); ++i) rules[order[i]].rank = static_cast<std::uint32_t>(i);
  for (kind one : unique_) rules[one].most = 1;
  return rules;
}

}  // namespace journey::identity
