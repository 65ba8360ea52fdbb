#include "paths/sequence.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/instant.hpp"
#include "base/interrupts.hpp"
#include "base/text.hpp"

namespace journey::paths {
namespace {

constexpr std::uint8_t version = 1;

/// Reads a pattern from left to right.
class pattern_reader {
 public:
  pattern_reader(std::string_view text, int conditions, read_duration duration)
      : text_(text), rest_(text), conditions_(conditions), duration_(duration) {}

  bool at_end() const { return rest_.empty(); }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  /// The number of a condition, and what closes it.
  int condition() {
    int number = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits)
      number = std::min(number * 10 + (rest_[digits] - '0'), most_steps + 1);
    if (digits == 0) fail("expected the number of a condition, or t and a time");
    if (number < 1 || number > conditions_)
      fail("there is no condition " + std::string(rest_.substr(0, std::min<std::size_t>(digits, 20))) +
           ", but " + std::to_string(conditions_) + (conditions_ == 1 ? " is given" : " are given"));
    rest_.remove_prefix(digits);
    if (!take(")")) fail("expected a closing parenthesis");
    return number - 1;
  }

  /// A comparison and a duration, and what closes them.
  void time(sequence_pattern::event& event) {
    enum { at_most, less, at_least, more, equal } comparison;
    if (take("<="))
      comparison = at_most;
    else if (take("<"))
      comparison = less;
    else if (take(">="))
      comparison = at_least;
    else if (take(">"))
      comparison = more;
    else if (take("==") || take("="))
      comparison = equal;
    else
      fail("expected <=, <, >=, > or ==");
    std::size_t end = rest_.find(')');
    if (end == rest_.npos) fail("expected a closing parenthesis");
    std::string_view text = trimmed(rest_.substr(0, end));
    if (text.empty()) fail("expected a duration");
    std::int64_t read = duration(text);
    if (read < 0) fail("a duration must not be negative");
    rest_.remove_prefix(end + 1);

    auto duration = static_cast<std::uint64_t>(read);
    if (comparison == at_least || comparison == equal) event.at_least = std::max(event.at_least, duration);
    if (comparison == more) event.at_least = std::max(event.at_least, duration + 1);
    if (comparison == at_most || comparison == equal) event.at_most = std::min(event.at_most, duration);
    if (comparison == less && duration > 0) event.at_most = std::min(event.at_most, duration - 1);
    if (comparison == less && duration == 0) event.at_least = ~std::uint64_t{0}, event.at_most = 0;
  }

  [[noreturn]] void fail(
      const std::string& why,
      const char* hint =
          "(?1) is an event that meets condition 1, . any event, .* any number of events, and "
          "(?t<=1 hour) any number of events while the next one is at most an hour later.") const {
    throw error(sqlstate::invalid_parameter_value,
                "pattern " + quoted(text_) + " is wrong at character " +
                    std::to_string(characters(text_.substr(0, text_.size() - rest_.size())) + 1) + ": " + why,
                hint);
  }

 private:
  std::int64_t duration(std::string_view text) const {
    try {
      return duration_(text);
    } catch (const error& caught) {
      fail(caught.what(), caught.hint());
    }
  }

  static std::size_t characters(std::string_view text) {
    return std::ranges::count_if(text, [](char byte) { return (byte & 0xC0) != 0x80; });
  }

  std::string_view text_;
  std::string_view rest_;
  int conditions_;
  read_duration duration_;
};

}  // namespace

sequence_pattern::sequence_pattern(std::string_view text, int conditions, read_duration duration) {
  if (text.size() > longest)
    throw error(sqlstate::program_limit_exceeded,
                "pattern is longer than " + std::to_string(longest) + " bytes");
  pattern_reader in(text, conditions, duration);
  event next;
  next.is_next = true;
  bool is_timed = false;
  auto put = [&](std::uint64_t meets, bool is_named) {
    if (size_ == most_events) in.fail("a pattern has at most " + std::to_string(most_events) + " events");
    next.meets = meets;
    next.is_named = is_named;
    events_[size_++] = next;
    next = {};
    next.is_next = true;
    is_timed = false;
  };
  while (!in.at_end()) {
    if (in.take("(?t")) {
      if (size_ == 0) in.fail("a time is counted from an event before it, and there is none");
      in.time(next);
      next.is_next = false;
      is_timed = true;
    } else if (in.take("(?")) {
      put(std::uint64_t{1} << in.condition(), true);
    } else if (in.take(".*")) {
      next.is_next = false;
    } else if (in.take(".")) {
      put(~std::uint64_t{0}, false);
    } else {
      in.fail("expected (?, . or .*");
    }
  }
  if (is_timed) in.fail("no event follows the time");
  if (size_ == 0) in.fail("it has no event");
  events_[0].is_next = false;  // a match may begin anywhere
}

