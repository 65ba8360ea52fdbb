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
