// The site a host belongs to, by the public suffix list.
#pragma once

#include <optional>
#include <string_view>

namespace journey::channels {

/// The registrable domain, a part of `host`: a public suffix and the label before it. Nothing for a public
/// suffix itself, an address, a single label, or what is no host. `host` is in lower case; a dot at its end
/// is left out.
std::optional<std::string_view> site(std::string_view host);

/// Whether a registry gives out the names below `suffix`, as below co.uk, and not a hosting company, as below
/// github.io.
bool is_registry_suffix(std::string_view suffix);

}  // namespace journey::channels
