// URLs between SQL and C++.
#pragma once

#include "channels/names.hpp"
#include "channels/url.hpp"
#include "pg/datum.hpp"
#include "pg/entry.hpp"
#include "pg/memory.hpp"

namespace journey::channels {

/// A reader for the call at hand: its memory, the database's encoding.
url_reader reader_of_call();

}  // namespace journey::channels
