// What separates the sessions of a trail.
#pragma once

#include "sessions/rule.hpp"

namespace journey::sessions {

/// A session rule without `max_duration`: whether a session goes on at an event depends on nothing but the
/// event before, and so sessions merge. In two words, since each trail in the making has its own.
class trail_rule {
 public:
  /// `timeout` must be greater than zero; `days` are those of the day boundary, if there is one.
  constexpr explicit trail_rule(std::int64_t timeout, bool inclusive = false, calendar* days = nullptr)
      : timeout_(static_cast<std::uint64_t>(timeout)), inclusive_(inclusive ? 1 : 0), days_(days) {}

  /// Whether a session that lasts until `earlier` still goes on at `later`; both are finite.
  bool joined(std::int64_t earlier, std::int64_t later) const {
    if (later <= earlier) return true;
    std::uint64_t gap = static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
    if (gap + inclusive_ > timeout_) return false;
    return days_ == nullptr || days_->day(earlier) == days_->day(later);
  }

  session_rule as_session_rule() const {
    return {static_cast<std::int64_t>(timeout_), inclusive_ != 0, {}, days_ == nullptr ? "" : days_->zone()};
  }
  bool operator==(const trail_rule&) const = default;

 private:
  std::uint64_t timeout_ : 63;
  std::uint64_t inclusive_ : 1;
  calendar* days_;
};

}  // namespace journey::sessions
