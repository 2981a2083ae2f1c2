// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/graph/barrier.hpp"
#include "millrace/operators/pane.hpp"
#include "millrace/state/codec.hpp"
#include "millrace/state/hash.hpp"
#include "millrace/state/migration.hpp"

namespace millrace::detail {

// An item: header, then panes, each followed by its entries; both begin with a tag. Every item has
// the header; the one for every subtask has nothing else, so that the watermark is kept without
// keys.
inline constexpr std::uint8_t window_state_format = 1;
inline constexpr std::uint8_t pane_tag = 1;
inline constexpr std::uint8_t entry_tag = 2;

struct WindowStateHeader {
  std::uint8_t format = window_state_format;
  std::int64_t window_size = 0;  ///< microseconds
  std::uint32_t state_size = 0;  ///< of the aggregator's State, to notice another one
  std::int64_t watermark = 0;
  friend auto members(WindowStateHeader& h) {
    return std::tie(h.format, h.window_size, h.state_size, h.watermark);
  }
};
/// Reads a header and compares it with what the step expects.
MILLRACE_EXPORT Result<WindowStateHeader> read_window_header(StateReader& in,
                                                             WindowStateHeader mine);

/// Gives the open windows to `sink(StateItem)`, an item per key group that has keys.
template <class Types, class Sink>
void save_windows(std::map<Timestamp, typename Types::Pane>& panes, Duration size,
                  Timestamp watermark, Sink&& sink) {
  using Table = typename Types::Table;
  WindowStateHeader header;
  header.window_size = size.count();
  header.state_size = sizeof(typename Types::State);
  header.watermark = watermark.time_since_epoch().count();
  StateItem common;
  Codec<WindowStateHeader>::write(common.bytes, header);

  std::array<std::string, key_groups> groups;
  std::array<Timestamp, key_groups> current;
  current.fill(end_of_time);
  std::vector<typename Table::Entry> entries;
  typename Types::State room{};
  for (auto& [start, pane] : panes) {
    for (typename Table::Cursor cursor; !cursor.ended;) {
      const std::size_t n = pane.table.read(cursor, entries, 0);
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t group = Types::Keys::group(entries[i].key());
        std::string& out = groups[group];
        if (out.empty()) out = common.bytes;
        if (current[group] != start) {
          Codec<std::uint8_t>::write(out, pane_tag);
          Codec<std::int64_t>::write(out, start.time_since_epoch().count());
          Codec<bool>::write(out, pane.fired);
          current[group] = start;
        }
        Codec<std::uint8_t>::write(out, entry_tag);
        Codec<typename Types::StoredKey>::write(out, entries[i].key());
        Codec<typename Types::State>::write(out, pane.table.state(entries[i], room));
        if (pane.fired) Codec<std::uint32_t>::write(out, pane.fires(entries[i].key()));
      }
    }
  }
  sink(std::move(common));
  for (std::uint32_t group = 0; group < key_groups; ++group)
    if (!groups[group].empty()) sink(StateItem{group, std::move(groups[group])});
}

/// The open windows as they were when a barrier passed.
template <class Types>
class FrozenWindows final : public FrozenState {
  using Pane = typename Types::Pane;

 public:
  /// Cost: a copy of the tables' bytes, some milliseconds for a million small keys.
  FrozenWindows(const PaneMap<Pane>& panes, Timestamp watermark)
      : size_(panes.size()), watermark_(watermark) {
    for (const auto& [start, pane] : panes.open()) panes_.try_emplace(panes_.end(), start, pane);
  }
  void encode(const std::function<void(StateItem)>& sink) override {
    save_windows<Types>(panes_, size_, watermark_, sink);
  }

 private:
  std::map<Timestamp, Pane> panes_;
  Duration size_;
  Timestamp watermark_;
};

template <class Types, class Pane>
Result<void> load_window_entry(StateReader& in, Pane& pane) {
  typename Types::StoredKey key{};
  typename Types::State state{};
  if (auto done = Codec<bool>::read_each(in, key, state); !done) return done;
  const typename Types::Looked looked(key);
  pane.table.set(pane.table.hash(looked), looked, std::move(state));
  if (!pane.fired) return {};
  std::uint32_t fires = 0;
  if (auto done = Codec<std::uint32_t>::read(in, fires); !done) return done;
  if (fires != 1) pane.correction(looked).fires = fires;
  return {};
}

/// Takes back one item that save_window gave, from this or another subtask.
template <class Types, class Pane>
Result<void> load_window(PaneMap<Pane>& panes, Timestamp& watermark, std::string_view bytes) {
  StateReader in(bytes);
  WindowStateHeader mine;
  mine.window_size = panes.size().count();
  mine.state_size = sizeof(typename Types::State);
  auto header = read_window_header(in, mine);
  if (!header) return header.take_error();
  watermark = std::max(watermark, Timestamp(Duration(header->watermark)));
  Pane* pane = nullptr;
  while (!in.empty()) {
    std::uint8_t tag = 0;
    if (auto done = Codec<std::uint8_t>::read(in, tag); !done) return done;
    if (tag == entry_tag && pane) {
      if (auto done = load_window_entry<Types>(in, *pane); !done) return done;
    } else if (tag == pane_tag) {
      std::int64_t start = 0;
      bool fired = false;
      if (auto done = Codec<bool>::read_each(in, start, fired); !done) return done;
      if (start % mine.window_size != 0) return in.corrupted("a window begins off its grid");
      pane = &panes.at(Timestamp(Duration(start)));
      pane->fired = fired;
      panes.find_first();
    } else {
      return in.corrupted("neither a window nor a key is where one should be");
    }
    panes.charge(*pane);
  }
  return {};
}

}  // namespace millrace::detail
