// Arrays of names between SQL and C++.
#pragma once

#include "attribution/paths.hpp"
#include "pg/datum.hpp"
#include "pg/memory.hpp"

namespace journey::attribution {

/// The elements of a one-dimensional array of `type`; an error that names `argument` for other shapes. The
/// elements lie in the value, detoasted into the current memory context where needed.
struct array_elements {
  array_elements(Datum array, Oid type, const char* argument);

  std::span<const Datum> values;
  const bool* nulls;
};

/// The elements of a text[], NULLs included.
names read_names(Datum array, const char* argument);

Datum names_datum(std::span<const name> elements);

}  // namespace journey::attribution
