#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <stdexcept>
#include <string>

#include "attribution/leave_one_out.hpp"
#include "attribution/markov.hpp"
#include "attribution/shapley.hpp"
#include "attribution/weights.hpp"
#include "base/interrupts.hpp"

namespace {

using namespace journey::attribution;
using journey::wire::reader;
using journey::wire::writer;

std::pmr::memory_resource* memory() { return std::pmr::get_default_resource(); }

using journey_path = std::vector<std::string>;

struct row {
  journey_path channels;
  results came;
};

std::vector<row> random_rows(std::mt19937_64& random, std::size_t most) {
  std::vector<row> rows;
  for (std::size_t count = random() % most; count > 0; --count) {
    journey_path channels;
    for (std::size_t length = random() % 6; length > 0; --length)
      channels.push_back("channel " + std::to_string(random() % 7));
    rows.push_back({channels,
                    {static_cast<double>(random() % 5), static_cast<double>(random() % 1000) / 8,
                     static_cast<double>(random() % 4)}});
  }
  return rows;
}

std::vector<std::string_view> views(const journey_path& channels) {
  return {channels.begin(), channels.end()};
}

void add(transition_counts& state, const row& one) { state.add(views(one.channels), one.came, 2); }
void add(shapley_counts& state, const row& one) { state.add(views(one.channels), one.came); }
void add(path_counts& state, const row& one) { state.add(views(one.channels), one.came); }

template <class State>
std::string bytes_of(const State& state) {
  writer out(memory());
  state.serialize(out);
  return {out.data(), out.size()};
}

template <class State>
class model : public testing::Test {};
using states = testing::Types<transition_counts, shapley_counts, path_counts>;
TYPED_TEST_SUITE(model, states);

/// Whatever the order and the split, the credits are the same to the bit, and add up to what came.
TYPED_TEST(model, credits_add_up_in_any_order_and_split) {
  std::mt19937_64 random(21);
  for (int round = 0; round < 200; ++round) {
    std::vector<row> rows = random_rows(random, 60);
    double conversions = 0, value = 0;
    TypeParam whole(memory()), left(memory()), right(memory()), copy(memory());
    for (const row& one : rows) {
      add(whole, one);
      conversions += one.came.conversions;
      value += one.came.value;
    }
    std::shuffle(rows.begin(), rows.end(), random);
    for (const row& one : rows) add(random() % 2 == 0 ? left : right, one);
    std::string bytes = bytes_of(right);
    reader in(bytes, "test");
    copy.deserialize(in);
    in.end();
    left.combine(copy);
    channel_credits expected = whole.credits(memory()), got = left.credits(memory());
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].channel, expected[i].channel);
      EXPECT_EQ(got[i].conversions, expected[i].conversions);
      EXPECT_EQ(got[i].value, expected[i].value);
      EXPECT_GE(got[i].conversions, 0);
      conversions -= got[i].conversions;
      value -= got[i].value;
    }
    EXPECT_NEAR(conversions, 0, 1e-9);
    EXPECT_NEAR(value, 0, 1e-6);
  }
}

/// Whether `body` notices that it shall stop.
bool stops(const std::function<void()>& body) {
  InterruptPending = 1;
  try {
    body();
  } catch (const std::runtime_error&) {
    return true;
  }
  InterruptPending = 0;
  return false;
}

TYPED_TEST(model, can_be_stopped_at_every_step) {
  std::mt19937_64 random(22);
  TypeParam state(memory()), other(memory());
  for (const row& one : random_rows(random, 500)) add(state, one);
  std::string bytes = bytes_of(state);
  EXPECT_TRUE(stops([&] { add(other, {{"a", "b"}, {1, 1, 1}}); }));
  EXPECT_TRUE(stops([&] { other.combine(state); }));
  EXPECT_TRUE(stops([&] { bytes_of(state); }));
  EXPECT_TRUE(stops([&] {
    TypeParam copy(memory());
    reader in(bytes, "test");
    copy.deserialize(in);
  }));
  EXPECT_TRUE(stops([&] { state.credits(memory()); }));
}

TEST(transitions, can_be_stopped) {
  transition_counts state(memory());
  for (const char* name : {"a", "b", "c"}) {
    std::string_view path[] = {name};
    state.add(path, {1, 1, 1}, 1);
  }
  EXPECT_TRUE(stops([&] { state.transitions(memory()); }));
}

TEST(attribute, can_be_stopped) {
  std::vector<candidate> touches;
  for (int i = 0; i < 100; ++i) touches.push_back({i, "a", false, false, touch_class::regular});
  for (int kind = 0; kind < 10; ++kind)
    EXPECT_TRUE(stops([&] {
      attribute({.model = static_cast<journey::attribution::model>(kind)}, touches, {0, 100}, memory());
    })) << kind;
  std::vector<std::optional<std::int64_t>> times(100, 5);
  EXPECT_TRUE(stops([&] { conversions_at(times, {}, true, memory()); }));
}

}  // namespace
