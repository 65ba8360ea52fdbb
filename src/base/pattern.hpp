// The one pattern language of all texts that users may give as patterns.
#pragma once

#include <string_view>

namespace journey {

/// Whether all of `text` matches: `*` is any run of characters, `[abc]` or `[a-z]` one byte of these,
/// `[!abc]` one of the others; anything else is itself. At most `pattern * text` steps, cancellable.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace journey
