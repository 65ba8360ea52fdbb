// The ids of sessions.
#pragma once

#include "pg/postgres.hpp"

namespace journey::sessions {

/// The UUID of the session that a visitor starts then.
Datum session_id(text* visitor_id, TimestampTz started_at);

}  // namespace journey::sessions
