// Sequences: patterns over the events of one visitor.
#pragma once

#include <string>
#include <string_view>

#include "paths/step_log.hpp"

namespace journey::paths {

/// Reads a duration in microseconds, not negative, or throws.
using read_duration = std::int64_t (*)(std::string_view text);

/// A pattern: events, each either next to the one before or apart from it by any number of events and a time
/// within bounds.
class sequence_pattern {
 public:
  static constexpr std::size_t most_events = 64;
  static constexpr std::size_t longest = 10'000;  // bytes

  sequence_pattern() = default;
  /// `(?1)` is an event that meets condition 1, `.` any event, `.*` any number of events, and `(?t<=1 hour)`
  /// any number of events as long as the next one comes at most an hour after the last one. An error says at
  /// which character the pattern goes wrong.
  sequence_pattern(std::string_view text, int conditions, read_duration duration);

  struct event {
    std::uint64_t meets = 0;  // one of these conditions
    bool is_named = false;    // by its condition
    bool is_next = false;     // to the event before
    std::uint64_t at_least = 0;
    std::uint64_t at_most = ~std::uint64_t{0};  // from the event before, microseconds
  };
  std::size_t size() const { return size_; }
  const event& operator[](std::size_t place) const { return events_[place]; }

 private:
  event events_[most_events];
  std::size_t size_ = 0;
};

/// Where a pattern matches, first looked for from the end: a bit for each event of the pattern and each row.
/// In time and space proportional to the rows, times the events of the pattern (time: once back, once forth;
/// space: 8 bytes a row).
class sequence_matches {
 public:
  sequence_matches(std::span<const step_row> rows, const sequence_pattern& pattern,
                   std::pmr::memory_resource* memory);

  bool any() const { return first_ < rows_.size(); }
  /// The number of matches, each as early as it can be and begun after the one before it ended; or,
  /// overlapping, the number of rows with which a match begins.
  std::int64_t count(bool overlapping) const;
  /// The times of the events of the first match that are named by their condition; empty where none is.
  std::pmr::vector<std::int64_t> times() const;

 private:
  bool completes(std::size_t row, std::size_t event) const { return (completions_[row] >> event & 1) != 0; }
  template <class Visit>
  std::size_t walk(std::size_t row, Visit visit) const;

  std::span<const step_row> rows_;
  const sequence_pattern& pattern_;
  std::pmr::vector<std::uint64_t>
      completions_;  // bit e: the pattern matches from its event e on, which is this row
  std::size_t first_;
};

/// The events of one visitor and the pattern asked for, mergeable.
class sequence_log {
 public:
  explicit sequence_log(std::pmr::memory_resource* memory) : pattern_(memory), log_(memory) {}

  /// Whether nothing has been asked yet. An error where the pattern, the option or the number of conditions
  /// is another than before.
  bool ask(std::string_view pattern, bool overlapping, int conditions);
  void add(const step_row& row) {
    if (row.steps != 0) log_.add(row);
  }
  void combine(const sequence_log& other);

  std::string_view pattern() const { return pattern_; }
  bool overlapping() const { return overlapping_; }
  int conditions() const { return conditions_; }
  std::pmr::vector<step_row> rows(std::pmr::memory_resource* memory) const { return log_.rows(memory); }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  std::pmr::string pattern_;
  step_log log_;
  std::uint8_t conditions_ = 0;  // 0 while nothing has been asked
  bool overlapping_ = false;
};

}  // namespace journey::paths
