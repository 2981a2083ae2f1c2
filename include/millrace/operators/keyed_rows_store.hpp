// SPDX-License-Identifier: BSL-1.0
#pragma once
// How KeyedRows is a cache of a store.
#include "millrace/operators/keyed_rows.hpp"

namespace millrace::detail {

template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::keep_in(std::unique_ptr<RowStore> store) {
  stored_ = std::make_unique<KeyedStore>(std::move(store));
  timers_.changes = &stored_->timer_changes();
  stored_cells_.emplace(
      CellReader<H...>::from({std::nullopt, schema_of<Key>(), fields_}, handles_, fields_).value());
}

/// The key that a row has in the store. Lifetime: until the next call.
template <class Keys, class... H>
const std::string& KeyedRows<Keys, std::tuple<H&...>>::place_of(Looked key) {
  place_.assign(1, static_cast<char>(Keys::group(key)));
  append_stored_key(place_, key);
  return place_;
}

template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::note_change(Node& node) {
  stored_->change(node.number());
  auto& changes = stored_->timer_changes();
  if (changes.empty()) return;
  room_.clear();
  append_stored_key(room_, node.key());
  for (const TimerQueues::Change& change : changes)
    if (change.set)
      stored_->timers().add(change.domain, change.time, room_);
    else
      stored_->timers().remove(change.domain, change.time, room_);
  changes.clear();
}

template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::write_changed(const Node& node) {
  if (!stored_->take_changed(node.number())) return;
  cells_.clear();
  write_cells(cells_, node.row.cells, fields_);
  stored_->rows().put(place_of(node.key()), cells_);
}

/// Writes down what waits for it, and takes rows out of the table while they hold too much.
template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::make_room() {
  if (!stored_) return;
  const auto held = [&] {
    return table_.bytes_in_use() + static_cast<std::size_t>(context_.heap_bytes);
  };
  if (held() > stored_->limit()) {
    const std::size_t enough = stored_->limit() - stored_->limit() / 64;
    while (table_.size() > 0 && held() > enough) {
      Node& node = table_.node(stored_->next_to_go());
      write_changed(node);
      stored_->gone(node.number());
      drop(node);
    }
  }
  stored_->rows().write();
}

template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::fetch(const Wanted* keys, std::size_t n) {
  if (!stored_) return;
  stored_->rows().write();  // what is erased there must not be found
  missing_.clear();
  std::string& bytes = cells_;
  bytes.clear();
  for (std::size_t i = 0; i < n; ++i) {
    if (!keys[i].good) continue;
    if (Node* const node = table_.find(keys[i].hash, keys[i].key)) {
      stored_->touch(node->number());
      continue;
    }
    const std::string& place = place_of(keys[i].key);
    bytes += place;
    missing_.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(place.size())});
  }
  if (missing_.empty()) return;
  places_.clear();
  std::size_t at = 0;
  for (const Missing& each : missing_) {
    places_.push_back(std::string_view(bytes).substr(at, each.size));
    at += each.size;
  }
  struct Taken final : RowStore::Found {
    KeyedRows& rows;
    const Wanted* keys;
    Taken(KeyedRows& into, const Wanted* of) : rows(into), keys(of) {}
    void take(std::size_t number, std::string_view cells) override {
      rows.take_stored(keys[rows.missing_[number].index], cells);
    }
  } taken(*this, keys);
  stored_->rows().get(places_, taken);
}

template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::take_stored(const Wanted& at, std::string_view cells) {
  if (table_.find(at.hash, at.key)) return;  // two records have it
  Row row;
  StateReader in(cells);
  stored_cells_->read(in, row.cells).value();
  Node& node = table_.insert(at.hash, at.key);
  node.row = std::move(row);
  context_.heap_bytes += heap_bytes_of(node.row);
  stored_->fetched(node.number());
}

/// Looks for expired entries in the store, too, going around: at a row for each eight of the table.
template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::sweep_stored(std::size_t rows) {
  constexpr std::size_t at_once = 128;
  not_swept_ += rows;
  if (not_swept_ < 8 * at_once) return;
  rows = std::exchange(not_swept_, 0) / 8;
  struct Sweep final : RowVisitor {
    KeyedRows& of;
    std::size_t left;
    Sweep(KeyedRows& swept, std::size_t n) : of(swept), left(n) {}
    bool row(std::string_view place, std::string_view cells) override {
      of.swept_place_ = place;  // where the next sweep begins
      if (left == 0) return false;
      --left;
      of.sweep_row(place, cells);
      return true;
    }
  } sweep(*this, rows);
  stored_->rows().write();
  const auto end = static_cast<char>(first_timer_byte);
  const std::string from = std::move(swept_place_);
  stored_->rows().scan(from, {&end, 1}, sweep);
  if (sweep.left > 0) swept_place_.clear();
}

/// What is in the table, too, is looked at there.
template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::sweep_row(std::string_view place, std::string_view cells) {
  const Wanted at = wanted(stored_key<Looked>(place.substr(1)));
  if (table_.find(at.hash, at.key)) return;
  Row row;
  StateReader in(cells);
  stored_cells_->read(in, row.cells).value();
  context_.heap_bytes += heap_bytes_of(row);
  const bool some = expire(row);
  context_.heap_bytes -= heap_bytes_of(row);
  if (!some) return;
  if (row.empty()) return stored_->rows().erase(place);
  cells_.clear();
  write_cells(cells_, row.cells, fields_);
  stored_->rows().put(place, cells_);
}

}  // namespace millrace::detail
