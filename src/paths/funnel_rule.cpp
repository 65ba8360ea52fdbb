#include "paths/funnel_rule.hpp"

#include "base/instant.hpp"
#include "base/text.hpp"

namespace journey::paths {
namespace {

constexpr std::uint8_t version = 1;

/// How an option that is not at its default is written; its place is its bit in the stored form.
struct option {
  std::string_view name;
  bool funnel_rule::*value;
  bool set;
};
constexpr option options[] = {{"strict_order", &funnel_rule::strict_order, true},
                              {"not strict_once", &funnel_rule::strict_once, false},
                              {"strict_increase", &funnel_rule::strict_increase, true},
                              {"strict_deduplication", &funnel_rule::strict_deduplication, true},
                              {"reentry", &funnel_rule::reentry, true}};

constexpr const char* form_hint =
    "A funnel_rule is a duration and what it may want: '7 days, strict_order, strict_increase, "
    "strict_deduplication, reentry, not strict_once'.";

}  // namespace

void check(const funnel_rule& rule) {
  if (rule.reentry && !rule.strict_order)
    throw error(sqlstate::invalid_parameter_value, "reentry needs strict_order",
                "Without strict_order, steps that come too early are passed over anyway.");
}

void write(wire::writer& out, const funnel_rule& rule) {
  std::uint8_t flags = 0;
  for (const option& option : options)
    if (rule.*option.value == option.set) flags |= 1 << (&option - options);
  out.fixed(version);
  out.fixed(flags);
  out.fixed(rule.within);
}

funnel_rule read_rule(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  auto flags = in.fixed<std::uint8_t>();
  if (flags >> std::size(options) != 0) in.fail("a flag is unknown");
  funnel_rule rule;
  for (const option& option : options)
    if ((flags >> (&option - options) & 1) != 0) rule.*option.value = option.set;
  rule.within = in.fixed<std::int64_t>();
  if (rule.within <= 0) in.fail("a duration is not greater than zero");
  if (rule.reentry && !rule.strict_order) in.fail("it has reentry without strict_order");
  return rule;
}

std::string rule_text(const funnel_rule& rule) {
  std::string text = duration_text(rule.within);
  for (const option& option : options)
    if (rule.*option.value == option.set) text.append(", ").append(option.name);
  return text;
}

void read_options(std::string_view text, funnel_rule& rule) {
  while (!text.empty()) {
    text.remove_prefix(1);  // the comma
    std::size_t comma = text.find(',');
    std::string_view name = trimmed(text.substr(0, comma));
    const option* known = std::ranges::find(options, name, &option::name);
    if (known == std::end(options))
      throw error(sqlstate::invalid_text_representation, "a funnel_rule has no option " + quoted(name),
                  form_hint);
    rule.*known->value = known->set;
    text = comma == text.npos ? std::string_view{} : text.substr(comma);
  }
  check(rule);
}

}  // namespace journey::paths
