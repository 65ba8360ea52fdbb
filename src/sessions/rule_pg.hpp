// journey.session_rule between SQL and C++.
#pragma once

#include "pg/datum.hpp"
#include "sessions/rule.hpp"

extern "C" {
#include "pgtime.h"
}

namespace journey::sessions {

/// Reads a value of the SQL type `journey.session_rule`; the time zone is a view into it, detoasted into the
/// current memory context where needed.
session_rule read_rule(Datum value);

/// The calendar days of one time zone, the same for all who split sessions at midnight.
class local_calendar {
 public:
  /// An error where the server knows no such zone (any more).
  explicit local_calendar(std::string_view zone);

  /// The local date of `ts`, as a number of days. It never falls as time goes on, not even where a clock set
  /// back shortly after midnight repeats the end of the day before: a day, once begun, has begun. Infinity
  /// is a day of its own.
  std::int64_t day(std::int64_t ts);

  /// The zone's name as the server spells it.
  std::string_view name() const { return pg_get_timezone_name(zone_); }

 private:
  std::int64_t look_up(std::int64_t ts);

  pg_tz* zone_;
  // The clock stands at `offset_` all through [since_, until_), and was not set back in the day before.
  std::int64_t since_ = 0;
  std::int64_t until_ = 0;
  std::int64_t offset_ = 0;
};

}  // namespace journey::sessions
