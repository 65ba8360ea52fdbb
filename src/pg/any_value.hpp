// Values of a type that only the query knows: their order, and how they travel between processes.
#pragma once

#include <memory_resource>
#include <string_view>

#include "pg/datum.hpp"

namespace journey::pg {

/// A type by its OID. Kept at a call site, since looking a type up costs more than using it.
struct known_type {
  explicit known_type(std::pmr::memory_resource*) {}

  /// An error for rows of no named type.
  const TypeCacheEntry& of(Oid type);

 private:
  const TypeCacheEntry* entry_ = nullptr;
};

/// A type that only the expression tree tells; where there is none an error, with `hint`.
Oid told_by_expression(Oid type, const char* hint);

/// The default order of the type, if it has one. Values that are equal in it may still differ, such as the
/// numerics 1.0 and 1.00: then, as for types without an order, their text decides, which is the same on any
/// machine.
int compare(const TypeCacheEntry& type, Oid collation, Datum left, Datum right);

/// How values of one type travel between processes: by its binary form or, where it has none, its text. Kept
/// at a call site.
class transport {
 public:
  explicit transport(std::pmr::memory_resource* memory);

  /// This, made ready for a type.
  const transport& of(Oid type);
  /// The same by a type's name, as a state from outside tells it. Typed aggregates' states name the
  /// aggregate's own.
  const transport& of(std::string_view schema, std::string_view name);

  Oid type() const { return type_; }
  std::string_view schema() const { return schema_; }
  std::string_view name() const { return name_; }

  std::string_view send(Datum value) const;
  Datum receive(std::string_view bytes) const;

 private:
  MemoryContext context_;
  Oid type_ = InvalidOid;
  bool binary_ = false;
  mutable FmgrInfo send_{};
  mutable FmgrInfo receive_{};
  Oid parameter_ = InvalidOid;
  const char* schema_ = nullptr;
  const char* name_ = nullptr;
};

}  // namespace journey::pg
