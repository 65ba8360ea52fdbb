// The tables journey.sources, journey.touch_params and journey.channel_rules.
#pragma once

#include "channels/grouping.hpp"
#include "pg/postgres.hpp"
#include "pg/rule_tables.hpp"

namespace journey::channels {

/// The sources, parameters and rules as the statement at hand sees them: read once a session, and again only
/// where they have changed since. A statement that does not see all changes reads them for itself.
class rule_tables {
 public:
  /// Lives in `context`.
  explicit rule_tables(MemoryContext context);

  grouping& current();

 private:
  MemoryContext context_;
  pg::rule_version version_;
  grouping* read_ = nullptr;
};

}  // namespace journey::channels
