// A funnel rule: which steps make a chain, and what ends a funnel.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/wire.hpp"

namespace journey::paths {

struct funnel_rule {
  std::int64_t within = 0;            // from the first step to the last; microseconds greater than zero
  bool strict_order = false;          // a row that is no step, or one too early, ends the funnel
  bool strict_once = true;            // one row serves one step
  bool strict_increase = false;       // each step later than the one before
  bool strict_deduplication = false;  // a step that comes again ends the funnel
  bool reentry = false;               // under strict_order: steps too early are passed over

  bool operator==(const funnel_rule&) const = default;
};

/// An error where the parts do not go together.
void check(const funnel_rule& rule);

/// The stored form: equal rules, and only they, have equal bytes.
void write(wire::writer& out, const funnel_rule& rule);
funnel_rule read_rule(wire::reader& in);

/// As a user reads it: `01:00:00, strict_order, reentry`.
std::string rule_text(const funnel_rule& rule);
/// Takes what follows the duration in `text`: a list of options, each after a comma. An error where one is
/// unknown.
void read_options(std::string_view text, funnel_rule& rule);

}  // namespace journey::paths
