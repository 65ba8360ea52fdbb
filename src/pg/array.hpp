// Arrays between SQL and C++.
#pragma once

#include <memory_resource>
#include <span>
#include <vector>

#include "pg/datum.hpp"
#include "pg/memory.hpp"

namespace journey::pg {

/// The elements of a one-dimensional array of `type`; an error that names `argument` for other shapes. The
/// elements lie in the value, detoasted into the current memory context where needed.
struct array_elements {
  array_elements(Datum array, Oid type, const char* argument);

  std::size_t size() const { return values.size(); }
  std::span<const Datum> values;
  const bool* nulls;
};

/// The elements of a text[] that are not NULL: views into the value.
std::pmr::vector<std::string_view> text_elements(Datum array, const char* argument);

/// A text[]. An error with `hint` where it would take more than 1 GB.
Datum text_array(std::span<const std::string_view> texts, const char* hint);

}  // namespace journey::pg
