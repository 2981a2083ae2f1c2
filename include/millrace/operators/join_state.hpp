// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/graph/barrier.hpp"
#include "millrace/operators/group.hpp"
#include "millrace/operators/join_emission.hpp"
#include "millrace/operators/pane.hpp"
#include "millrace/state/codec.hpp"
#include "millrace/state/hash.hpp"
#include "millrace/state/record_codec.hpp"

namespace millrace::detail {

// An item: header, then windows, each followed by its keys, and each key by its records; windows
// and keys begin with a tag. Every item has the header; the one for every subtask has nothing else,
// so that the watermark is kept without keys.
inline constexpr std::uint8_t join_state_format = 1;
inline constexpr std::uint8_t join_window_tag = 1;
inline constexpr std::uint8_t join_key_tag = 2;

struct JoinStateHeader {
  std::uint8_t format = join_state_format;
  std::int64_t window_size = 0;  ///< microseconds
  std::int64_t watermark = 0;
  std::string key;  ///< its schema, and those of the records
  std::string left;
  std::string right;
  friend auto members(JoinStateHeader& h) {
    return std::tie(h.format, h.window_size, h.watermark, h.key, h.left, h.right);
  }
};
/// Reads a header and compares its windows with the step's.
MILLRACE_EXPORT Result<JoinStateHeader> read_join_header(StateReader& in, Duration window_size);

/// The open windows as they were when a barrier passed.
template <class Types>
class FrozenJoin final : public FrozenState {
  using Pane = typename Types::Pane;
  using Keys = typename Types::Keys;

 public:
  /// Cost: a copy of the tables' bytes and of 4 bytes a record; the records are shared.
  FrozenJoin(const PaneMap<Pane>& panes, Timestamp watermark) {
    header_.window_size = panes.grid().size.count();
    header_.watermark = watermark.time_since_epoch().count();
    for (const auto& [start, pane] : panes.open()) panes_.try_emplace(panes_.end(), start, pane);
  }

  void encode(StateSink& sink) override {
    header_.key = schema_of<typename Types::Key>();
    header_.left = record_schema<typename Types::Left>();
    header_.right = record_schema<typename Types::Right>();
    StateItem common;
    Codec<JoinStateHeader>::write(common.bytes, header_);
    std::vector<std::string> groups(key_groups);
    for (auto& [start, pane] : panes_) write_window(start, pane, common.bytes, groups);
    sink.take(std::move(common));
    for (std::uint32_t group = 0; group < key_groups; ++group)
      if (!groups[group].empty()) sink.take({group, std::move(groups[group])});
  }

 private:
  void write_window(Timestamp start, Pane& pane, const std::string& header,
                    std::vector<std::string>& groups) {
    std::array<bool, key_groups> has_window{};
    for (typename Types::Table::Cursor cursor; !cursor.ended;) {
      const std::size_t n = pane.table.read(cursor, entries_, 0);
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t group = Keys::group(entries_[i].key());
        std::string& out = groups[group];
        if (out.empty()) out = header;
        if (!std::exchange(has_window[group], true)) {
          Codec<std::uint8_t>::write(out, join_window_tag);
          Codec<std::int64_t>::write(out, start.time_since_epoch().count());
        }
        const auto& matches = entries_[i].value();
        Codec<std::uint8_t>::write(out, join_key_tag);
        Keys::write(out, entries_[i].key());
        Codec<std::uint32_t>::write(out, matches.fires);
        write_records(out, Group(pane.left, matches.left));
        write_records(out, Group(pane.right, matches.right));
      }
    }
  }
  template <class T>
  static void write_records(std::string& out, const Group<T>& records) {
    Codec<std::uint32_t>::write(out, static_cast<std::uint32_t>(records.size()));
    for (const T& record : records) RecordCodec<T>::write(out, record);
  }

  JoinStateHeader header_;
  std::map<Timestamp, Pane> panes_;
  std::vector<typename Types::Table::Entry> entries_;
};

/// Takes back items that FrozenJoin gave, from this or another subtask, this or an older program.
template <class Types>
class JoinLoader {
  using Pane = typename Types::Pane;
  using Keys = typename Types::Keys;
  using Key = typename Types::Key;
  using Left = typename Types::Left;
  using Right = typename Types::Right;

 public:
  JoinLoader(PaneMap<Pane>& panes, JoinEmission<Types>& emission, Duration lateness,
             ArenaPool& arenas, std::uint32_t subtask, std::uint32_t parallelism)
      : panes_(panes),
        emission_(emission),
        lateness_(lateness),
        arenas_(arenas),
        subtask_(subtask),
        parallelism_(parallelism) {}

