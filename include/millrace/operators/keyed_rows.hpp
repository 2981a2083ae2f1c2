// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/graph/barrier.hpp"
#include "millrace/graph/budget.hpp"
#include "millrace/operators/keyed_cells.hpp"
#include "millrace/operators/keyed_fields.hpp"
#include "millrace/operators/keyed_freeze.hpp"
#include "millrace/operators/keyed_store.hpp"
#include "millrace/state/hash.hpp"
#include "millrace/state/migration.hpp"
#include "millrace/state/row_table.hpp"

namespace millrace::detail {

/// The keyed state of one subtask: a row a key with a cell for each handle of the operator. For
/// each record the handles are set to its key's row; what a record that fails has changed is
/// undone. With a store the table is a cache of it: who asks for a row has fetched it before.
/// Keys: RecordKeys. Handles: std::tuple<H&...>, as states() gives it.
template <class Keys, class Handles>
class KeyedRows;

template <class Keys, class... H>
class KeyedRows<Keys, std::tuple<H&...>> {
 public:
  using Looked = typename Keys::Looked;
  using Key = typename Keys::Key;
  struct Row {
    std::tuple<typename H::Cell...> cells;
    bool empty() const {
      return std::apply([](const auto&... cell) { return (cell.empty() && ...); }, cells);
    }
  };
  using Table = RowTable<Looked, Row>;
  using Node = typename Table::Node;
  using hash_type = typename Table::hash_type;
  static constexpr bool has_timers = ((H::kind == StateKind::timers) || ...);

  /// Who it is of: a subtask is asked to take what is its own.
  struct Owner {
    std::uint32_t subtask = 0;
    std::uint32_t parallelism = 1;
  };
  /// `store`: null to keep all rows in memory.
  KeyedRows(std::tuple<H&...> handles, StateBudget& budget, Owner owner,
            std::unique_ptr<RowStore> store)
      : handles_(handles), fields_(fields_of(handles)), budget_(budget), owner_(owner) {
    context_.timers = &timers_;
    if (store) keep_in(std::move(store));
    for_each_handle([&](auto& h, auto) { h.bind(context_); });
  }
  KeyedRows(const KeyedRows&) = delete;
  KeyedRows& operator=(const KeyedRows&) = delete;
  ~KeyedRows() { budget_.release(charged_); }

  StateContext& context() { return context_; }
  TimerQueues& timers() { return timers_; }
  Table& table() { return table_; }
  bool expires() const {
    for (const StateField& field : fields_)
      if (field.stamped) return true;
    return false;
  }

  /// A key to look up.
  struct Wanted {
    Looked key{};
    hash_type hash = 0;
    bool good = false;  ///< it is one
  };
  static Wanted wanted(Looked key) { return {key, Table::hash(key), true}; }
  /// Brings the rows of keys into memory that only the store has.
  void fetch(const Wanted* keys, std::size_t n);
  /// Takes rows out of memory, when there are too many, that the store has from then on.
  void make_room();
  /// Null when all rows are in memory.
  KeyedStore* stored() { return stored_.get(); }

  /// Runs f() with the handles set to the row of a key. Errors: what f throws; the state is as it
  /// was then.
  template <class F>
  [[gnu::always_inline]] void with(hash_type h, Looked key, Timestamp time, F&& f) {
    Node* const node = table_.find(h, key);
    if (node) before_change(node->number());
    run(node ? node->row : scratch_, time, f);
    if (std::apply([](const auto&... handle) { return (handle.changed() || ...); }, handles_))
      commit(node ? *node : adopt(h, key));
    leave();
  }
  /// The same as a timer fires, which is gone from then on.
  template <class F>
  void with_timer(Node& node, TimeDomain domain, Timestamp t, F&& f) {
    before_change(node.number());
    TimerList& timers = timers_of(node);
    const std::size_t before = timers.heap_bytes();
    timers.remove(domain, t);
    context_.heap_bytes += static_cast<std::int64_t>(timers.heap_bytes() - before);
    run(node.row, domain == TimeDomain::event && t != end_of_time ? t : start_of_time, f);
    commit(node);
    leave();
  }

  /// Looks for expired entries in some rows, going around.
  void sweep(std::size_t rows);
  /// Accounts for what has changed; false when the state budget is passed.
  bool charge() {
    const std::size_t bytes = table_.bytes() + timers_.bytes() + sizeof scratch_ +
                              static_cast<std::size_t>(context_.heap_bytes) +
                              (stored_ ? stored_->bytes() : 0);
    if (bytes == charged_) [[likely]]
      return true;
    bool within = true;
    if (bytes > charged_)
      within = budget_.add(bytes - charged_);
    else
      budget_.release(charged_ - bytes);
    charged_ = bytes;
    return within;
  }
  std::size_t charged() const { return charged_; }
  void clean_timers() {
    if constexpr (has_timers)
      for (const TimeDomain domain : {TimeDomain::event, TimeDomain::processing})
        timers_.of(domain).clean([&](const TimerQueue::Entry& entry) {
          return timers_of(table_.node(entry.row)).contains(domain, entry.time);
        });
  }
  static TimerList& timers_of(Node& node) { return std::get<TimerList>(node.row.cells); }

