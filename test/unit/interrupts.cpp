// The server's interrupt flag and its handler, for cores that run without a server.
#include "interrupts.hpp"

#include "base/interrupts.hpp"

#include <stdexcept>

extern "C" {
volatile std::sig_atomic_t InterruptPending = 0;
}

namespace journey {

void process_interrupts() {
  InterruptPending = 0;
  throw std::runtime_error("interrupted");
}

bool stops(const std::function<void()>& body) {
  InterruptPending = 1;
  try {
    body();
  } catch (const std::runtime_error&) {
    return InterruptPending == 0;
  }
  InterruptPending = 0;
  return false;
}

}  // namespace journey
