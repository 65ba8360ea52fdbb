// Errors as values: what a user reads, with its SQLSTATE. No PostgreSQL headers here; cores may use it.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace journey {

namespace sqlstate {
inline constexpr const char* data_corrupted = "XX001";
inline constexpr const char* datatype_mismatch = "42804";
inline constexpr const char* datetime_overflow = "22008";
inline constexpr const char* feature_not_supported = "0A000";
inline constexpr const char* internal_error = "XX000";
inline constexpr const char* invalid_binary_representation = "22P03";
inline constexpr const char* invalid_parameter_value = "22023";
inline constexpr const char* invalid_text_representation = "22P02";
inline constexpr const char* io_error = "58030";
inline constexpr const char* null_value_not_allowed = "22004";
inline constexpr const char* numeric_value_out_of_range = "22003";
inline constexpr const char* object_not_in_prerequisite_state = "55000";
inline constexpr const char* out_of_memory = "53200";
inline constexpr const char* program_limit_exceeded = "54000";
inline constexpr const char* syntax_error = "42601";
inline constexpr const char* windowing_error = "42P20";
}  // namespace sqlstate

/// An error for the user: names the argument and the value, and hints at what to do.
class error : public std::exception {
 public:
  error(const char* state, std::string message, std::string hint = {}, std::string detail = {})
      : state_(state), message_(std::move(message)), hint_(std::move(hint)), detail_(std::move(detail)) {}

  const char* state() const noexcept { return state_; }
  const char* what() const noexcept override { return message_.c_str(); }
  const char* hint() const noexcept { return hint_.c_str(); }
  const char* detail() const noexcept { return detail_.c_str(); }

 private:
  const char* state_;
  std::string message_;
  std::string hint_;
  std::string detail_;
};

/// A user's value as it may stand in a message: quoted, and cut when long.
inline std::string quoted(std::string_view value) {
  constexpr std::size_t longest = 80;
  if (value.size() <= longest) return '"' + std::string(value) + '"';
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;  // whole UTF-8 characters
  return '"' + std::string(value.substr(0, end)) + "...\"";
}

}  // namespace journey
