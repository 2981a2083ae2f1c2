// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/graph/barrier.hpp"
#include "millrace/operators/pane.hpp"
#include "millrace/operators/window_emission.hpp"
#include "millrace/state/codec.hpp"
#include "millrace/state/hash.hpp"
#include "millrace/state/key.hpp"
#include "millrace/state/migration.hpp"

namespace millrace::detail {

// An item: header, then panes, each followed by its entries and what is noted on its window; all of
// them begin with a tag. Every item has the header; the one for every subtask has nothing else, so
// that the watermark is kept without keys. Windows that do not overlap are written in format 2,
// where an entry of a window that has fired has its note with it; the others in 3, where the slide
// follows the header.
inline constexpr std::uint8_t tumbling_window_format = 2;
inline constexpr std::uint8_t window_state_format = 3;
inline constexpr std::uint8_t pane_tag = 1;
inline constexpr std::uint8_t entry_tag = 2;
inline constexpr std::uint8_t note_tag = 3;

struct WindowStateHeader {
  std::uint8_t format = tumbling_window_format;
  std::int64_t window_size = 0;  ///< microseconds
  std::int64_t watermark = 0;
  std::string key;  ///< its schema, and that of the aggregator's State
  std::string state;
  friend auto members(WindowStateHeader& h) {
    return std::tie(h.format, h.window_size, h.watermark, h.key, h.state);
  }
};
/// What an item of format 1 tells of its aggregation, the size of State, and what it does not.
struct WindowFormat1 {
  std::uint32_t state_size;
  std::string key;
  std::string state;
};
/// Two keys that were told apart by a field that is gone.
MILLRACE_EXPORT Error merged_keys(const std::string& before, const std::string& now);
/// Reads a header and compares it with what the step expects; format 1 gets the schemas of then.
MILLRACE_EXPORT Result<WindowStateHeader> read_window_header(StateReader& in,
                                                             const WindowGrid& grid,
                                                             const WindowFormat1& format1);

template <class Types>
Result<WindowStateHeader> read_window_header(StateReader& in, const WindowGrid& grid) {
  using Key = typename Types::Keys::Key;
  using State = typename Types::State;
  constexpr StructForm then = StructForm::as_in_memory;
  return read_window_header(
      in, grid,
      {sizeof(State), to_text(schema_node<Key>(then)), to_text(schema_node<State>(then))});
}

/// Panes that a checkpoint was copied into, for the next one: memory that the system has to find
/// first takes many times as long as the copy does.
template <class Pane>
class SparePanes {
 public:
  /// The oldest first: those are full.
  Pane take() {
    std::lock_guard lock(mutex_);
    if (panes_.empty()) return {};
    return std::move(panes_.extract(panes_.begin()).mapped());
  }
  /// Takes these in place of those that nobody took; it needs no memory.
  void keep(std::map<Timestamp, Pane>& panes) noexcept {
    std::lock_guard lock(mutex_);
    panes_.swap(panes);
  }

 private:
  std::mutex mutex_;
  std::map<Timestamp, Pane> panes_;
};

/// The open windows as they were when a barrier passed.
/// Threads: encode() and the destructor may be another's than the constructor.
template <class Types>
class FrozenWindows final : public FrozenState {
  using Pane = typename Types::Pane;
  using Table = typename Types::Table;
  using Spare = SparePanes<Pane>;

 public:
  /// Cost: a copy of the tables' bytes, some milliseconds for a million small keys.
  FrozenWindows(const PaneMap<Pane>& panes, Timestamp watermark, std::shared_ptr<Spare> spare)
      : grid_(panes.grid()), watermark_(watermark), spare_(std::move(spare)) {
    for (const auto& [start, pane] : panes.open())
      panes_.try_emplace(panes_.end(), start, spare_->take())->second.copy(pane);
  }
  ~FrozenWindows() override { spare_->keep(panes_); }
  /// Gives an item per key group that has keys.
  void encode(StateSink& sink) override {
    WindowStateHeader header;
    header.format = Types::overlap ? window_state_format : tumbling_window_format;
    header.window_size = grid_.size.count();
    header.watermark = watermark_.time_since_epoch().count();
    header.key = schema_of<typename Types::Keys::Key>();
    header.state = schema_of<typename Types::State>();
    StateItem common;
    Codec<WindowStateHeader>::write(common.bytes, header);
    if (Types::overlap) Codec<std::int64_t>::write(common.bytes, grid_.slide.count());
    current_.fill(end_of_time);
    for (auto& [start, pane] : panes_) {
      encode_entries(start, pane, common.bytes);
      if constexpr (Types::overlap)
        if (pane.corrections) encode_notes(start, pane.corrections->table, common.bytes);
    }
    sink.take(std::move(common));
    for (std::uint32_t group = 0; group < key_groups; ++group)
      if (!groups_[group].empty()) sink.take({group, std::move(groups_[group])});
  }

