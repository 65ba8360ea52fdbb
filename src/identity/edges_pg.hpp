// What the SQL functions of this room are asked: their arguments, and the edges they read.
#pragma once

#include <string>

#include "identity/block_list.hpp"
#include "identity/visitors.hpp"
#include "pg/datum.hpp"
#include "pg/query.hpp"

namespace journey::identity {

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

inline constexpr kind user_kind = 0;
inline constexpr kind alias_kind = 1;

/// The edges that a call is about, with their ids and the rules it gives for them.
class edge_source {
 public:
  /// Reads and checks the arguments.
  edge_source(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo, const argument_positions& at);

  edge_form form() const { return form_; }
  const graph_rules& rules() const { return rules_; }
  id_pool& ids() { return ids_; }
  const id_pool& ids() const { return ids_; }

  /// Runs the query `edges`; `row(weak, strong, seen_at)` gets the ids of each row.
  template <class Row>
  void each_edge(Row row) {
    read(edges_, "edges", edge_columns(), row);
  }
  /// As above for edges that must have a time, in the form users.
  template <class Row>
  void each_log_in(Row row) {
    read(edges_, "edges", log_in_columns, row);
  }
  /// As above for another query, of pairs of ids alone.
  template <class Row>
  void each_pair(std::string_view query, const char* argument, Row row) {
    std::span<const pg::query_column> columns = edge_columns();
    read(query, argument, columns.first(columns.size() - 1),
         [&row](node left, node right, instant) { row(left, right); });
  }

  /// The number of an id, which is marked if it is one of the blocked.
  node add(kind kind, std::string_view text) { return add(id_pool::key_of(kind, text)); }
  kind add_kind(std::string_view name);
  std::string_view kind_name(kind kind) const { return kinds_[kind].text(); }
  /// What is ruled of the kinds met so far.
  std::pmr::vector<kind_rule> kind_rules() const;

 private:
  /// An edge of the query whose ids are not yet looked up: that is done for many at a time.
  struct waiting_edge {
    struct end {
      bool given;
      identity::kind kind;
      std::uint32_t hash;
      std::size_t begin;  // of its text in waiting_texts_
      std::size_t length;
    };
    end weak;
    end strong;
    instant seen_at;
  };
  static constexpr std::size_t most_waiting = 32;
  static constexpr std::size_t most_waiting_bytes = 16384;  // of texts, but for those of one edge

  static const pg::query_column log_in_columns[3];
  std::span<const pg::query_column> edge_columns() const;
  void wait_with(const Datum* values, const bool* nulls, const char* argument);
  waiting_edge::end wait_with(kind kind, std::string_view text);
  /// Brings what is known of the ids that wait into the processor's reach.
  void fetch_waiting() const;
  node add(const waiting_edge::end& end);
  node add(const id_pool::key& sought);

  template <class Row>
  void read(std::string_view query, const char* argument, std::span<const pg::query_column> columns,
            Row row) {
    auto add_waiting = [&] {
      fetch_waiting();
      for (const waiting_edge& one : waiting_) {
        node weak = add(one.weak);
        node strong = add(one.strong);
        row(weak, strong, one.seen_at);
      }
      waiting_.clear();
      waiting_texts_.clear();
    };
    pg::read_query(query, argument, columns, [&](const Datum* values, const bool* nulls) {
      wait_with(values, nulls, argument);
      if (waiting_.size() == most_waiting || waiting_texts_.size() > most_waiting_bytes) add_waiting();
    });
    add_waiting();
  }

  std::pmr::memory_resource* memory_;
  std::string_view edges_;
  edge_form form_;
  graph_rules rules_;
  std::uint32_t max_users_ = graph_rules::no_limit;
  block_list blocked_;
  id_pool ids_;
  id_pool kinds_;         // their names, those of the argument priority first
  node prioritised_ = 0;  // how many these are
  std::pmr::vector<kind> unique_;
  std::pmr::vector<waiting_edge> waiting_;
  std::pmr::string waiting_texts_;
};

/// A time from the server; NULL is not known, infinity a known time just before that.
instant instant_of(Datum value, bool null);

}  // namespace journey::identity
