// The ground floor: patterns, texts, sorts.
#include "base/pattern.hpp"

#include <gtest/gtest.h>

#include <memory_resource>
#include <random>
#include <regex>
#include <vector>

#include "base/sort.hpp"
#include "base/text.hpp"
#include "interrupts.hpp"

namespace {

using namespace journey;

TEST(matches, patterns) {
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*cp*", "cpc"));
  EXPECT_TRUE(matches("*cp*", "acp"));
  EXPECT_FALSE(matches("*cp*", "ppc"));
  EXPECT_TRUE(matches("paid*", "paid-social"));
  EXPECT_FALSE(matches("paid*", "unpaid"));
  EXPECT_TRUE(matches("*push", "web push push"));
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[a-c]x", "dx"));
  EXPECT_TRUE(matches("[!a-c]x", "dx"));
  EXPECT_TRUE(matches("[*]", "*"));
  EXPECT_FALSE(matches("[*]", "a"));
  EXPECT_TRUE(matches("a[", "a[")) << "a bracket that nothing closes is itself";
}

TEST(matches, equals_regular_expressions) {
  std::mt19937 random(4);
  const char* pieces[][2] = {{"*", ".*"},      {"a", "a"},       {"b", "b"},
                             {"[ab]", "[ab]"}, {"[!a]", "[^a]"}, {"[a-b]", "[a-b]"}};
  for (int round = 0; round < 3000; ++round) {
    std::string pattern, expression;
    for (int i = random() % 6; i > 0; --i) {
      const auto& piece = pieces[random() % std::size(pieces)];
      pattern += piece[0];
      expression += piece[1];
    }
    std::regex compiled(expression);
    for (int i = 0; i < 10; ++i) {
      std::string text;
      for (int n = random() % 8; n > 0; --n) text += "abc"[random() % 3];
      EXPECT_EQ(matches(pattern, text), std::regex_match(text, compiled)) << pattern << " " << text;
    }
  }
}

TEST(texts, lose_their_blanks_and_case) {
  EXPECT_EQ(trimmed(" \t a b\n"), "a b");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
  std::pmr::monotonic_buffer_resource memory;
  EXPECT_EQ(ascii_lowered("AbZ\xC3\x84[", &memory), "abz\xC3\x84[");
  std::string_view same = "already";
  EXPECT_EQ(ascii_lowered(same, &memory).data(), same.data()) << "nothing is copied that need not be";
  EXPECT_TRUE(same_ignoring_case("NULL", "null"));
  EXPECT_FALSE(same_ignoring_case("NULLS", "null"));
}

TEST(texts, are_copied_whole) {
  std::pmr::monotonic_buffer_resource memory;
  for (std::size_t size : {0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20}) {
    std::string text(size, 'x');
    if (size > 0) text.back() = 'Y';
    EXPECT_EQ(copied(text, &memory), text);
    if (size > 0) text.back() = 'y';
    EXPECT_EQ(ascii_lowered(copied(text, &memory), &memory), text);
  }
}

TEST(texts, can_be_interrupted) {
  std::pmr::monotonic_buffer_resource memory;
  EXPECT_TRUE(stops([] { trimmed(" "); }));
  EXPECT_TRUE(stops([&] { ascii_lowered("a", &memory); }));
  EXPECT_TRUE(stops([&] { copied("a", &memory); }));
}

TEST(sorts, equal_those_of_the_standard_library) {
  std::mt19937 random(7);
  std::vector<int> numbers(1000), ordered;
  for (int& number : numbers) number = static_cast<int>(random() % 100);
  ordered = numbers;
  std::sort(ordered.begin(), ordered.end());
  sort(numbers);
  EXPECT_EQ(numbers, ordered);
  sort_by(numbers, std::negate());
  std::reverse(ordered.begin(), ordered.end());
  EXPECT_EQ(numbers, ordered);
}

}  // namespace