 private:
  bool fired(Timestamp start) const { return !Types::overlap && start + grid_.size <= watermark_; }
  void encode_entries(Timestamp start, Pane& pane, const std::string& common) {
    std::vector<typename Table::Entry> entries;
    typename Types::State room{};
    for (typename Table::Cursor cursor; !cursor.ended;) {
      const std::size_t n = pane.table.read(cursor, entries, 0);
      for (std::size_t i = 0; i < n; ++i) {
        std::string& out = place(start, entries[i].key(), common);
        Codec<std::uint8_t>::write(out, entry_tag);
        Types::Keys::write(out, entries[i].key());
        Codec<typename Types::State>::write(out, pane.table.state(entries[i], room));
        if (fired(start)) Codec<std::uint32_t>::write(out, pane.fires(entries[i].key()));
      }
    }
  }
  template <class Notes>
  void encode_notes(Timestamp start, Notes& notes, const std::string& common) {
    std::vector<typename Notes::Entry> entries;
    for (typename Notes::Cursor cursor; !cursor.ended;) {
      const std::size_t n = notes.read(cursor, entries, 0);
      for (std::size_t i = 0; i < n; ++i) {
        std::string& out = place(start, entries[i].key(), common);
        Codec<std::uint8_t>::write(out, note_tag);
        Types::Keys::write(out, entries[i].key());
        Codec<std::uint32_t>::write(out, entries[i].value().fires);
      }
    }
  }
  /// Where to write on a key of this pane.
  std::string& place(Timestamp start, typename Types::Looked key, const std::string& common) {
    const std::uint32_t group = Types::Keys::group(key);
    std::string& out = groups_[group];
    if (out.empty()) out = common;
    if (std::exchange(current_[group], start) != start) {
      Codec<std::uint8_t>::write(out, pane_tag);
      Codec<std::int64_t>::write(out, start.time_since_epoch().count());
      Codec<bool>::write(out, fired(start));
    }
    return out;
  }

  std::map<Timestamp, Pane> panes_;
  WindowGrid grid_;
  Timestamp watermark_;
  std::shared_ptr<Spare> spare_;
  std::array<std::string, key_groups> groups_;
  std::array<Timestamp, key_groups> current_;
};

/// Takes back items that save_windows gave, from this or another subtask, this or an older program.
template <class Types>
class WindowLoader {
  using Pane = typename Types::Pane;
  using Keys = typename Types::Keys;
  using Key = typename Keys::Key;
  using Looked = typename Keys::Looked;
  using State = typename Types::State;

 public:
  WindowLoader(PaneMap<Pane>& panes, WindowEmission<Types>& emission, Duration lateness,
               std::uint32_t subtask, std::uint32_t parallelism)
      : panes_(panes),
        emission_(emission),
        lateness_(lateness),
        subtask_(subtask),
        parallelism_(parallelism) {}

  /// Errors: unsupported, when the window, the key or the aggregation is another one; corrupted.
  Result<void> load(Timestamp& watermark, std::string_view bytes) {
    StateReader in(bytes);
    auto header = read_window_header<Types>(in, panes_.grid());
    if (!header) return header.take_error();
    auto key = Migration<Key>::from(header->key, "the key");
    if (!key) return key.take_error();
    auto state = Migration<State>::from(header->state, "the aggregation's state");
    if (!state) return state.take_error();
    // Subtasks whose inputs fell idle at other moments may have had other watermarks.
    const Timestamp then{Duration(header->watermark)};
    if (then > watermark) {
      const Timestamp before = std::exchange(watermark, then);
      panes_.set_fired(watermark);
      emission_.owe_all(before);
    }
    return load_panes(in, {*header, then, *key, *state});
  }
  /// Do the keys have other bytes now, and so other groups?
  static bool regroups(const WindowGrid& grid, std::string_view bytes) {
    StateReader in(bytes);
    const auto header = read_window_header<Types>(in, grid);
    return header && header->key != schema_of<Key>();
  }

