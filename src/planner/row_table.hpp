// Rows gathered by hash: the partitions of a partition sort in memory.
#pragma once

#include <bit>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

#include "base/sort.hpp"

namespace journey::planner {

/// A row, seen from outside.
struct row {
  std::uint64_t prefix;  // in the order wanted within a partition, as far as a number can say
  void* tuple;
  std::uint32_t hash;  // of the partition's keys, evenly spread
};

/// Takes rows in any order and hands them out by hash, those of one hash together and in the order in which
/// they came. One pass puts them into buckets; the buckets are put in order as they are come to.
class row_table {
 public:
  explicit row_table(std::pmr::memory_resource* memory)
      : rows_(memory), spare_(memory), bucket_ends_(memory) {}

  void add(const row& added) { rows_.push_back(added); }
  std::size_t size() const { return rows_.size(); }
  std::span<const row> rows() const { return rows_; }
  /// What the table takes once its rows are gathered.
  std::size_t bytes() const { return sizeof(row) * (rows_.capacity() + rows_.size()); }
  /// And what it takes for so many rows, if there is room made for them first.
  static std::size_t bytes_for(std::size_t rows) { return 2 * sizeof(row) * rows; }
  void reserve(std::size_t rows) { rows_.reserve(rows); }

  /// Forgets all rows, and keeps the room for them.
  void clear() {
    rows_.clear();
    rewind();
  }

  /// Forgets all rows and gives the room back.
  void release() {
    for (auto* rows : {&rows_, &spare_}) {
      rows->clear();
      rows->shrink_to_fit();
    }
    rewind();
  }

  /// To be called once all rows are there.
  void gather() {
    spare_.resize(rows_.size());
    std::size_t buckets = std::bit_floor(rows_.size() / rows_in_bucket | 1);
    if (buckets > most_buckets) buckets = most_buckets;
    bucket_ends_.assign(buckets, 0);
    shift_ = 32 - std::countr_zero(buckets);
    if (buckets > 1) scatter();
    bucket_ends_.back() = rows_.size();
    rewind();
  }

  /// The rows of the next hash; empty after the last.
  std::span<row> next() {
    if (position_ == rows_.size()) return {};
    while (position_ == end_) {
      end_ = bucket_ends_[bucket_++];
      merge_sort(std::span(rows_).subspan(position_, end_ - position_), spare_.data(),
                 [](const row& left, const row& right) { return left.hash < right.hash; });
    }
    std::size_t begin = position_;
    while (position_ < end_ && rows_[position_].hash == rows_[begin].hash) ++position_;
    return std::span(rows_).subspan(begin, position_ - begin);
  }

  /// Some rows that come after those handed out, for what takes time to fetch.
  std::span<const row> ahead(std::size_t most) const {
    return std::span(rows_).subspan(position_, std::min(most, rows_.size() - position_));
  }

  /// Begins anew with the first hash.
  void rewind() { position_ = end_ = bucket_ = 0; }

  /// Room for as many rows as there are, to sort with.
  row* scratch() { return spare_.data(); }

 private:
  static constexpr std::size_t rows_in_bucket = 16;
  static constexpr std::size_t most_buckets = 1 << 20;

  std::size_t bucket_of(const row& one) const {
    return static_cast<std::size_t>(std::uint64_t{one.hash} >> shift_);
  }

  void scatter() {
    for (const row& one : rows_) ++bucket_ends_[bucket_of(one)];
    std::size_t begin = 0;
    for (std::size_t& end : bucket_ends_) begin += std::exchange(end, begin);
    for (const row& one : rows_) {  // now each end is where its bucket begins, and moves on to become its end
      check_interrupts();
      spare_[bucket_ends_[bucket_of(one)]++] = one;
    }
    rows_.swap(spare_);
  }

  std::pmr::vector<row> rows_;
  std::pmr::vector<row> spare_;
  std::pmr::vector<std::size_t> bucket_ends_;
  int shift_ = 32;
  std::size_t bucket_ = 0;    // the next one
  std::size_t position_ = 0;  // the next row
  std::size_t end_ = 0;       // of the bucket that the next row is in
};

/// Parts rows of one hash by their keys: those with the keys of the first row come to the front, all in the
/// order in which they were. Returns how many these are. `scratch` has room for the others.
template <class Same>
std::size_t bring_forward(std::span<row> rows, row* scratch, const Same& same) {
  std::size_t kept = 1, others = 0;
  for (std::size_t next = 1; next < rows.size(); ++next) {
    check_interrupts();
    if (same(rows[0], rows[next]))
      rows[kept++] = rows[next];
    else
      scratch[others++] = rows[next];
  }
  std::copy_n(scratch, others, rows.begin() + static_cast<std::ptrdiff_t>(kept));
  return kept;
}

}  // namespace journey::planner