sequence_matches::sequence_matches(std::span<const step_row> rows, const sequence_pattern& pattern,
                                   std::pmr::memory_resource* memory)
    : rows_(rows), pattern_(pattern), completions_(rows.size(), memory), first_(rows.size()) {
  /// For an event that is apart from the one before: where it can be, as rows go back in time.
  struct candidates {
    std::size_t from;     // the first row that is late enough
    std::size_t nearest;  // and the first of these that completes the pattern
  };
  std::array<candidates, sequence_pattern::most_events> after;
  after.fill({rows.size(), rows.size()});

  for (std::size_t row = rows.size(); row-- > 0;) {
    check_interrupts();
    for (std::size_t event = 0; event < pattern.size(); ++event) {
      bool completes = (rows[row].steps & pattern[event].meets) != 0;
      if (completes && event + 1 < pattern.size()) {
        const sequence_pattern::event& next = pattern[event + 1];
        if (next.is_next) {
          completes = row + 1 < rows.size() && this->completes(row + 1, event + 1);
        } else {
          auto& [from, nearest] = after[event + 1];
          for (; from > row + 1 && elapsed(rows[row].ts, rows[from - 1].ts) >= next.at_least; --from) {
            check_interrupts();
            if (this->completes(from - 1, event + 1)) nearest = from - 1;
          }
          completes = nearest < rows.size() && elapsed(rows[row].ts, rows[nearest].ts) <= next.at_most;
        }
      }
      if (completes) completions_[row] |= std::uint64_t{1} << event;
    }
    if (this->completes(row, 0)) first_ = row;
  }
}

/// Hands the rows of the match that begins with `row` to `visit(row, event)`, each the first that it can be,
/// and returns the row after the last.
template <class Visit>
std::size_t sequence_matches::walk(std::size_t row, Visit visit) const {
  std::size_t last = row;
  visit(row, pattern_[0]);
  for (std::size_t event = 1; event < pattern_.size(); ++event) {
    ++row;
    while (!completes(row, event) || elapsed(rows_[last].ts, rows_[row].ts) < pattern_[event].at_least) {
      check_interrupts();
      ++row;
    }
    visit(row, pattern_[event]);
    last = row;
  }
  return row + 1;
}

std::int64_t sequence_matches::count(bool overlapping) const {
  std::int64_t count = 0;
  for (std::size_t row = first_; row < rows_.size();) {
    check_interrupts();
    if (!completes(row, 0)) {
      ++row;
      continue;
    }
    ++count;
    row = overlapping ? row + 1 : walk(row, [](std::size_t, const sequence_pattern::event&) {});
  }
  return count;
}

std::pmr::vector<std::int64_t> sequence_matches::times() const {
  std::pmr::vector<std::int64_t> result(completions_.get_allocator());
  if (any())
    walk(first_, [&](std::size_t row, const sequence_pattern::event& event) {
      if (event.is_named) result.push_back(rows_[row].ts);
    });
  return result;
}

bool sequence_log::ask(std::string_view pattern, bool overlapping, int conditions) {
  bool is_first = conditions_ == 0;
  if (is_first) {
    pattern_ = pattern;
    overlapping_ = overlapping;
    conditions_ = static_cast<std::uint8_t>(conditions);
  } else if (pattern != pattern_ || overlapping != overlapping_) {
    throw error(sqlstate::invalid_parameter_value,
                "pattern and overlapping must be the same for all rows of a group: " + quoted(pattern_) +
                    ", then " + quoted(pattern),
                "Give a pattern that does not depend on the row, or add what it depends on to GROUP BY.");
  } else if (conditions != conditions_) {
    throw error(sqlstate::invalid_parameter_value,
                "the number of conditions must be the same for all rows of a group: " +
                    std::to_string(conditions_) + ", then " + std::to_string(conditions),
                "Let a condition that does not apply be false.");
  }
  return is_first;
}

void sequence_log::combine(const sequence_log& other) {
  if (other.conditions_ == 0) return;
  ask(other.pattern_, other.overlapping_, other.conditions_);
  log_.combine(other.log_);
}

void sequence_log::serialize(wire::writer& out) const {
  out.fixed(version);
  out.fixed(conditions_);
  out.fixed<std::uint8_t>(overlapping_ ? 1 : 0);
  out.text(pattern_);
  log_.serialize(out);
}

void sequence_log::deserialize(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  conditions_ = in.fixed<std::uint8_t>();
  if (conditions_ < 1 || conditions_ > most_steps) in.fail("its number of conditions can't be");
  auto overlapping = in.fixed<std::uint8_t>();
  if (overlapping > 1) in.fail("a flag is unknown");
  overlapping_ = overlapping == 1;
  pattern_ = in.text();
  log_.deserialize(in, conditions_);
}

}  // namespace journey::paths
