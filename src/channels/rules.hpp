// Channel rules: an ordered list, the first that holds gives the channel.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/pattern.hpp"
#include "channels/names.hpp"

namespace journey::channels {

/// What a rule looks at.
enum class rule_field { source, category, medium, campaign, click_id, referrer, referrer_path, landing_page };
inline constexpr std::size_t rule_fields = 8;

/// A text for each field, normal; empty where absent.
using rule_values = std::array<std::string_view, rule_fields>;

/// The rules, compiled: for each field, the rules that a value satisfies are found once and remembered, so
/// that finding a channel is a look-up a field however many rules there are.
class channel_rules {
 public:
  explicit channel_rules(std::pmr::memory_resource* memory);

  /// Patterns of one field: one of them must match. No patterns: the field does not matter.
  using patterns = std::optional<std::span<const std::string_view>>;

  /// Adds a rule behind the others. The texts must outlive the rules, the patterns be normal.
  void add(std::string_view channel, const std::array<patterns, rule_fields>& conditions);

  /// Whether any rule looks at a field.
  bool look_at(rule_field field) const {
    return !columns_[static_cast<std::size_t>(field)].concerned.empty();
  }

  /// The channel of the first rule whose every field holds; "Unassigned" where none does.
  std::string_view channel(const rule_values& values);

 private:
  using rule_set = std::pmr::vector<std::uint64_t>;  // a bit a rule

  struct rule {
    std::string_view channel;
    std::array<patterns, rule_fields> conditions;
  };
  struct column {
    explicit column(std::pmr::memory_resource* memory)
        : indifferent(memory), concerned(memory), remembered(memory), scratch(memory) {}
    rule_set indifferent;                     // the rules that don't look at it
    std::pmr::vector<std::size_t> concerned;  // those that do
    name_map<rule_set> remembered;
    rule_set scratch;  // for values too long to remember
  };

  const rule_set& satisfied(std::size_t field, std::string_view value);

  std::pmr::memory_resource* memory_;
  std::pmr::vector<rule> rules_;
  std::array<column, rule_fields> columns_;
};

}  // namespace journey::channels
