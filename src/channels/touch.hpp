// A touch: one marketing contact.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace journey::channels {

/// The texts of a touch, in the order of the SQL type's attributes after `touched_at`.
enum class touch_text { source, medium, campaign, term, content, channel, referrer, landing_page, click_id };
inline constexpr std::size_t touch_texts = 9;

/// Views into memory that somebody else keeps. Order is by time, then by the texts in turn, bytewise, NULL
/// first: the order in which ties on time break.
struct touch {
  std::int64_t touched_at = 0;  // microseconds, on the server's clock
  std::array<std::optional<std::string_view>, touch_texts> texts;

  std::optional<std::string_view>& operator[](touch_text which) {
    return texts[static_cast<std::size_t>(which)];
  }
  const std::optional<std::string_view>& operator[](touch_text which) const {
    return texts[static_cast<std::size_t>(which)];
  }
  auto operator<=>(const touch&) const = default;
};

/// `(direct) / (none)`: neither campaign nor click id nor referrer told of a source, and neither does a
/// channel given by hand. Trails are stored by it.
bool is_direct(const touch& contact);

/// Google Analytics 4's pattern of paid media: `^(.*cp.*|ppc|retargeting|paid.*)$`, in any case.
bool is_paid_medium(std::string_view medium);

/// A touch that was paid for: by its channel (Paid ..., Display, Cross-network) or its medium; or, where the
/// channel is none of the shipped unpaid ones, by the click id of an ad network that marks nothing but ads.
bool is_paid(const touch& contact);

}  // namespace journey::channels