 private:
  struct Written {
    const WindowStateHeader& header;
    Timestamp watermark;
    Migration<Key>& key;
    Migration<State>& state;
  };

  Result<void> load_panes(StateReader& in, Written written) {
    Pane* pane = nullptr;
    Timestamp start;
    bool fired = false;
    while (!in.empty()) {
      std::uint8_t tag = 0;
      if (auto done = Codec<std::uint8_t>::read(in, tag); !done) return done;
      if (tag == entry_tag && pane) {
        if (auto done = load_entry(in, written, start, *pane, fired); !done) return done;
      } else if (tag == note_tag && pane) {
        if (auto done = load_note(in, written, *pane); !done) return done;
      } else if (tag == pane_tag) {
        std::int64_t at = 0;
        if (auto done = Codec<bool>::read_each(in, at, fired); !done) return done;
        start = Timestamp(Duration(at));
        if (at % panes_.grid().pane.count() != 0 || !panes_.grid().fits_pane(start, lateness_))
          return in.corrupted("a window begins off its grid");
        pane = &panes_.at(start);
      } else {
        return in.corrupted("neither a window nor a key is where one should be");
      }
      panes_.charge(*pane);
    }
    return {};
  }
  /// Is the key this subtask's? Always, unless keys have other groups now.
  bool ours(Written written, Looked key) const {
    return !written.key.needed() || subtask_of_group(Keys::group(key), parallelism_) == subtask_;
  }
  Result<void> load_entry(StateReader& in, Written written, Timestamp start, Pane& pane,
                          bool fired) {
    Key key{};
    State state{};
    std::uint32_t fires = 1;
    if (auto done = read_key(in, written, key); !done) return done;
    if (auto done = written.state.read(in, state); !done) return done;
    if (fired)
      if (auto done = Codec<std::uint32_t>::read(in, fires); !done) return done;
    const auto looked = Keys::looked(key, room_);
    if (!ours(written, looked)) return {};
    if (!pane.table.set(pane.table.hash(looked), looked, std::move(state)))
      return written.key.needed() ? merged_keys(written.header.key, schema_of<Key>())
                                  : in.corrupted("a key is in a window twice");
    if (fires != 1) pane.correction(looked).value.fires = fires;
    emission_.owe(start, looked, written.watermark);
    return {};
  }
  Result<void> load_note(StateReader& in, Written written, Pane& pane) {
    Key key{};
    std::uint32_t fires = 1;
    if (auto done = read_key(in, written, key); !done) return done;
    if (auto done = Codec<std::uint32_t>::read(in, fires); !done) return done;
    const auto looked = Keys::looked(key, room_);
    if (ours(written, looked)) pane.correction(looked).value.fires = fires;
    return {};
  }
  /// Format 1 kept keys as they are looked up.
  Result<void> read_key(StateReader& in, Written written, Key& key) {
    if constexpr (is_word_key<Key>) {
      if (written.header.format == 1) {
        typename Keys::Looked word = 0;
        auto done = Codec<typename Keys::Looked>::read(in, word);
        key = from_word<Key>(word);
        return done;
      }
    } else if constexpr (!is_text_key<Key>) {
      if (written.header.format == 1) {
        std::string bytes;
        if (auto done = Codec<std::string>::read(in, bytes); !done) return done;
        StateReader inner(bytes);
        if (auto done = written.key.read(inner, key); !done) return done;
        return inner.empty() ? Result<void>() : inner.corrupted("a key ends early");
      }
    }
    return written.key.read(in, key);
  }

  PaneMap<Pane>& panes_;
  WindowEmission<Types>& emission_;
  Duration lateness_;
  std::uint32_t subtask_;
  std::uint32_t parallelism_;
  std::string room_;
};

}  // namespace millrace::detail
