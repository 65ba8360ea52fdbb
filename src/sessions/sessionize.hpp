// Sessions of one visitor, numbered row by row.
#pragma once

#include <memory_resource>

#include "sessions/rule.hpp"

namespace journey::sessions {

/// One event, as a window function sees it.
struct session_row {
  std::int64_t ts = 0;
  bool new_day = false;  // its local date is not that of the session's last row
  bool starts = false;
  bool extends = true;
  std::optional<std::string_view> split_key{};
};

/// Takes the events of one visitor in time order and tells for each which session it belongs to.
///
/// A row that `extends` joins the open session, or opens the next one where there is none or a rule parts
/// them. A row that does not extend joins the open session where no rule parts them, and otherwise belongs to
/// none; it moves neither the anchor of the timeout nor the split key. A row that `starts` always opens one.
class session_counter {
 public:
  explicit session_counter(std::pmr::memory_resource* memory) : split_key_(memory) {}

  /// Whether `ts` is not before the last row.
  bool follows(std::int64_t ts) const { return !any_ || ts >= last_; }
  std::int64_t last() const { return last_; }

  /// The next row, which must follow. Returns whether it belongs to a session.
  bool place(const session_rule& rule, const session_row& row) {
    bool joins = number_ > 0 && !row.starts && !parts(rule, row);
    bool opens = !joins && (row.starts || row.extends);
    if (opens) open(row);
    if (opens || (joins && row.extends)) anchor_ = row.ts;
    any_ = true;
    last_ = row.ts;
    if (!joins && !opens) return false;
    gap_ = opens ? 0 : elapsed(previous_, row.ts);
    previous_ = row.ts;
    ++position_;
    return true;
  }

  // Of the session of the row placed last, where it belongs to one.
  std::int64_t number() const { return number_; }
  std::int64_t started_at() const { return started_at_; }
  std::int64_t position() const { return position_; }
  /// The time of that row.
  std::int64_t last_in_session() const { return previous_; }
  /// How long after the session's row before it the row came; 0 for the first.
  std::uint64_t gap() const { return gap_; }

 private:
  /// Whether the open session is over before `row`, or does not hold it.
  bool parts(const session_rule& rule, const session_row& row) const {
    return rule.times_out(anchor_, row.ts) || rule.outlasts(started_at_, row.ts) || row.new_day ||
           (row.split_key && (!has_split_key_ || *row.split_key != split_key_));
  }

  void open(const session_row& row) {
    ++number_;
    position_ = 0;
    started_at_ = row.ts;
    has_split_key_ = row.split_key.has_value();
    split_key_.assign(row.split_key.value_or(""));
  }

  bool any_ = false;
  bool has_split_key_ = false;
  std::int64_t last_ = 0;
  std::int64_t number_ = 0;
  std::int64_t position_ = 0;
  std::int64_t started_at_ = 0;
  std::int64_t anchor_ = 0;    // the session's last row that extends it
  std::int64_t previous_ = 0;  // the session's last row
  std::uint64_t gap_ = 0;
  std::pmr::string split_key_;
};

}  // namespace journey::sessions
