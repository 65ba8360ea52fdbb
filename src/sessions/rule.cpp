#include "sessions/rule.hpp"

namespace journey::sessions {
namespace {

constexpr std::uint8_t version = 1;
enum flag : std::uint8_t { inclusive = 1, max_duration = 2, all_flags = 3 };

std::int64_t read_duration(wire::reader& in) {
  auto duration = in.fixed<std::int64_t>();
  if (duration <= 0) in.fail("a duration is not greater than zero");
  return duration;
}

/// Hours, minutes and seconds, whatever the IntervalStyle, and read back by it.
std::string duration_text(std::int64_t micros) {
  auto padded = [](std::int64_t number, std::size_t digits) {
    std::string text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
  };
  std::int64_t seconds = micros / 1'000'000;
  std::string text =
      padded(seconds / 3600, 2) + ':' + padded(seconds / 60 % 60, 2) + ':' + padded(seconds % 60, 2);
  if (std::int64_t fraction = micros % 1'000'000; fraction != 0) text += '.' + padded(fraction, 6);
  return text;
}

}  // namespace

void write(wire::writer& out, const session_rule& rule) {
  out.fixed(version);
  out.fixed<std::uint8_t>((rule.inclusive ? inclusive : 0) | (rule.max_duration ? max_duration : 0));
  out.fixed(rule.timeout);
  if (rule.max_duration) out.fixed(*rule.max_duration);
  out.raw(rule.day_boundary);
}

session_rule read_rule(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  auto flags = in.fixed<std::uint8_t>();
  if ((flags & ~all_flags) != 0) in.fail("a flag is unknown");
  session_rule rule;
  rule.timeout = read_duration(in);
  rule.inclusive = (flags & inclusive) != 0;
  if ((flags & max_duration) != 0) rule.max_duration = read_duration(in);
  rule.day_boundary = in.raw(in.left());
  return rule;
}

std::string rule_text(const session_rule& rule) {
  std::string text = duration_text(rule.timeout);
  if (rule.inclusive) text += " inclusive";
  if (rule.max_duration) text += ", max_duration " + duration_text(*rule.max_duration);
  if (!rule.day_boundary.empty()) text += ", day_boundary " + std::string(rule.day_boundary);
  return text;
}

}  // namespace journey::sessions
