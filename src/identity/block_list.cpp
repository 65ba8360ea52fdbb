#include "identity/block_list.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/interrupts.hpp"
#include "base/pattern.hpp"
#include "base/text.hpp"

namespace journey::identity {
namespace {

constexpr std::string_view zeros = "0";
constexpr std::string_view repeated = "xxx";
constexpr std::size_t least_repeated = 10;
constexpr std::size_t least_repeated_x = 3;
constexpr std::size_t most_repeated = 64;  // no dummy is longer

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_punctuation(char c) {
  char lower = ascii_lower(c);
  bool letter = static_cast<unsigned char>(c) >= 0x80 || (lower >= 'a' && lower <= 'z');
  return !letter && !is_digit(c);
}

// The no-break space, the zero-width space and the byte-order mark, which copied texts bring along.
constexpr std::string_view wide_blanks[] = {"\u00a0", "\u200b", "\ufeff"};

/// The text without what `drops` says of single bytes, and without wide blanks, at both ends.
template <class Drops>
std::string_view stripped(std::string_view text, Drops drops) {
  auto wide = [](char c, auto ends) -> std::size_t {
    if (static_cast<unsigned char>(c) < 0x80) return 0;
    auto found = std::ranges::find_if(wide_blanks, ends);
    return found == std::end(wide_blanks) ? 0 : found->size();
  };
  auto front = [&] {
    if (drops(text.front())) return std::size_t{1};
    return wide(text.front(), [&](std::string_view blank) { return text.starts_with(blank); });
  };
  auto back = [&] {
    if (drops(text.back())) return std::size_t{1};
    return wide(text.back(), [&](std::string_view blank) { return text.ends_with(blank); });
  };
  for (std::size_t length; !text.empty() && (length = front()) != 0; text.remove_prefix(length))
    check_interrupts();
  for (std::size_t length; !text.empty() && (length = back()) != 0; text.remove_suffix(length))
    check_interrupts();
  return text;
}

std::string_view without_blanks(std::string_view text) {
  return stripped(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

/// The minus of a number stays: -1 is a kind of nobody, 1 somebody.
std::string_view without_punctuation(std::string_view text) {
  std::string_view core = stripped(text, is_punctuation);
  if (!core.empty() && is_digit(core.front()) && core.data() != text.data() && core.data()[-1] == '-')
    return {core.data() - 1, core.size() + 1};
  return core;
}

/// The entry that stands for all values like this one, where it is one letter or digit over and over; or
/// none.
std::string_view kind_of_repetition(std::string_view value) {
  char repeated_one = 0;
  std::size_t times = 0;
  for (char c : value) {
    check_interrupts();
    if (is_punctuation(c)) continue;
    c = ascii_lower(c);
    if ((times++ != 0 && c != repeated_one) || static_cast<unsigned char>(c) >= 0x80) return {};
    repeated_one = c;
  }
  if (repeated_one == '0') return zeros;
  std::size_t least = repeated_one == 'x' ? least_repeated_x : least_repeated;
  return times >= least && times <= most_repeated ? repeated : std::string_view();
}

bool is_pattern(std::string_view entry) { return entry.find_first_of("*[") != entry.npos; }

}  // namespace

void block_list::add(std::string_view entry) {
  check_interrupts();
  entry = without_blanks(entry);
  if (is_pattern(entry)) {
    if (entry.size() > longest_pattern)
      throw error(sqlstate::program_limit_exceeded,
                  "blocked holds a pattern of " + std::to_string(entry.size()) + " bytes: " + quoted(entry),
                  "A pattern may have up to " + std::to_string(longest_pattern) + " bytes.");
    if (patterns_.size() == most_patterns)
      throw error(sqlstate::program_limit_exceeded,
                  "blocked holds more than " + std::to_string(most_patterns) + " patterns",
                  "Texts without * and [ may be as many as you like.");
    std::string_view text = copied(ascii_lowered(entry, &bytes_), &bytes_);
    std::uint32_t& latest = latest_[static_cast<unsigned char>(text[0] == '[' ? '*' : text[0])];
    patterns_.push_back({text, latest});
    latest = static_cast<std::uint32_t>(patterns_.size());
    return;
  }
  if (kind_of_repetition(entry) == zeros) entry = zeros;
  longest_text_ = std::max(longest_text_, entry.size());
  texts_.insert(copied(ascii_lowered(entry, &bytes_), &bytes_));
}

void block_list::clear() {
  texts_.clear();
  longest_text_ = 0;
  patterns_.clear();
  latest_.fill(0);
  bytes_.release();
}

bool block_list::holds(std::string_view folded) const {
  if (folded.size() <= longest_text_ && texts_.contains(folded)) return true;
  auto any_matches = [&](char begin) {
    for (auto i = latest_[static_cast<unsigned char>(begin)]; i != 0; i = patterns_[i - 1].next)
      if (matches(patterns_[i - 1].text, folded)) return true;
    return false;
  };
  return any_matches('*') || (!folded.empty() && any_matches(folded[0]));
}

bool block_list::contains(std::string_view value) const {
  if (texts_.empty() && patterns_.empty()) return false;
  std::string_view whole = without_blanks(value);
  std::string_view core = without_punctuation(whole);
  std::string_view kind = kind_of_repetition(core);
  if ((core.empty() || !kind.empty()) && texts_.contains(kind)) return true;
  if (patterns_.empty() && core.size() > longest_text_) return false;

  constexpr std::size_t stretch = 1 << 20;  // folded between two looks at the interrupts
  folded_.resize(whole.size());
  for (std::size_t begin = 0; begin < whole.size(); begin += stretch) {
    check_interrupts();
    std::ranges::transform(whole.substr(begin, stretch), folded_.data() + begin,
                           [](char c) { return ascii_lower(c); });
  }
  std::string_view folded = folded_;
  return holds(folded) ||
         (core.size() != whole.size() && holds(folded.substr(core.data() - whole.data(), core.size())));
}

}  // namespace journey::identity
