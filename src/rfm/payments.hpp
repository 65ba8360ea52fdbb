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

/// The first and the last payment, their number, and their sum.
class tally {
 public:
  explicit tally(std::pmr::memory_resource* memory) : sum_(memory) {}

  void add(instant paid_at, const amount& value) {
    first_ = std::min(first_, paid_at);
    last_ = std::max(last_, paid_at);
    ++count_;
    sum_.add(value);
  }

  void combine(const tally& other) {
    first_ = std::min(first_, other.first_);
    last_ = std::max(last_, other.last_);
    count_ += other.count_;
    sum_.add(other.sum_);
  }

  bool empty() const { return count_ == 0; }
  instant first() const { return first_; }
  instant last() const { return last_; }
  std::int64_t count() const { return count_; }
  const money& sum() const { return sum_; }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  instant first_ = std::numeric_limits<instant>::max();
  instant last_ = std::numeric_limits<instant>::min();
  std::int64_t count_ = 0;
  money sum_;
};

/// Payments by id, each counted once. Where an id comes with several times or amounts, the earliest of its
/// payments stands, and of several at that time the one with the smallest amount.
class ledger {
 public:
  explicit ledger(std::pmr::memory_resource* memory) : kept_(64, memory), payments_(memory) {}

  void add(std::string_view id, instant paid_at, const amount& value);
  void combine(const ledger& other);

  /// Hands each payment to `visit(paid_at, amount)`, in no order.
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [id, payment] : payments_) {
      check_interrupts();
      visit(payment.paid_at, payment.value);
    }
  }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  struct payment {
    instant paid_at;
    amount value;
  };

  amount keep(const amount& value);

  std::pmr::monotonic_buffer_resource kept_;  // ids and digits: they never move and are never given back
  hash_map<std::string_view, payment> payments_;
};

}  // namespace journey::rfm
