// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "harness.hpp"

/// The shape of the Yahoo Streaming Benchmark: JSON lines of seven strings, of which a third are
/// views; each view's advertisement belongs to a campaign; a count of views for each campaign and
/// ten seconds. 20,000 events a second of event time, up to a second out of order.
namespace bench::w3 {

inline constexpr std::int64_t window_ms = 10'000;
inline constexpr std::int64_t delay_ms = 1'000;
inline constexpr std::uint32_t campaigns = 1000;
inline constexpr std::size_t id_bytes = 36;
inline constexpr std::size_t padding = 64;  ///< that may be read after the text

/// Which campaign an advertisement belongs to: a table of their ids, found by linear probing.
class Campaigns {
 public:
  void add(std::string_view ad, std::uint32_t campaign);
  /// `campaigns` when there is none.
  [[gnu::always_inline]] std::uint32_t find(std::string_view ad) const {
    if (ad.size() != id_bytes) return campaigns;
    for (std::size_t i = home(ad.data());; i = (i + 1) & (places - 1)) {
      const Place& place = table_[i];
      if (place.campaign == campaigns) return campaigns;
      if (std::memcmp(place.ad, ad.data(), id_bytes) == 0) return place.campaign;
    }
  }

 private:
  static constexpr std::size_t places = 1 << 16;
  struct Place {
    char ad[id_bytes];
    std::uint32_t campaign = campaigns;
  };
  static std::uint64_t mixed(const char* p) {
    std::uint64_t words[2];
    std::memcpy(words, p, sizeof words);
    __extension__ using Wide = unsigned __int128;
    const Wide product =
        Wide{words[0] ^ 0x9E3779B97F4A7C15ull} * (words[1] ^ 0xD1B54A32D192ED03ull);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  static std::size_t home(const char* id) { return (mixed(id) ^ mixed(id + 20)) >> 48; }
  std::vector<Place> table_ = std::vector<Place>(places);
};

struct Input {
  std::string bytes;  ///< with `padding` after the text
  Campaigns ads;
  std::string_view text() const {
    return std::string_view(bytes).substr(0, bytes.size() - padding);
  }
};
Input generate(std::size_t events);

struct Sink {
  Check check;
  void take(std::uint32_t campaign, std::int64_t end_ms, std::uint64_t count) {
    ++check.count;
    check.sum += (campaign * 0x9E3779B97F4A7C15ull ^ static_cast<std::uint64_t>(end_ms)) +
                 count * 0xD1B54A32D192ED03ull;
  }
};

/// What the pipeline needs of an event.
struct Event {
  std::string_view ad;
  std::string_view type;
  std::int64_t at_ms = 0;
};

/// What an event's time says: the same for the library's pipeline and the loops.
inline std::int64_t number(std::string_view digits) {
  std::int64_t n = 0;
  for (const char c : digits) n = n * 10 + (c - '0');
  return n;
}

/// Hand-written around parsers that know the layout, or find strings in any order; they check
/// nothing that they skip. With simdjson's On-Demand parser, which checks little of it.
Check loop_layout(const Input& input);
Check loop_quotes(const Input& input);
#if MILLRACE_HAS_SIMDJSON
Check loop_simdjson(const Input& input);
#endif
/// The library: every byte is checked.
Check library(const Input& input, Replay* replay = nullptr);

}  // namespace bench::w3
