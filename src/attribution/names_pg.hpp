// Arrays of names between SQL and C++.
#pragma once

#include "attribution/paths.hpp"
#include "pg/datum.hpp"

namespace journey::attribution {

/// The elements of a text[], NULLs included: views into the value.
names read_names(Datum array, const char* argument);

Datum names_datum(std::span<const name> elements);

}  // namespace journey::attribution
