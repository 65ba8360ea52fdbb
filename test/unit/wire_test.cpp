#include "base/wire.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace {

using journey::wire::reader;
using journey::wire::writer;

std::string_view bytes(writer& out) { return {out.data(), out.size()}; }

TEST(wire, numbers_come_back_as_they_went) {
  writer out(std::pmr::get_default_resource());
  std::vector<std::int64_t> numbers{0,
                                    1,
                                    -1,
                                    63,
                                    -64,
                                    64,
                                    127,
                                    128,
                                    std::numeric_limits<std::int64_t>::max(),
                                    std::numeric_limits<std::int64_t>::min()};
  std::mt19937_64 random(7);
  for (int i = 0; i < 1000; ++i) numbers.push_back(static_cast<std::int64_t>(random() >> (random() % 64)));
  for (auto number : numbers) {
    out.signed_varint(number);
    out.varint(static_cast<std::uint64_t>(number));
    out.fixed(number);
    out.fixed(static_cast<double>(number) / 3);
  }
  reader in(bytes(out), "test");
  for (auto number : numbers) {
    EXPECT_EQ(in.signed_varint(), number);
    EXPECT_EQ(in.varint(), static_cast<std::uint64_t>(number));
    EXPECT_EQ(in.fixed<std::int64_t>(), number);
    EXPECT_EQ(in.fixed<double>(), static_cast<double>(number) / 3);
  }
  in.end();
}

TEST(wire, small_numbers_are_short) {
  writer out(std::pmr::get_default_resource());
  out.varint(127);
  EXPECT_EQ(out.size(), 1u);
  out.signed_varint(-64);
  EXPECT_EQ(out.size(), 2u);
  out.varint(128);
  EXPECT_EQ(out.size(), 4u);
}

TEST(wire, fixed_numbers_are_little_endian) {
  writer out(std::pmr::get_default_resource());
  out.fixed<std::uint32_t>(0x01020304);
  EXPECT_EQ(bytes(out), std::string_view("\x04\x03\x02\x01", 4));
}

TEST(wire, no_read_passes_the_end) {
  writer out(std::pmr::get_default_resource());
  out.text("hello");
  out.fixed(1.5);
  for (std::size_t length = 0; length < out.size(); ++length) {
    reader in(bytes(out).substr(0, length), "test");
    EXPECT_THROW(
        {
          in.text();
          in.fixed<double>();
        },
        journey::error);
  }
}

TEST(wire, refuses_what_no_writer_wrote) {
  EXPECT_THROW(reader(std::string_view("\x80\x00", 2), "test").varint(), journey::error)
      << "not the shortest form";
  EXPECT_THROW(reader(std::string(10, '\xff'), "test").varint(), journey::error) << "more than 64 bits";
  EXPECT_THROW(reader(std::string_view("\x05 abc", 5), "test").count(2), journey::error)
      << "more items than bytes";
  EXPECT_THROW(reader("x", "test").end(), journey::error);
}

TEST(quoted, cuts_long_values_between_characters) {
  EXPECT_EQ(journey::quoted("abc"), "\"abc\"");
  std::string euros;
  for (int i = 0; i < 40; ++i) euros += "\xe2\x82\xac";
  EXPECT_EQ(journey::quoted(euros), '"' + euros.substr(0, 78) + "...\"");
}

}  // namespace
