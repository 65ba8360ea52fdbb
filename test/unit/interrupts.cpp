// The server's interrupt flag and its handler, for cores that run without a server.
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

}  // namespace journey
