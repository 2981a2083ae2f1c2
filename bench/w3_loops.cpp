// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "simd64.hpp"
#include "w3.hpp"

#if MILLRACE_HAS_SIMDJSON
#include <simdjson.h>
#endif

namespace bench::w3 {
namespace {

using View = std::string_view;

/// Calls line(begin, end) for each line.
template <class F>
[[gnu::always_inline]] inline void for_each_line(View in, F&& line) {
  const char* const end = in.data() + in.size();
  const char* start = in.data();
  for (const char* p = start; p < end; p += 64) {
    std::uint64_t breaks = equal64(p, '\n');
    if (end - p < 64) breaks &= (std::uint64_t{1} << (end - p)) - 1;
    for (; breaks; breaks &= breaks - 1) {
      const char* const line_end = p + std::countr_zero(breaks);
      line(start, line_end);
      start = line_end + 1;
    }
  }
}

/// The next quote of a string that begins at p.
const char* string_end(const char* p) {
  for (;; p += 64) {
    const std::uint64_t quotes = equal64(p, '"');
    if (quotes) return p + std::countr_zero(quotes);
  }
}

bool take(View key, View value, Event& out, unsigned& found) {
  if (key == "ad_id")
    out.ad = value, found |= 1;
  else if (key == "event_type")
    out.type = value, found |= 2;
  else if (key == "event_time")
    out.at_ms = number(value), found |= 4;
  return true;
}

/// The quotes of the line, four to a member: any order, no escapes.
struct Quotes {
  [[gnu::always_inline]] bool operator()(const char* begin, const char* end, Event& out) const {
    std::array<std::uint32_t, 128> at;
    unsigned n = 0;
    for (const char* p = begin; p < end; p += 64) {
      std::uint64_t quotes = equal64(p, '"');
      if (end - p < 64) quotes &= (std::uint64_t{1} << (end - p)) - 1;
      if (n + 64 > at.size()) return false;
      for (; quotes; quotes &= quotes - 1)
        at[n++] = static_cast<std::uint32_t>(p - begin + std::countr_zero(quotes));
    }
    if (n % 4 != 0) return false;
    unsigned found = 0;
    for (unsigned i = 0; i < n; i += 4)
      take(View(begin + at[i] + 1, at[i + 1] - at[i] - 1),
           View(begin + at[i + 2] + 1, at[i + 3] - at[i + 2] - 1), out, found);
    return found == 7;
  }
};

/// Compares the text around the values with that of the layout that it knows.
struct Layout {
  Quotes any;
  static bool is(const char* at, View text) {
    return std::memcmp(at, text.data(), text.size()) == 0;
  }
  [[gnu::always_inline]] bool operator()(const char* p, const char* end, Event& out) const {
    if (is(p, R"({"user_id":")") && is(p + 48, R"(","page_id":")") &&
        is(p + 97, R"(","ad_id":")") && is(p + 144, R"(","ad_type":")")) [[likely]] {
      const char* at = string_end(p + 157);
      if (is(at, R"(","event_type":")")) [[likely]] {
        const char* const type = at + 16;
        at = string_end(type);
        if (is(at, R"(","event_time":")") && at[29] == '"') [[likely]] {
          out.ad = {p + 108, id_bytes};
          out.type = {type, static_cast<std::size_t>(at - type)};
          out.at_ms = number({at + 16, 13});
          return true;
        }
      }
    }
    return any(p, end, out);
  }
};

#if MILLRACE_HAS_SIMDJSON
struct OnDemand {
  simdjson::ondemand::parser parser{};
  bool operator()(const char* p, const char* end, Event& out) {
    const auto size = static_cast<std::size_t>(end - p);
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    if (parser.iterate(p, size, size + simdjson::SIMDJSON_PADDING).get(document) ||
        document.get_object().get(object))
      return false;
    View at;
    if (object.find_field("ad_id").get_string().get(out.ad) ||
        object.find_field("event_type").get_string().get(out.type) ||
        object.find_field("event_time").get_string().get(at))
      return false;
    out.at_ms = number(at);
    return true;
  }
};
#endif

template <class Parser>
Check count_views(const Input& in, Parser&& parse) {
  Sink sink;
  std::vector<std::array<std::uint32_t, campaigns>> panes(4);
  std::int64_t latest = 0;
  std::int64_t next = -1;
  std::uint32_t lines = 0;
  const auto fire = [&] {
    auto& pane = panes[static_cast<std::size_t>(next) % panes.size()];
    for (std::uint32_t c = 0; c < campaigns; ++c)
      if (pane[c]) sink.take(c, (next + 1) * window_ms, std::exchange(pane[c], 0));
    ++next;
  };
  for_each_line(
      in.text(), [&](const char* begin, const char* end) __attribute__((always_inline)) {
        Event event;
        if (!parse(begin, end, event)) return;
        latest = std::max(latest, event.at_ms);
        if (event.type == "view") {
          const std::uint32_t campaign = in.ads.find(event.ad);
          if (campaign != campaigns)
            ++panes[static_cast<std::size_t>(event.at_ms / window_ms) % panes.size()][campaign];
        }
        if (++lines % 1024 != 0) [[likely]]
          return;
        if (next < 0) next = (latest - 2 * delay_ms) / window_ms;
        while ((next + 1) * window_ms <= latest - delay_ms) fire();
      });
  if (next < 0) next = (latest - 2 * delay_ms) / window_ms;
  while (next <= latest / window_ms) fire();
  return sink.check;
}

}  // namespace

Check loop_layout(const Input& input) { return count_views(input, Layout{}); }
Check loop_quotes(const Input& input) { return count_views(input, Quotes{}); }
#if MILLRACE_HAS_SIMDJSON
Check loop_simdjson(const Input& input) { return count_views(input, OnDemand{}); }
#endif

}  // namespace bench::w3
