#include "base/instant.hpp"

#include <algorithm>

namespace journey {

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

}  // namespace journey
