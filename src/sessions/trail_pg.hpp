// Trails as arguments of SQL functions.
#pragma once

#include "pg/datum.hpp"
#include "pg/memory.hpp"
#include "sessions/trail.hpp"

namespace journey::sessions {

/// The trail in argument `position`, detoasted into the current memory context where needed, which also takes
/// what the view allocates.
inline trail_view trail_argument(FunctionCallInfo fcinfo, int position) {
  return trail_view(pg::text_view(PG_GETARG_DATUM(position)), pg::call_memory());
}

}  // namespace journey::sessions
