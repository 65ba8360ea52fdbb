// Funnels: how far a visitor's rows get through the steps of a rule.
#pragma once

#include "paths/event_log.hpp"
#include "paths/funnel_rule.hpp"
#include "paths/step_log.hpp"

namespace journey::paths {

/// A question to the rows of one visitor. The bits of a row are its steps and, behind them, its exclusions:
/// one for all gaps between two steps, or one for each.
struct funnel {
  funnel_rule rule;
  std::uint8_t steps = 0;  // 0 while nothing has been asked
  std::uint8_t exclusions = 0;

  int conditions() const { return steps + exclusions; }
  bool operator==(const funnel&) const = default;

  /// An error where another question was asked before.
  void ask(const funnel& question);
  /// Whether a row can make a difference.
  bool counts(const step_row& row) const { return row.steps != 0 || rule.strict_order; }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);
};

// A chain of length k is made of k different rows (of any rows, where a row may serve several steps), the
// i-th of which meets step i; in order of time, the last within the rule's duration of the first. The rows of
// one instant have no order: a chain may take several of them, whichever lead it furthest, and none of them
// interrupts another. The level is the length of the longest chain.
//
// A row interrupts, and no later row counts,
// - under strict_order, after an instant with the first step: if it meets no step, or (without reentry) only
//   steps that come later than the one after the level reached;
// - under strict_deduplication: if it meets steps, all of which were reached at earlier instants, and the
// first
//   step is not among them. A row that meets other steps, too, can only serve these.
// An excluded row that lies between step i and step i + 1 of a chain, later than the one and earlier than the
// other, breaks it.

int funnel_level(std::span<const step_row> rows, const funnel& funnel);

/// The times of the chain that reaches the level: of several, the one that starts first, ends first, and has
/// each step first. Empty at level 0.
std::pmr::vector<std::int64_t> funnel_times(std::span<const step_row> rows, const funnel& funnel,
                                            std::pmr::memory_resource* memory);

/// The first row with a name later than the last step of the chain that funnel_times tells of; null where no
/// step is reached, or nothing comes later.
const event_row* event_after_funnel(std::span<const event_row> rows, const funnel& funnel,
                                    std::pmr::memory_resource* memory);

/// The rows of one visitor and the question to them, mergeable.
class funnel_log {
 public:
  explicit funnel_log(std::pmr::memory_resource* memory) : log_(memory) {}

  void ask(const funnel& funnel) { funnel_.ask(funnel); }
  void add(const step_row& row) {
    if (funnel_.counts(row)) log_.add(row);
  }
  void combine(const funnel_log& other);

  int level(std::pmr::memory_resource* memory) const { return funnel_level(log_.rows(memory), funnel_); }
  std::pmr::vector<std::int64_t> times(std::pmr::memory_resource* memory) const {
    return funnel_times(log_.rows(memory), funnel_, memory);
  }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  funnel funnel_;
  step_log log_;
};

/// As funnel_log, each row with a key: what all steps must be about.
class keyed_funnel_log {
 public:
  explicit keyed_funnel_log(std::pmr::memory_resource* memory) : log_(memory) {}

  using shared = name_table;
  void share(name_table& keys) { log_.share(keys); }
  void ask(const funnel& funnel) { funnel_.ask(funnel); }
  void add(const step_row& row, std::string_view key) {
    if (funnel_.counts(row)) log_.add(row, key);
  }
  void combine(const keyed_funnel_log& other);

  /// The highest level that the rows of one key reach.
  int level(std::pmr::memory_resource* memory) const;

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  funnel funnel_;
  event_log log_;
};

}  // namespace journey::paths
