// Steps between SQL and C++.
#pragma once

#include <span>

#include "paths/step_log.hpp"
#include "pg/datum.hpp"

namespace journey::paths {

/// The conditions that a row meets, of so many.
struct conditions {
  std::uint64_t met = 0;
  int count = 0;
};

/// Reads a boolean[] of 1 to `most` elements, NULL being false. `argument` names it in messages.
conditions read_conditions(Datum array, const char* argument, int most = most_steps);

/// A timestamptz[].
Datum times_datum(std::span<const std::int64_t> times);

}  // namespace journey::paths
