// The one hash map and set of the cores: open addressing in an allocator's memory.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <functional>
#include <memory_resource>
#include <utility>

namespace journey {

template <class Key, class Value, class Hash = boost::hash<Key>, class Equal = std::equal_to<>>
using hash_map = boost::unordered_flat_map<Key, Value, Hash, Equal,
                                           std::pmr::polymorphic_allocator<std::pair<const Key, Value>>>;

template <class Key, class Hash = boost::hash<Key>, class Equal = std::equal_to<>>
using hash_set = boost::unordered_flat_set<Key, Hash, Equal, std::pmr::polymorphic_allocator<Key>>;

}  // namespace journey
