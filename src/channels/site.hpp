// The site a host belongs to, by the public suffix list.
#pragma once

#include <optional>
#include <string_view>

namespace journey::channels {

/// The registrable domain, a part of `host`: a public suffix and the label before it. Nothing for a public
/// suffix itself, an address, a single label, or what is no host. `host` is in lower case; a dot at its end
/// is left out.
std::optional<std::string_view> site(std::string_view host);

/// The label of the registrable domain before its suffix, where that is one of the registries' own (not of a
/// hosting company): "google" for www.google.co.uk. Else empty.
std::string_view registered_label(std::string_view host);

}  // namespace journey::channels
