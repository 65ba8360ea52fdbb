// A mapping as the user keeps it, in a table or behind a query.
#pragma once

#include "identity/alias_merge.hpp"
#include "identity/edge_call_pg.hpp"

namespace journey::identity {

/// Tells the steps of a merge the rows that they want. Few rows are looked up, so that an index can find
/// them; for many, all rows are passed through a sieve.
class stored_mapping {
 public:
  /// `query` is the argument `current`.
  stored_mapping(std::string_view query, edge_call& call);

  /// The rows of ids.
  void read(touched_ids& step);
  /// The rows of visitors.
  void read(growing_visitors& step);

 private:
  const char* select(const char* columns) const;
  /// `sought` is the part of a row by which it is wanted, found in `column`.
  template <class Step, class Sought>
  void read(Step& step, const char* column, Sought sought);

  std::string_view query_;
  edge_call& call_;
  double expected_rows_;
};

}  // namespace journey::identity
