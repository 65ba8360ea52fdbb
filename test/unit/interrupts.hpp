// What tests of cancellation share.
#pragma once

#include <functional>

namespace journey {

/// Whether `body` notices that it shall stop, and leaves the flag as it should be.
bool stops(const std::function<void()>& body);

}  // namespace journey
