// Decisions of a partition sort whose rows do not fit into memory.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace journey::planner {

/// What a batch of spilled rows weighs, and whether one hash outweighs the rest of it.
class batch_weight {
 public:
  void add(std::uint32_t hash, std::size_t bytes) {
    ++rows_;
    bytes_ += bytes;
    // The majority vote of Boyer and Moore: `votes_` is by how much the favourite leads at the least.
    if (votes_ == 0) favourite_ = hash;
    votes_ += hash == favourite_ ? 1 : -1;
  }

  std::uint64_t rows() const { return rows_; }
  std::uint64_t bytes() const { return bytes_; }

  /// True where at least half of the rows have one hash, and certainly where three quarters have: to part
  /// such a batch once more gains little.
  bool dominated() const { return 2 * static_cast<std::uint64_t>(votes_) >= rows_; }

 private:
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  std::int64_t votes_ = 0;
  std::uint32_t favourite_ = 0;
};

/// What becomes of a batch that is next.
enum class batch_way { memory, split, external_sort };

/// Bits of the hash that have parted rows so far, of 32.
using hash_bits = int;

/// `bytes` is what the rows take in memory.
inline batch_way way_of(const batch_weight& weight, std::uint64_t bytes, std::size_t memory, hash_bits used) {
  if (bytes <= memory) return batch_way::memory;
  return used >= 32 || weight.dominated() ? batch_way::external_sort : batch_way::split;
}

/// By how many bits of the hash to part rows of so many bytes, so that each part fits with room to spare.
/// Each part has a buffer of `buffer` bytes, and all buffers together may take a quarter of the memory.
inline hash_bits parting_bits(double bytes, std::size_t memory, std::size_t buffer, hash_bits used) {
  constexpr double fewest = 4, most = 512;
  double affordable = std::clamp(static_cast<double>(memory) / 4 / static_cast<double>(buffer), fewest, most);
  double wanted = std::clamp(1.5 * bytes / static_cast<double>(memory), fewest, affordable);
  auto bits = static_cast<hash_bits>(std::bit_width(static_cast<unsigned>(wanted) - 1));
  if (double(1U << bits) > affordable) --bits;
  return std::min(bits, 32 - used);
}

/// The part of a hash that parts rows by `bits` bits, after `used` ones.
inline std::uint32_t part_of(std::uint32_t hash, hash_bits used, hash_bits bits) {
  return static_cast<std::uint32_t>(std::uint64_t{hash} << used) >> (32 - bits);
}

}  // namespace journey::planner
