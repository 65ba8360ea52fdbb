// What a customer's payments add up to. Order-free and mergeable. No PostgreSQL headers here.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <string_view>

#include "base/hash_map.hpp"
#include "base/interrupts.hpp"
#include "base/wire.hpp"
#include "rfm/money.hpp"

namespace journey::rfm {

/// Microseconds since an epoch that is the caller's business.
using instant = std::int64_t;

/// The first and the last payment, their number, and the sum of all amounts. A negative amount is a refund:
/// it counts towards the sum alone.
class tally {
 public:
  explicit tally(std::pmr::memory_resource* memory) : sum_(memory) {}

  void add(instant paid_at, const amount& value) {
    ++rows_;
    sum_.add(value);
    if (value.negative) return;
    ++payments_;
    first_ = std::min(first_, paid_at);
    last_ = std::max(last_, paid_at);
  }

  void combine(const tally& other) {
    rows_ += other.rows_;
    sum_.add(other.sum_);
    payments_ += other.payments_;
    first_ = std::min(first_, other.first_);
    last_ = std::max(last_, other.last_);
  }

  /// Payments and refunds.
  std::int64_t rows() const { return rows_; }
  std::int64_t payments() const { return payments_; }
  /// Of the payments; without one, the latest time there is.
  instant first() const { return first_; }
  instant last() const { return last_; }
  const money& sum() const { return sum_; }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  instant first_ = std::numeric_limits<instant>::max();
  instant last_ = std::numeric_limits<instant>::min();
  std::int64_t rows_ = 0;
  std::int64_t payments_ = 0;
  money sum_;
};

/// Payments by id, each counted once, and beside each the refund under its id, counted once as well. Where an
/// id comes with several times or amounts, the earliest stands, and of several at that time the one with the
/// smallest amount.
class ledger {
 public:
  explicit ledger(std::pmr::memory_resource* memory)
      : kept_(64, memory), payments_(memory), refunds_(memory) {}

  void add(std::string_view id, instant paid_at, const amount& value);
  void combine(const ledger& other);

  /// Hands each payment and refund to `visit(id, paid_at, amount)`, in no order.
  template <class Visit>
  void each(Visit visit) const {
    for (const payments_by_id* rows : {&payments_, &refunds_})
      for (const auto& [id, row] : *rows) {
        check_interrupts();
        visit(id, row.paid_at, row.value);
      }
  }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  struct payment {
    instant paid_at;
    amount value;
  };
  using payments_by_id = hash_map<std::string_view, payment>;

  amount keep(const amount& value);

  std::pmr::monotonic_buffer_resource kept_;  // ids and digits: they never move and are never given back
  payments_by_id payments_;
  payments_by_id refunds_;
};

}  // namespace journey::rfm
