// Bytes that leave the process: little-endian, length-checked, hostile until read. No PostgreSQL headers
// here.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.hpp"

namespace journey::wire {

/// Appends values to a buffer in an allocator's memory. Room is looked for once a value, not once a byte.
class writer {
 public:
  /// `header`: so many zero bytes come first.
  explicit writer(std::pmr::memory_resource* memory, std::size_t header = 0) : memory_(memory) {
    if (header > 0) std::memset(add(header), 0, header);
  }
  /// The memory of both must be the same.
  writer& operator=(writer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~writer() { release(); }

  template <class T>
  requires std::is_trivially_copyable_v<T>
  void fixed(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>, "structs have padding: write their members");
    char* raw = add(sizeof(T));
    std::memcpy(raw, &value, sizeof(T));
    if constexpr (std::endian::native == std::endian::big) std::reverse(raw, raw + sizeof(T));
  }

  /// LEB128: seven bits a byte, small numbers first.
  void varint(std::uint64_t value) {
    constexpr std::size_t longest = 10;
    make_room(longest);
    char* to = bytes_ + size_;
    for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
    *to++ = static_cast<char>(value);
    size_ = static_cast<std::size_t>(to - bytes_);
  }

  /// Zig-zag, so that small negative numbers stay short.
  void signed_varint(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }

  void raw(std::string_view text) {
    if (!text.empty()) std::memcpy(add(text.size()), text.data(), text.size());
  }

  void text(std::string_view text) {
    varint(text.size());
    raw(text);
  }

  void reserve(std::size_t size) {
    if (size > capacity_) grow(size);
  }

  char* data() { return bytes_; }
  const char* data() const { return bytes_; }
  std::size_t size() const { return size_; }

 private:
  void make_room(std::size_t more) {
    if (more > capacity_ - size_) [[unlikely]]
      grow(std::max(2 * capacity_, size_ + more));
  }

  /// Where the next `size` bytes go.
  char* add(std::size_t size) {
    make_room(size);
    char* to = bytes_ + size_;
    size_ += size;
    return to;
  }

  void grow(std::size_t capacity) {
    auto* bytes = static_cast<char*>(memory_->allocate(capacity, 1));
    if (size_ > 0) std::memcpy(bytes, bytes_, size_);
    release();
    bytes_ = bytes;
    capacity_ = capacity;
  }

  void release() {
    if (bytes_ != nullptr) memory_->deallocate(bytes_, capacity_, 1);
  }

  std::pmr::memory_resource* memory_;
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Reads what `writer` wrote, or anything else, without ever passing its end.
class reader {
 public:
  reader(std::string_view bytes, const char* what) : rest_(bytes), what_(what) {}

  template <class T>
  requires std::is_trivially_copyable_v<T> T fixed() {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    std::string_view bytes = raw(sizeof(T));
    char raw[sizeof(T)];
    std::memcpy(raw, bytes.data(), sizeof(T));
    if constexpr (std::endian::native == std::endian::big) std::reverse(raw, raw + sizeof(T));
    T value;
    std::memcpy(&value, raw, sizeof(T));
    return value;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) fail("it ends too early");
      auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) fail("a number is too large");
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) fail("a number is not in its shortest form");
        return value;
      }
    }
    fail("a number is too large");
  }

  std::int64_t signed_varint() {
    std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }

  std::string_view raw(std::size_t length) {
    if (length > rest_.size()) fail("it ends too early");
    std::string_view bytes = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return bytes;
  }

  std::string_view text() { return raw(varint()); }

  /// A count of items that each take at least `least` bytes: refuses one that the rest can't hold.
  std::size_t count(std::size_t least) {
    assert(least > 0);
    std::uint64_t items = varint();
    if (items > rest_.size() / least) fail("a count is larger than the value");
    return items;
  }

  std::size_t left() const { return rest_.size(); }

  void end() const {
    if (!rest_.empty()) fail("bytes follow its end");
  }

  [[noreturn]] void fail(const char* why) const {
    throw error(sqlstate::invalid_binary_representation, std::string("invalid ") + what_ + ": " + why);
  }

 private:
  std::string_view rest_;
  const char* what_;
};

}  // namespace journey::wire