  /// All of it as it is now, an item for each key group that has keys.
  std::unique_ptr<FrozenState> freeze();
  /// Takes back one item. Errors: corrupted, unsupported, conflict.
  Result<void> load(std::string_view bytes);
  /// Do the item's keys have other bytes now, and so other groups?
  static bool regroups(std::string_view bytes) {
    StateReader in(bytes);
    const auto header = read_header(in);
    return header && header->key != schema_of<Key>();
  }
  std::string schema() const {
    std::string text = "keyed{key:" + schema_of<Key>();
    for (const StateField& field : fields_)
      text += "," + field.name + ":" + std::string(to_string(field.kind)) +
              (field.schema.empty() ? "" : "<" + field.schema + ">");
    return text + "}";
  }

 private:
  template <class F>
  [[gnu::always_inline]] void for_each_handle(F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (f(std::get<I>(handles_), std::integral_constant<std::size_t, I>()), ...);
    }(std::index_sequence_for<H...>());
  }
  struct WriteRow {
    std::vector<StateField> fields;
    std::uint32_t operator()(std::string& out, const Node& node) const {
      Keys::write(out, node.key());
      write_cells(out, node.row.cells, fields);
      return Keys::group(node.key());
    }
  };
  using Frozen = FrozenRows<typename Table::Blocks, WriteRow>;
  /// What a barrier has been given and is not written down yet needs the row as it is.
  void before_change(std::uint32_t number) {
    if (!frozen_) [[likely]]
      return;
    if (frozen_->over())
      frozen_.reset();
    else
      frozen_->before_change(number / Table::block_rows);
  }
  template <class F>
  [[gnu::always_inline]] void run(Row& row, Timestamp time, F& f) {
    context_.time = time;
    for_each_handle([&](auto& handle, auto i) { handle.at(&std::get<i>(row.cells)); });
    try {
      f();
    } catch (...) {
      for_each_handle([](auto& handle, auto) { handle.undo(); });
      leave();
      throw;
    }
  }
  bool expire(Row& row) {
    bool some = false;
    for_each_handle([&](auto& handle, auto i) {
      if constexpr (requires { handle.expire(std::get<i>(row.cells)); })
        some |= handle.expire(std::get<i>(row.cells));
    });
    return some;
  }
  void leave() {
    for_each_handle([](auto& handle, auto) { handle.at(nullptr); });
  }
  /// A row for a key that had none.
  Node& adopt(hash_type h, Looked key) {
    before_change(table_.next_number());
    Node& node = table_.insert(h, key);
    std::swap(node.row, scratch_);
    return node;
  }
  /// Timers are only asked for as yet.
  void commit(Node& node) {
    for_each_handle([&](auto& handle, auto i) {
      if (handle.changed()) handle.commit(std::get<i>(node.row.cells), node.number());
    });
    if (stored_) [[unlikely]]
      note_change(node);
    if (node.row.empty()) forget(node);
  }
  void forget(Node& node) {
    if (stored_ && stored_->gone(node.number())) stored_->rows().erase(place_of(node.key()));
    drop(node);
  }
  void drop(Node& node) {
    context_.heap_bytes -= heap_bytes_of(node.row);  // empty as it is, it may have room for more
    table_.erase(node);
  }
  static std::int64_t heap_bytes_of(const Row& row) {
    return std::apply(
        [](const auto&... cell) { return static_cast<std::int64_t>((cell.heap_bytes() + ...)); },
        row.cells);
  }
  std::string header(std::optional<std::int64_t> watermark) const {
    std::string bytes;
    write_header(bytes, {watermark, schema_of<Key>(), fields_});
    return bytes;
  }
  struct Written {
    Migration<Key> key;
    CellReader<H...> cells;
  };
  Result<void> load_row(StateReader& in, Written& written, const std::string& key_schema);
  void adopt_row(Node& node);

  // With a store.
  void keep_in(std::unique_ptr<RowStore> store);
  const std::string& place_of(Looked key);
  void note_change(Node& node);
  void write_changed(const Node& node);
  void take_stored(const Wanted& at, std::string_view cells);
  void sweep_stored(std::size_t rows);
  void sweep_row(std::string_view place, std::string_view cells);

