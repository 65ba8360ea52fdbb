#include "paths/step_log.hpp"

#include "base/sort.hpp"

namespace journey::paths {

std::pmr::vector<step_row> step_log::rows(std::pmr::memory_resource* memory) const {
  auto rows = rows_.rows(memory);
  if (!std::ranges::is_sorted(rows, comes_before)) sort(rows, comes_before);
  return rows;
}

void step_log::deserialize(wire::reader& in, int conditions) {
  rows_.deserialize(in, [&](const std::array<std::uint64_t, 1>& numbers) {
    if ((numbers[0] & ~bits(0, conditions)) != 0) in.fail("a row meets a step that is none");
  });
}

}  // namespace journey::paths
