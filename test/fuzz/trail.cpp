// Any bytes as a trail: reading them ends in an error or in what their writer would have written.
#include <cstddef>
#include <cstdlib>
#include <string>

#include "sessions/trail_state.hpp"

using namespace journey;
using namespace journey::sessions;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Reads `bytes` to their end, unchecked.
void read(std::string_view bytes, std::pmr::memory_resource* memory) {
  try {
    for (const session& session : trail_view(bytes, memory)) require(session.number > 0);
  } catch (const error&) {
  }
}

std::string written(const session_rule& rule, const std::pmr::vector<session_record>& sessions,
                    const dictionary& words, std::pmr::memory_resource* memory) {
  wire::writer out(memory);
  write_trail<session_record>(rule, {sessions}, words, memory, out);
  return {out.data(), out.size()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::pmr::monotonic_buffer_resource memory;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read(bytes, &memory);
  try {
    check_trail(bytes, &memory);
  } catch (const error&) {
    return 0;
  }
  trail_view trail(bytes, &memory);
  if (!trail.rule().day_boundary.empty()) return 0;
  // The even sessions, and the odd ones, merge to the whole.
  std::pmr::vector<session_record> halves[2]{std::pmr::vector<session_record>(&memory),
                                             std::pmr::vector<session_record>(&memory)};
  trail_view::cursor cursor(trail);
  for (std::size_t i = 0; const session_record* session = cursor.next(); ++i)
    halves[i % 2].push_back(*session);
  trail_state state(&memory, trail_rule(trail.rule().timeout, trail.rule().inclusive));
  for (const auto& half : halves) {
    std::string part = written(trail.rule(), half, trail.words(), &memory);
    check_trail(part, &memory);
    state.merge(trail_view(part, &memory));
  }
  wire::writer out(&memory);
  state.write(&memory, out);
  require(bytes == std::string_view(out.data(), out.size()));
  return 0;
}
