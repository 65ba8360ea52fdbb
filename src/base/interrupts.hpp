// Cancellation for long loops. No PostgreSQL headers here; cores may use it.
#pragma once

#include <csignal>

extern "C" volatile std::sig_atomic_t InterruptPending;  // NOLINT: the server's own flag

namespace journey {

/// Serves what the flag announces. A cancel or timeout leaves as a C++ exception, so that frames unwind.
void process_interrupts();

/// To be called at least every few thousand steps of any loop whose length the input decides.
inline void check_interrupts() {
  if (InterruptPending) [[unlikely]]
    process_interrupts();
}

}  // namespace journey
