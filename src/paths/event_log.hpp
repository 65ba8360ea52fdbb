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

  /// The name counts from 1; none is 0.
  std::array<std::uint64_t, 2> numbers() const {
    return {steps, name == name_table::none ? 0 : std::uint64_t{name} + 1};
  }
  static event_row of(std::int64_t ts, const std::array<std::uint64_t, 2>& numbers) {
    return {ts, numbers[0], static_cast<name_table::id>(numbers[1] - 1)};
  }
};

/// Rows in order, whatever the order in which they come: of time; at one instant, the row that meets the
/// earlier condition comes first; then by their names, none being the last. Each distinct name is kept once.
class event_log {
 public:
  explicit event_log(std::pmr::memory_resource* memory) : rows_(memory) {}
  event_log(const event_log&) = delete;
  event_log& operator=(const event_log&) = delete;
  ~event_log() {
    if (own_ != nullptr) std::pmr::polymorphic_allocator<>(rows_.memory()).delete_object(own_);
  }

  /// Keeps its names among those of other logs, before it has any. `names` must live as long.
  void share(name_table& names) { names_ = &names; }
  const name_table& names() const { return *names_; }
  std::size_t size() const { return rows_.size(); }

  void add(const step_row& row, std::string_view name) {
    rows_.add({row.ts, row.steps, own_names().number(name)});
  }
  void add_nameless(const step_row& row) { rows_.add({row.ts, row.steps, name_table::none}); }
  void combine(const event_log& other);

  /// All rows, in the order in which they came.
  std::pmr::vector<event_row> rows_as_added(std::pmr::memory_resource* memory) const {
    return rows_.rows(memory);
  }
  /// All rows in order. `sort_names(rows)` is asked only where rows differ in their names alone.
  template <class Sort>
  std::pmr::vector<event_row> rows(std::pmr::memory_resource* memory, Sort sort_names) const {
    auto rows = rows_.rows(memory);
    auto before = [](const event_row& left, const event_row& right) {
      return comes_before(left.step(), right.step());
    };
    if (!std::ranges::is_sorted(rows, before)) sort(rows, before);
    for (std::size_t begin = 0; begin < rows.size();) {
      check_interrupts();
      std::size_t end = begin + 1;
      bool one_name = true;
      for (; end < rows.size() && rows[end].step() == rows[begin].step(); ++end)
        one_name = one_name && rows[end].name == rows[begin].name;
      if (!one_name) sort_names(std::span(rows).subspan(begin, end - begin));
      begin = end;
    }
    return rows;
  }
  /// All rows in order, names in that of their bytes.
  std::pmr::vector<event_row> rows(std::pmr::memory_resource* memory) const;

  /// Forgets all rows but the first so many, names being in the order of their bytes. Returns the time of the
  /// last that is kept.
  std::int64_t keep_first(std::size_t most);

  /// `packed(name)` is what travels of a name.
  template <class Pack>
  void serialize(wire::writer& out, Pack packed) const {
    auto used = used_names();
    out.varint(used.size());
    for (name_table::id name : used) {
      check_interrupts();
      out.text(packed(names()[name]));
    }
    serialize_rows(out, used);
  }
  void serialize(wire::writer& out) const {
    serialize(out, [](std::string_view name) { return name; });
  }

  enum class nameless { refused, allowed };
  /// `conditions` is the number of conditions that rows may meet.
  template <class Unpack>
  void deserialize(wire::reader& in, int conditions, nameless rows, Unpack unpacked) {
    std::pmr::vector<name_table::id> numbers(rows_.memory());
    std::size_t count = in.count(1);
    numbers.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      check_interrupts();
      numbers.push_back(own_names().number(unpacked(in.text())));
    }
    deserialize_rows(in, conditions, rows, numbers);
  }
  void deserialize(wire::reader& in, int conditions) {
    deserialize(in, conditions, nameless::refused, [](std::string_view name) { return name; });
  }

 private:
  name_table& own_names() {
    if (names_ == nullptr)
      names_ = own_ =
          std::pmr::polymorphic_allocator<>(rows_.memory()).new_object<name_table>(rows_.memory());
    return *names_;
  }
  /// The names of its rows, each once.
  std::pmr::vector<name_table::id> used_names() const;
  void serialize_rows(wire::writer& out, std::span<const name_table::id> names) const;
  void deserialize_rows(wire::reader& in, int conditions, nameless rows,
                        std::span<const name_table::id> names);

  name_table* names_ = nullptr;  // while there are none
  name_table* own_ = nullptr;    // if nobody shares them
  packed_rows<event_row> rows_;
};

}  // namespace journey::paths
