// Rows in few bytes. No PostgreSQL headers here.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <vector>

#include "base/interrupts.hpp"
#include "base/wire.hpp"

namespace journey::paths {

/// Rows as they come, each in as few bytes as its numbers take, its time as what lies between it and the row
/// before: what a group has to keep decides how many groups the processor has at hand. `Row` has a time `ts`,
/// its other numbers as `numbers()`, and is made again by `Row::of(ts, numbers)`.
template <class Row>
class packed_rows {
 public:
  using numbers = decltype(Row().numbers());

  explicit packed_rows(std::pmr::memory_resource* memory) : memory_(memory) {}
  packed_rows(const packed_rows&) = delete;
  packed_rows& operator=(const packed_rows&) = delete;
  ~packed_rows() { release(); }

  std::size_t size() const { return count_; }
  std::pmr::memory_resource* memory() const { return memory_; }

  void add(const Row& row) { add(row.ts, row.numbers()); }
  void combine(const packed_rows& other) {
    if (other.count_ == 0) return;
    cursor first(other);
    first.next();
    add(first.ts, first.rest);
    append(first.at, other.bytes_ + other.size_);
    count_ += other.count_ - 1;
    last_ = other.last_;
  }
  void clear() {
    release();
    bytes_ = nullptr;
    size_ = count_ = 0;
    last_ = 0;
  }

  std::pmr::vector<Row> rows(std::pmr::memory_resource* memory) const {
    std::pmr::vector<Row> rows(memory);
    rows.reserve(count_);
    cursor each(*this);
    for (std::uint32_t i = 0; i < count_; ++i) {
      check_interrupts();
      each.next();
      rows.push_back(Row::of(each.ts, each.rest));
    }
    return rows;
  }

  void serialize(wire::writer& out) const { out.text({reinterpret_cast<const char*>(bytes_), size_}); }
  /// `check(numbers)` fails where a row can't have them; it may change them.
  template <class Check>
  void deserialize(wire::reader& in, Check check) {
    wire::reader rows(in.text(), "aggregate state");
    std::int64_t ts = 0;
    while (rows.left() > 0) {
      check_interrupts();
      ts = sum(ts, rows.signed_varint());
      numbers rest;
      for (std::uint64_t& number : rest) number = rows.varint();
      check(rest);
      add(ts, rest);
    }
  }

 private:
  static constexpr std::size_t longest = 10;  // bytes of a number

  // Any two times have a difference, if it may wrap round.
  static std::int64_t sum(std::int64_t left, std::int64_t right) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) + static_cast<std::uint64_t>(right));
  }
  static std::int64_t difference(std::int64_t left, std::int64_t right) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) - static_cast<std::uint64_t>(right));
  }

  struct cursor {
    explicit cursor(const packed_rows& rows) : at(rows.bytes_) {}
    void next() {
      std::uint64_t change = number();
      ts = sum(ts, static_cast<std::int64_t>(change >> 1) ^ -static_cast<std::int64_t>(change & 1));
      for (std::uint64_t& each : rest) each = number();
    }
    std::uint64_t number() {
      std::uint64_t value = *at & 0x7F;
      for (int shift = 7; (*at++ & 0x80) != 0; shift += 7) value |= std::uint64_t{*at & 0x7FU} << shift;
      return value;
    }
    const unsigned char* at;
    std::int64_t ts = 0;
    numbers rest;
  };

  void add(std::int64_t ts, const numbers& rest) {
    std::array<unsigned char, longest*(1 + std::tuple_size_v<numbers>)> row;
    unsigned char* end = row.data();
    auto put = [&end](std::uint64_t value) {
      for (; value >= 0x80; value >>= 7) *end++ = static_cast<unsigned char>(value | 0x80);
      *end++ = static_cast<unsigned char>(value);
    };
    std::int64_t change = difference(ts, last_);
    put((static_cast<std::uint64_t>(change) << 1) ^ static_cast<std::uint64_t>(change >> 63));
    for (std::uint64_t number : rest) put(number);
    append(row.data(), end);
    last_ = ts;
    ++count_;
  }

  void append(const unsigned char* begin, const unsigned char* end) {
    auto more = static_cast<std::size_t>(end - begin);
    if (size_ + more > room(size_)) grow(size_ + more);
    if (more > 0) std::memcpy(bytes_ + size_, begin, more);
    size_ += static_cast<std::uint32_t>(more);
  }

  /// The bytes that are allocated where so many are used.
  static std::size_t room(std::size_t used) {
    return used == 0 ? 0 : std::max<std::size_t>(64, std::bit_ceil(used));
  }
  void grow(std::size_t needed) {
    if (needed > std::numeric_limits<std::uint32_t>::max())
      throw error(sqlstate::program_limit_exceeded, "the rows of one group take more than 4 GB");
    auto* larger = static_cast<unsigned char*>(memory_->allocate(room(needed), 1));
    if (size_ > 0) std::memcpy(larger, bytes_, size_);
    release();
    bytes_ = larger;
  }
  void release() {
    if (bytes_ != nullptr) memory_->deallocate(bytes_, room(size_), 1);
  }

  std::pmr::memory_resource* memory_;
  unsigned char* bytes_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t count_ = 0;
  std::int64_t last_ = 0;
};

}  // namespace journey::paths
