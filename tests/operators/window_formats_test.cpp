// SPDX-License-Identifier: BSL-1.0
// What programs of each format left behind goes on in this one.
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "window_fixtures.hpp"

using namespace fixtures;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  CHECK(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}
std::vector<StateItem> kept(int format, const char* name) {
  return from_lines(
      read_file(MILLRACE_SOURCE_DIR "/tests/operators/fixtures/" + file_of(format, name)));
}

/// The results in an order that does not depend on the table.
template <class W>
auto results(const W& window) {
  auto rows = window.out.values;
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    std::string bytes_a, bytes_b;
    for (auto [row, bytes] : {std::pair(&a, &bytes_a), std::pair(&b, &bytes_b)}) {
      using Key = std::remove_cvref_t<decltype(row->key)>;
      Codec<Key>::write(*bytes, row->key);
      Codec<Timestamp>::write(*bytes, row->window.start);
      Codec<std::uint32_t>::write(*bytes, row->fire);
    }
    return bytes_a < bytes_b;
  });
  return rows;
}

/// What a kept item brings goes on as if it had never stopped.
template <class W>
void go_on_from(int format, const char* name, W& whole, W& restored) {
  INFO("format " << format << ", " << name);
  whole.before();
  whole.out.take();
  whole.after();
  for (const StateItem& item : kept(format, name)) restored.step.load(item).value();
  restored.after();
  CHECK(results(restored) == results(whole));
  CHECK(restored.out.values.size() > 0);
}
template <class W>
void save_as(int format, const char* name, W& window) {
  window.before();
  const std::string lines = to_lines(window.save());
  std::ofstream(MILLRACE_BINARY_DIR "/" + file_of(format, name)) << lines;
  INFO(name << ": a changed form needs a format of its own; this one is in the build directory");
  CHECK(to_lines(kept(format, name)) == lines);
}
template <class Make>
void damage(int format, const char* name, Make make) {
  INFO("format " << format << ", " << name);
  const auto items = kept(format, name);
  REQUIRE(items.size() > 2);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, items.size() - 1}) {
    for (std::size_t n = 0; n < items[i].bytes.size(); ++n) {
      for (const int flip : {0x01, 0x40, 0x80, 0xFF}) {
        StateItem damaged = items[i];
        damaged.bytes[n] = static_cast<char>(damaged.bytes[n] ^ flip);
        auto window = make();
        (void)window->step.regroups(damaged);
        const auto loaded = window->step.load(damaged);
        if (loaded)
          window->step.watermark(end_of_time);
        else if (loaded.error().code() != Errc::corrupted &&
                 loaded.error().code() != Errc::unsupported)
          FAIL_CHECK("byte " << n << ": " << loaded.error().message());
      }
    }
  }
}

}  // namespace

TEST_CASE(
    "windows that were saved in any format go on with the results of one that never stopped") {
  for_each_window([&](const char* name, auto key, auto aggregation) {
    for (const int format : {1, 2}) {
      Window whole(key, aggregation);
      Window restored(key, aggregation);
      go_on_from(format, name, whole, restored);
    }
  });
  for_each_sliding_window([&](const char* name, auto key, auto aggregation) {
    SlidingWindow whole(key, aggregation);
    SlidingWindow restored(key, aggregation);
    go_on_from(3, name, whole, restored);
  });
}

TEST_CASE("what is saved now is, to the byte, what the fixtures of this format hold") {
  for_each_window([&](const char* name, auto key, auto aggregation) {
    Window window(key, aggregation);
    save_as(2, name, window);
  });
  for_each_sliding_window([&](const char* name, auto key, auto aggregation) {
    SlidingWindow window(key, aggregation);
    save_as(3, name, window);
  });
}

TEST_CASE("any damaged byte of a kept item is an error or another state, never a crash") {
  for_each_window([&](const char* name, auto key, auto aggregation) {
    for (const int format : {1, 2})
      damage(format, name, [&] {
        return std::make_unique<Window<decltype(key), decltype(aggregation)>>(key, aggregation);
      });
  });
  for_each_sliding_window([&](const char* name, auto key, auto aggregation) {
    damage(3, name, [&] {
      return std::make_unique<SlidingWindow<decltype(key), decltype(aggregation)>>(key,
                                                                                   aggregation);
    });
  });
}
