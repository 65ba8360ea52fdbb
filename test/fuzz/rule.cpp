// Any bytes as a session rule: an error, or what its writer would have written.
#include <cstdint>
#include <cstdlib>

#include "sessions/rule.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace journey;
  std::pmr::monotonic_buffer_resource memory;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  wire::writer out(&memory);
  try {
    wire::reader in(bytes, "session_rule");
    sessions::session_rule rule = sessions::read_rule(in);
    if (rule.timeout <= 0) std::abort();
    sessions::write(out, rule);
    sessions::rule_text(rule);
  } catch (const error&) {
    return 0;
  }
  if (bytes != std::string_view(out.data(), out.size())) std::abort();
  return 0;
}
