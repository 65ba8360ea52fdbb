#include "base/interrupts.hpp"

#include "pg/call.hpp"

namespace journey {

void process_interrupts() {
  pg::call([] { CHECK_FOR_INTERRUPTS(); });
}

}  // namespace journey
