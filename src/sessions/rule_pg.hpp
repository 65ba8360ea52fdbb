// journey.session_rule between SQL and C++.
#pragma once

#include "pg/datum.hpp"
#include "sessions/rule.hpp"

namespace journey::sessions {

/// Reads a value of the SQL type `journey.session_rule`; the time zone is a view into it, detoasted into the
/// current memory context where needed.
session_rule read_rule(Datum value);

/// The calendar of a time zone; an error where the server knows no such zone (any more).
calendar& calendar_of(std::string_view zone);

}  // namespace journey::sessions
