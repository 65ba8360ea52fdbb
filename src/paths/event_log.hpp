// The rows of one visitor, each with a name: a step of a path, a key, a value. No PostgreSQL headers here.
#pragma once

#include "base/name_table.hpp"
#include "base/sort.hpp"
#include "paths/step_log.hpp"

namespace journey::paths {

struct event_row {
  std::int64_t ts;
  std::uint64_t steps;
  name_table::id name;  // or none

  step_row step() const { return {ts, steps}; }
};

/// Rows in order, whatever the order in which they come: of time; at one instant, the row that meets the
/// earlier condition comes first; then by their names, none being the last. 24 bytes a row, and each distinct
/// name once.
class event_log {
 public:
  explicit event_log(std::pmr::memory_resource* memory) : names_(memory), rows_(memory) {}
  event_log(const event_log&) = delete;
  event_log& operator=(const event_log&) = delete;

  const name_table& names() const { return names_; }
  std::size_t size() const { return rows_.size(); }

  void add(const step_row& row, std::string_view name) { add(row, names_.number(name)); }
  void add_nameless(const step_row& row) { add(row, name_table::none); }
  void combine(const event_log& other);

  /// All rows in order. `order()` gives all names' numbers in order; asked only where rows differ in their
  /// names alone.
  template <class Order>
  std::span<const event_row> rows(Order order) const {
    auto before = [](const event_row& left, const event_row& right) {
      return comes_before(left.step(), right.step());
    };
    if (!std::ranges::is_sorted(rows_, before)) sort(rows_, before);
    std::pmr::vector<name_table::id> ranks(rows_.get_allocator().resource());
    for (std::size_t begin = 0; begin < rows_.size();) {
      check_interrupts();
      std::size_t end = begin + 1;
      bool one_name = true;
      for (; end < rows_.size() && rows_[end].step() == rows_[begin].step(); ++end)
        one_name = one_name && rows_[end].name == rows_[begin].name;
      if (!one_name) {
        if (ranks.empty()) rank(order(), ranks);
        sort_by(std::span(rows_).subspan(begin, end - begin), [&ranks](const event_row& row) {
          return row.name == name_table::none ? row.name : ranks[row.name];
        });
      }
      begin = end;
    }
    return rows_;
  }
  /// All rows in order, names in that of their bytes.
  std::span<const event_row> rows() const {
    return rows([this] { return names_.sorted(rows_.get_allocator().resource()); });
  }

  /// Forgets all rows but the first so many, names being in the order of their bytes.
  void keep_first(std::size_t most);

  /// `packed(name)` is what travels of a name.
  template <class Pack>
  void serialize(wire::writer& out, Pack packed) const {
    out.varint(names_.size());
    for (name_table::id name = 0; name < names_.size(); ++name) {
      check_interrupts();
      out.text(packed(names_[name]));
    }
    serialize_rows(out);
  }
  void serialize(wire::writer& out) const {
    serialize(out, [](std::string_view name) { return name; });
  }

  enum class nameless { refused, allowed };
  /// `conditions` is the number of conditions that rows may meet.
  template <class Unpack>
  void deserialize(wire::reader& in, int conditions, nameless rows, Unpack unpacked) {
    std::pmr::vector<name_table::id> numbers(rows_.get_allocator().resource());
    std::size_t count = in.count(1);
    numbers.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      check_interrupts();
      numbers.push_back(names_.number(unpacked(in.text())));
    }
    deserialize_rows(in, conditions, rows, numbers);
  }
  void deserialize(wire::reader& in, int conditions) {
    deserialize(in, conditions, nameless::refused, [](std::string_view name) { return name; });
  }

 private:
  void add(const step_row& row, name_table::id name);
  void serialize_rows(wire::writer& out) const;
  void deserialize_rows(wire::reader& in, int conditions, nameless rows,
                        std::span<const name_table::id> numbers);
  static void rank(std::span<const name_table::id> order, std::pmr::vector<name_table::id>& ranks);

  name_table names_;
  mutable std::pmr::vector<event_row> rows_;
};

}  // namespace journey::paths
