// What a customer's payments had come to at each of many moments, in one pass. No PostgreSQL headers here.
#pragma once

#include <cassert>
#include <compare>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "rfm/payments.hpp"

namespace journey::rfm {

/// The time that a snapshot sums up: after `after`, up to and at `until`, the moment of the snapshot itself.
struct period {
  static constexpr instant always =
      std::numeric_limits<instant>::min();  // as `after`: from the first payment

  instant until;
  instant after = always;

  auto operator<=>(const period&) const = default;
};

/// The snapshots of a history, and how far back each of them looks.
class calendar {
 public:
  /// `periods` are a set: their order does not matter, and duplicates count once.
  calendar(std::pmr::memory_resource* memory, std::span<const period> periods);
  calendar(std::pmr::memory_resource* memory, const calendar& other) : calendar(memory, other.periods_) {}
  calendar(const calendar&) = delete;

  bool operator==(const calendar& other) const { return periods_ == other.periods_; }

  /// In order of time.
  std::span<const period> periods() const { return periods_; }

  /// The ends of the periods cut time into intervals, each with its end and without its beginning. What is
  /// after the last cut is in none.
  std::size_t intervals() const { return cuts_.size(); }
  std::size_t interval(instant at) const {
    return static_cast<std::size_t>(std::lower_bound(cuts_.begin(), cuts_.end(), at) - cuts_.begin());
  }

  struct view {
    instant snapshot;
    std::size_t first, end;  // of the intervals that count at the snapshot
    std::size_t least;       // of `first` here and in all later views
  };
  /// Each period in intervals, in order of time.
  std::span<const view> views() const { return views_; }

 private:
  std::pmr::vector<period> periods_;
  std::pmr::vector<instant> cuts_;
  std::pmr::vector<view> views_;
};

/// The sums of payments in each interval of a calendar.
class timeline {
 public:
  timeline(std::pmr::memory_resource* memory, const calendar& dates);

  void add(instant paid_at, const amount& value) {
    std::size_t interval = dates_->interval(paid_at);
    if (interval < sums_.size()) sums_[interval].add(paid_at, value);
  }
  void combine(const timeline& other);

  /// Hands each snapshot at which anything counts, in order of time, to `visit(snapshot, tally, changed)`;
  /// where nothing changed, the tally is that of the snapshot before. Uses the timeline up.
  ///
  /// Two-stack aggregation of a sliding window: up to the middle, sums_[i] is the sum from i to the middle;
  /// `back` is the sum from the middle on. So each interval is added twice at most, save where the calendar
  /// lets a later snapshot look further back than an earlier one.
  template <class Visit>
  void each_snapshot(Visit visit) {
    std::pmr::memory_resource* memory = sums_.get_allocator().resource();
    using rows_of_both = std::pair<std::int64_t, std::int64_t>;
    constexpr rows_of_both unknown{-1, -1};
    std::size_t added = 0;  // intervals so far
    std::size_t middle = 0;
    tally back(memory);
    tally total(memory);
    rows_of_both rows = unknown;  // of the two parts of the total
    for (const calendar::view& view : dates_->views()) {
      assert(view.least <= view.first && view.first < view.end && view.end >= added);
      for (; added < view.end; ++added) {
        check_interrupts();
        back.combine(sums_[added]);
      }
      if (view.least >= middle) {
        for (std::size_t i = added - 1; i > view.least; --i) {
          check_interrupts();
          sums_[i - 1].combine(sums_[i]);
        }
        middle = added;
        back = tally(memory);
        rows = unknown;
      }
      bool changed = true;
      if (view.first >= middle) {
        total = tally(memory);
        for (std::size_t i = view.first; i < added; ++i) {
          check_interrupts();
          total.combine(sums_[i]);
        }
        rows = unknown;
      } else if (rows_of_both now{sums_[view.first].rows(), back.rows()}; now != rows) {
        total = tally(memory);
        total.combine(sums_[view.first]);
        total.combine(back);
        rows = now;
      } else {
        changed = false;
      }
      if (total.rows() > 0) visit(view.snapshot, total, changed);
    }
  }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  const calendar* dates_;
  std::pmr::vector<tally> sums_;
};

/// A state with a calendar: one that all states of a query share, or one of its own.
class calendar_state {
 public:
  explicit calendar_state(std::pmr::memory_resource* memory) : memory_(memory) {}
  calendar_state(const calendar_state&) = delete;
  ~calendar_state() { free(own_); }

  /// Null where it has none yet.
  const calendar* dates() const { return dates_; }
  /// Takes `dates`, which outlive the state.
  void share(const calendar& dates) { dates_ = &dates; }
  /// Takes a copy of `dates`.
  void keep(const calendar& dates) { dates_ = own_ = make<calendar>(dates); }

 protected:
  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

  // Rare parts are held by pointer: most states have none, and there is one for each customer.
  template <class Part, class... Arguments>
  Part* make(Arguments&&... arguments) {
    return std::pmr::polymorphic_allocator<>(memory_).new_object<Part>(memory_, arguments...);
  }
  template <class Part>
  void free(Part* part) {
    if (part != nullptr) std::pmr::polymorphic_allocator<>(memory_).delete_object(part);
  }

  std::pmr::memory_resource* memory_;

 private:
  const calendar* dates_ = nullptr;
  calendar* own_ = nullptr;
};

/// All payments of a customer. They are written down one after the other, which is small, and summed up where
/// that is smaller.
class history : public calendar_state {
 public:
  explicit history(std::pmr::memory_resource* memory) : calendar_state(memory), log_(memory) {
    log_.reserve(96);
  }
  ~history() { free(sums_); }

  void add(instant paid_at, const amount& value);
  /// `other` has an equal calendar.
  void combine(const history& other);
  /// Adds all payments to `sums`.
  void sum_up(timeline& sums) const;

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  /// From the log to sums.
  void settle();

  wire::writer log_;
  instant latest_ = 0;  // time of the payment that was written last: the log holds the steps between times
  timeline* sums_ = nullptr;
};

/// As `history`, over payments that count once by their id.
class distinct_history : public calendar_state {
 public:
  explicit distinct_history(std::pmr::memory_resource* memory) : calendar_state(memory), payments_(memory) {}

  void add(std::string_view id, instant paid_at, const amount& value) { payments_.add(id, paid_at, value); }
  void combine(const distinct_history& other) { payments_.combine(other.payments_); }
  void sum_up(timeline& sums) const {
    payments_.each([&](std::string_view, instant paid_at, const amount& value) { sums.add(paid_at, value); });
  }

  void serialize(wire::writer& out) const {
    calendar_state::serialize(out);
    payments_.serialize(out);
  }
  void deserialize(wire::reader& in) {
    calendar_state::deserialize(in);
    payments_.deserialize(in);
  }

 private:
  ledger payments_;
};

}  // namespace journey::rfm
