// A session rule: when a new session starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/wire.hpp"

namespace journey::sessions {

/// What separates the sessions of one visitor. Durations are microseconds greater than zero.
struct session_rule {
  std::int64_t timeout = 0;
  bool inclusive = false;  // a gap of exactly `timeout` splits, too
  std::optional<std::int64_t> max_duration{};
  std::string_view day_boundary{};  // a time zone in memory that somebody else keeps; empty for none

  /// Whether a gap from `earlier` to `later` ends a session.
  bool times_out(std::int64_t earlier, std::int64_t later) const {
    std::uint64_t gap = elapsed(earlier, later);
    return inclusive ? gap >= static_cast<std::uint64_t>(timeout) : gap > static_cast<std::uint64_t>(timeout);
  }
  /// Whether a session from `started_at` is too long to hold `ts`.
  bool outlasts(std::int64_t started_at, std::int64_t ts) const {
    return max_duration && elapsed(started_at, ts) > static_cast<std::uint64_t>(*max_duration);
  }
  bool operator==(const session_rule&) const = default;
};

/// The dates on the clocks of one time zone. Lives as long as the process, as the server's time zones do.
class calendar {
 public:
  /// The local date of `ts`, as a number of days. It never falls as time goes on, not even where a clock set
  /// back shortly after midnight repeats the end of the day before: a day, once begun, has begun. Infinity
  /// is a day of its own.
  virtual std::int64_t day(std::int64_t ts) = 0;

  /// The zone's name as the server spells it.
  virtual std::string_view zone() const = 0;

 protected:
  ~calendar() = default;
};

/// The stored form: equal rules, and only they, have equal bytes.
void write(wire::writer& out, const session_rule& rule);
/// Reads to the end of `in`; `day_boundary` is a view into it, not yet known to be a time zone.
session_rule read_rule(wire::reader& in);

/// As a user reads it: `00:30:00 inclusive, max_duration 24:00:00, day_boundary Europe/Berlin`.
std::string rule_text(const session_rule& rule);

}  // namespace journey::sessions
