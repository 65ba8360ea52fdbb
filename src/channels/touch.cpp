#include "channels/touch.hpp"

#include <algorithm>

namespace journey::channels {
namespace {

// fbclid is missing on purpose: Facebook adds it to every outbound link, paid or not.
constexpr std::string_view ad_click_ids[] = {"gclid",   "gbraid", "wbraid",    "dclid",
                                             "msclkid", "ttclid", "li_fat_id", "twclid"};

std::string_view text_of(const touch& contact, touch_text which) { return contact[which].value_or(""); }

}  // namespace

bool is_direct(const touch& contact) {
  std::string_view source = text_of(contact, touch_text::source);
  return (source.empty() || source == "(direct)") && !contact[touch_text::click_id];
}

bool is_paid(const touch& contact) {
  std::string_view channel = text_of(contact, touch_text::channel);
  if (channel.starts_with("Paid ") || channel == "Display" || channel == "Cross-network") return true;
  std::string_view medium = text_of(contact, touch_text::medium);
  if (medium.find("cp") != medium.npos || medium == "ppc" || medium == "retargeting" ||
      medium.starts_with("paid"))
    return true;
  std::string_view click_id = text_of(contact, touch_text::click_id);
  return std::ranges::find(ad_click_ids, click_id.substr(0, click_id.find('='))) != std::end(ad_click_ids);
}

}  // namespace journey::channels