  /// Errors: unsupported, when the window, the key or a record is another one; corrupted.
  Result<void> load(Timestamp& watermark, std::string_view bytes) {
    StateReader in(bytes);
    auto header = read_join_header(in, panes_.grid().size);
    if (!header) return header.take_error();
    auto key = Migration<Key>::from(header->key, "the key");
    if (!key) return key.take_error();
    auto left = RecordMigration<Left>::from(header->left, "the left record");
    if (!left) return left.take_error();
    auto right = RecordMigration<Right>::from(header->right, "the right record");
    if (!right) return right.take_error();
    // Subtasks whose inputs fell idle at other moments may have had other watermarks: what is open
    // by one of them may have fired by another.
    const Timestamp then{Duration(header->watermark)};
    if (then > watermark) {
      watermark = then;
      panes_.set_fired(watermark);
      for (auto& [start, pane] : panes_.open())
        if (panes_.fired(start)) owe_all(start, pane);
    }
    return load_windows(in, {*key, *left, *right});
  }
  /// Do the keys have other bytes now, and so other groups?
  static bool regroups(Duration window_size, std::string_view bytes) {
    StateReader in(bytes);
    const auto header = read_join_header(in, window_size);
    return header && header->key != schema_of<Key>();
  }

 private:
  struct Written {
    Migration<Key>& key;
    RecordMigration<Left>& left;
    RecordMigration<Right>& right;
  };

  /// The keys of a window that has fired, but without them.
  void owe_all(Timestamp start, Pane& pane) {
    for (typename Types::Table::Cursor cursor; !cursor.ended;)
      for (std::size_t i = 0, n = pane.table.read(cursor, entries_, 0); i < n; ++i)
        if (entries_[i].value().fires == 0) emission_.correct(start, pane, entries_[i]);
  }
  Result<void> load_windows(StateReader& in, Written written) {
    Pane* pane = nullptr;
    Timestamp start;
    while (!in.empty()) {
      std::uint8_t tag = 0;
      if (auto done = Codec<std::uint8_t>::read(in, tag); !done) return done;
      if (tag == join_key_tag && pane) {
        if (auto done = load_key(in, written, start, *pane); !done) return done;
      } else if (tag == join_window_tag) {
        std::int64_t at = 0;
        if (auto done = Codec<std::int64_t>::read(in, at); !done) return done;
        start = Timestamp(Duration(at));
        if (at % panes_.grid().size.count() != 0 || !panes_.grid().fits_pane(start, lateness_))
          return in.corrupted("a window begins off its grid");
        pane = &panes_.at(start);
      } else {
        return in.corrupted("neither a window nor a key is where one should be");
      }
      panes_.charge(*pane);
    }
    return {};
  }
  /// Keys that have become one, since a field that told them apart is gone, have the records of
  /// both.
  Result<void> load_key(StateReader& in, Written written, Timestamp start, Pane& pane) {
    Key key{};
    std::uint32_t fires = 0;
    if (auto done = written.key.read(in, key); !done) return done;
    if (auto done = Codec<std::uint32_t>::read(in, fires); !done) return done;
    const auto looked = Keys::looked(key, room_);
    if (written.key.needed() && subtask_of_group(Keys::group(looked), parallelism_) != subtask_) {
      RecordList none;
      if (auto done = load_records<Left>(in, written.left, nullptr, none); !done) return done;
      return load_records<Right>(in, written.right, nullptr, none);
    }
    const auto slot = pane.table.upsert_small(pane.table.hash(looked), looked);
    if (!slot.fresh && !written.key.needed()) return in.corrupted("a key is in a window twice");
    const bool other = fires == 0 || !slot.fresh;
    slot.value.fires = std::max(slot.value.fires, fires);
    if (auto done = load_records(in, written.left, &pane.left, slot.value.left); !done) return done;
    if (auto done = load_records(in, written.right, &pane.right, slot.value.right); !done)
      return done;
    if (other && panes_.fired(start))
      emission_.correct(start, pane, pane.table.entry(pane.table.hash(looked), looked));
    return {};
  }
  template <class T>
  Result<void> load_records(StateReader& in, RecordMigration<T>& written, RecordStore<T>* store,
                            RecordList& list) {
    std::uint32_t n = 0;
    if (auto done = Codec<std::uint32_t>::read(in, n); !done) return done;
    for (std::uint32_t i = 0; i < n; ++i) {
      T record{};
      if (auto done = written.read(in, record); !done) return done;
      if (!store) continue;
      store->copy(record, arenas_);
      store->add(list);
    }
    return {};
  }

  PaneMap<Pane>& panes_;
  JoinEmission<Types>& emission_;
  Duration lateness_;
  std::vector<typename Types::Table::Entry> entries_;
  ArenaPool& arenas_;
  std::uint32_t subtask_;
  std::uint32_t parallelism_;
  std::string room_;
};

}  // namespace millrace::detail
