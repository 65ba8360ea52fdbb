// journey.funnel_rule between SQL and C++.
#pragma once

#include "paths/funnel_rule.hpp"
#include "pg/datum.hpp"

namespace journey::paths {

/// Reads a value of the SQL type `journey.funnel_rule`.
funnel_rule read_rule(Datum value);

}  // namespace journey::paths