  std::tuple<H&...> handles_;
  std::vector<StateField> fields_;
  StateBudget& budget_;
  Owner owner_;
  StateContext context_;
  TimerQueues timers_;
  Table table_;
  Row scratch_;  ///< of a key that has none, until it turns out to need one
  std::shared_ptr<Frozen> frozen_;
  std::size_t charged_ = 0;
  std::uint32_t swept_ = 0;
  std::string room_;

  // With a store.
  struct Missing {
    std::uint32_t index;  ///< among the keys
    std::uint32_t size;   ///< of its place's bytes
  };
  std::unique_ptr<KeyedStore> stored_;
  std::optional<CellReader<H...>> stored_cells_;
  std::string place_;
  std::string cells_;
  std::vector<Missing> missing_;
  std::vector<std::string_view> places_;
  std::string swept_place_;
  std::size_t not_swept_ = 0;
};

template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::sweep(std::size_t rows) {
  if (!expires()) return;
  context_.time = start_of_time;
  if (stored_) sweep_stored(rows);
  if (table_.size() == 0) return;
  if (frozen_ && !frozen_->over()) return;  // it would have to write down what it only looks at
  for (rows = std::min<std::size_t>(rows, table_.numbers()); rows > 0; --rows) {
    if (swept_ >= table_.numbers()) swept_ = 0;
    Node& node = table_.node(swept_++);
    if (!node.used()) continue;
    const bool some = expire(node.row);
    if (some && stored_) stored_->change(node.number());
    if (some && node.row.empty()) forget(node);
  }
}

template <class Keys, class... H>
std::unique_ptr<FrozenState> KeyedRows<Keys, std::tuple<H&...>>::freeze() {
  StateItem common{.bytes = header(context_.watermark.time_since_epoch().count())};
  if (stored_) {
    stored_->each([&](std::uint32_t number) { write_changed(table_.node(number)); });
    stored_->rows().write();
    return freeze_store(
        stored_->rows(), std::move(common), header(std::nullopt),
        [](std::string& out, std::string_view key) { Keys::write(out, stored_key<Looked>(key)); });
  }
  // A checkpoint that has begun while the one before is still being written down.
  if (frozen_ && !frozen_->over())
    for (std::size_t block = 0; block < table_.blocks().size(); ++block)
      frozen_->before_change(block);
  frozen_ = std::make_shared<Frozen>(table_.blocks(), std::move(common), header(std::nullopt),
                                     WriteRow{fields_});
  return std::make_unique<FrozenRowsHandle<Frozen>>(frozen_);
}

template <class Keys, class... H>
Result<void> KeyedRows<Keys, std::tuple<H&...>>::load(std::string_view bytes) {
  StateReader in(bytes);
  auto header = read_header(in);
  if (!header) return header.take_error();
  auto key = Migration<Key>::from(header->key, "the key");
  if (!key) return key.take_error();
  auto cells = CellReader<H...>::from(*header, handles_, fields_);
  if (!cells) return cells.take_error();
  Written written{std::move(*key), std::move(*cells)};
  if (header->watermark)
    context_.watermark = std::max(context_.watermark, Timestamp(Duration(*header->watermark)));
  context_.time = start_of_time;
  constexpr std::uint32_t rows_at_once = 256;
  for (std::uint32_t n = 1; !in.empty(); ++n) {
    if (auto done = load_row(in, written, header->key); !done) return done;
    if (n % rows_at_once == 0) make_room();
  }
  make_room();
  return {};
}

/// A row: its key and its cells.
template <class Keys, class... H>
Result<void> KeyedRows<Keys, std::tuple<H&...>>::load_row(StateReader& in, Written& written,
                                                          const std::string& key_schema) {
  Key key{};
  Row row;
  if (auto done = written.key.read(in, key); !done) return done;
  if (auto done = written.cells.read(in, row.cells); !done) return done;
  const Wanted at = wanted(Keys::looked(key, room_));
  if (written.key.needed()) {
    if (subtask_of_group(Keys::group(at.key), owner_.parallelism) != owner_.subtask) return {};
    fetch(&at, 1);
  }
  if (table_.find(at.hash, at.key))
    return written.key.needed() ? merged_rows(key_schema, schema_of<Key>())
                                : in.corrupted("a key comes twice");
  Node& node = table_.insert(at.hash, at.key);
  node.row = std::move(row);
  adopt_row(node);
  return {};
}

/// Accounts for a row that was loaded, and queues its timers.
template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::adopt_row(Node& node) {
  context_.heap_bytes += heap_bytes_of(node.row);
  if constexpr (has_timers)
    timers_of(node).each(
        [&](TimeDomain domain, Timestamp t) { timers_.add(domain, t, node.number()); });
  if (stored_) note_change(node);
}

}  // namespace millrace::detail

#include "millrace/operators/keyed_rows_store.hpp"
