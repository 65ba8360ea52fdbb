// What a customer's payments had come to at each of many moments, in one pass. No PostgreSQL headers here.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "rfm/payments.hpp"

namespace journey::rfm {

/// The snapshots of a history, and how far back each of them looks.
class calendar {
 public:
  /// `snapshots` are a set: their order does not matter, and duplicates count once. Of the payments up to a
  /// snapshot those after `window` before it count, or all where `window` is zero.
  calendar(std::pmr::memory_resource* memory, std::span<const instant> snapshots, instant window);
  calendar(std::pmr::memory_resource* memory, const calendar& other)
      : calendar(memory, other.snapshots_, other.window_) {}
  calendar(const calendar&) = delete;

  bool operator==(const calendar& other) const {
    return window_ == other.window_ && snapshots_ == other.snapshots_;
  }

  std::span<const instant> snapshots() const { return snapshots_; }
  instant window() const { return window_; }

  /// The snapshots, and where their windows begin, cut time into intervals, each with its end and without its
  /// beginning. What is after the last cut is in none.
  std::size_t intervals() const { return cuts_.size(); }
  std::size_t interval(instant at) const {
    return static_cast<std::size_t>(std::lower_bound(cuts_.begin(), cuts_.end(), at) - cuts_.begin());
  }

  struct view {
    instant snapshot;
    std::size_t first, end;  // of the intervals that count at the snapshot
  };
  /// Each snapshot, in order of time.
  std::span<const view> views() const { return views_; }

 private:
  std::pmr::vector<instant> snapshots_;
  std::pmr::vector<instant> cuts_;
  std::pmr::vector<view> views_;
  instant window_;
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

  /// Hands each snapshot at which a payment counts, in order of time, to `visit(snapshot, tally, changed)`;
  /// where nothing changed, the tally is that of the snapshot before. Uses the timeline up: every interval is
  /// added at most twice, to the sum of those that came since some turn, and to those from itself to the
  /// turn.
  template <class Visit>
  void play(Visit visit) {
    std::pmr::memory_resource* memory = sums_.get_allocator().resource();
    std::size_t come = 0;  // intervals so far
    std::size_t turn = 0;  // up to here, sums_[i] is the sum from i to the turn
    tally since(memory);   // from the turn to the last that has come
    tally total(memory);
    std::pair<std::int64_t, std::int64_t> counts{};  // of the two parts of the total
    for (const calendar::view& view : dates_->views()) {
      check_interrupts();
      for (; come < view.end; ++come) since.combine(sums_[come]);
      bool changed = view.first >= turn;
      if (changed) {
        for (std::size_t i = come - 1; i > view.first; --i) sums_[i - 1].combine(sums_[i]);
        turn = come;
        since = tally(memory);
      }
      const tally& until = sums_[view.first];
      changed |= counts != std::pair(until.count(), since.count());
      if (changed) {
        counts = {until.count(), since.count()};
        total = tally(memory);
        total.combine(until);
        total.combine(since);
      }
      if (!total.empty()) visit(view.snapshot, total, changed);
    }
  }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  const calendar* dates_;
  std::pmr::vector<tally> sums_;
};

/// The calendar that a state goes by: one that all states of a query share, or one of its own.
class dated {
 public:
  explicit dated(std::pmr::memory_resource* memory) : memory_(memory) {}
  dated(const dated&) = delete;
  ~dated() { free(own_); }

  const calendar* dates() const { return dates_; }
  /// Goes by `dates`, which outlive the state.
  void share(const calendar& dates) { dates_ = &dates; }
  /// Goes by a copy of `dates`.
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
class history : public dated {
 public:
  explicit history(std::pmr::memory_resource* memory) : dated(memory), log_(memory) { log_.reserve(96); }
  ~history() { free(sums_); }

  void add(instant paid_at, const amount& value);
  /// `other` goes by an equal calendar.
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
class distinct_history : public dated {
 public:
  explicit distinct_history(std::pmr::memory_resource* memory) : dated(memory), payments_(memory) {}

  void add(std::string_view id, instant paid_at, const amount& value) { payments_.add(id, paid_at, value); }
  void combine(const distinct_history& other) { payments_.combine(other.payments_); }
  void sum_up(timeline& sums) const {
    payments_.each([&](instant paid_at, const amount& value) { sums.add(paid_at, value); });
  }

  void serialize(wire::writer& out) const {
    dated::serialize(out);
    payments_.serialize(out);
  }
  void deserialize(wire::reader& in) {
    dated::deserialize(in);
    payments_.deserialize(in);
  }

 private:
  ledger payments_;
};

}  // namespace journey::rfm
