#include "channels/touch.hpp"

#include <algorithm>

#include "channels/names.hpp"

namespace journey::channels {
namespace {

// fbclid is missing on purpose: Facebook adds it to every outbound link, paid or not.
constexpr std::string_view ad_click_ids[] = {
    "gclid",  "gbraid",    "wbraid", "dclid",      "gad_source", "gad_campaignid", "msclkid",
    "ttclid", "li_fat_id", "twclid", "rdt_cid",    "sccid",      "epik",           "qclid",
    "ndclid", "yclid",     "ymclid", "rb_clickid", "_openstat",  "bd_vid",         "tblci",
    "dicbo",  "obclid",    "vmcid",  "auctid",     "awclid",     "ef_id",          "s_kwcid"};

constexpr std::string_view unpaid_channels[] = {
    "AI Assistant", "Affiliates", "Audio", "Direct", "Email", "Mobile Push Notifications", "Referral", "SMS"};

std::string_view text_of(const touch& contact, touch_text which) { return contact[which].value_or(""); }

}  // namespace

bool is_direct(const touch& contact) {
  if (contact[touch_text::click_id]) return false;
  std::string_view source = text_of(contact, touch_text::source);
  return source == "(direct)" ||
         (source.empty() && !contact[touch_text::medium] && !contact[touch_text::campaign] &&
          contact[touch_text::channel].value_or("Direct") == "Direct");
}

bool is_paid_medium(std::string_view medium) {
  medium = trimmed(medium);
  auto is_cp = [](char first, char second) {
    return ascii_lower(first) == 'c' && ascii_lower(second) == 'p';
  };
  return std::ranges::adjacent_find(medium, is_cp) != medium.end() || same_ignoring_case(medium, "ppc") ||
         same_ignoring_case(medium, "retargeting") || same_ignoring_case(medium.substr(0, 4), "paid");
}

bool is_paid(const touch& contact) {
  std::string_view channel = text_of(contact, touch_text::channel);
  if (channel.starts_with("Paid ") || channel == "Display" || channel == "Cross-network") return true;
  if (is_paid_medium(text_of(contact, touch_text::medium))) return true;
  if (channel.starts_with("Organic ") ||
      std::ranges::find(unpaid_channels, channel) != std::end(unpaid_channels))
    return false;
  std::string_view click_id = text_of(contact, touch_text::click_id);
  return std::ranges::find(ad_click_ids, click_id.substr(0, click_id.find('='))) != std::end(ad_click_ids);
}

}  // namespace journey::channels
