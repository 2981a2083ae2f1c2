// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/graph/barrier.hpp"
#include "millrace/graph/budget.hpp"
#include "millrace/operators/keyed_fields.hpp"
#include "millrace/operators/keyed_freeze.hpp"
#include "millrace/state/hash.hpp"
#include "millrace/state/migration.hpp"
#include "millrace/state/row_table.hpp"

namespace millrace::detail {

/// The keyed state of one subtask: a row a key with a cell for each handle of the operator. For
/// each record the handles are set to its key's row; what a record that fails has changed is
/// undone. Keys: RecordKeys. Handles: std::tuple<H&...>, as states() gives it.
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
  KeyedRows(std::tuple<H&...> handles, StateBudget& budget, Owner owner)
      : handles_(handles), fields_(fields_of(handles)), budget_(budget), owner_(owner) {
    context_.timers = &timers_;
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
                              static_cast<std::size_t>(context_.heap_bytes);
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
  std::unique_ptr<FrozenState> freeze() const;
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
    std::uint32_t operator()(std::string& out, const Node& node) const;
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
    if (node.row.empty()) forget(node);
  }
  void forget(Node& node) {
    // Empty as it is, it may have room for more.
    std::apply(
        [&](const auto&... cell) {
          context_.heap_bytes -= static_cast<std::int64_t>((cell.heap_bytes() + ...));
        },
        node.row.cells);
    table_.erase(node);
  }
  void write_row(std::string& out, const Node& node) const;
  /// How the cells of a piece are read; of timers there is nothing to know.
  template <class Handle>
  struct ReaderOf {
    using type = Migration<typename Handle::kept_type>;
  };
  template <class Handle>
  requires(Handle::kind == StateKind::timers)
  struct ReaderOf<Handle> {
    using type = char;
  };
  struct Written {
    const KeyedHeader& header;
    std::vector<std::size_t> numbers;  ///< of the saved fields among one's own
    Migration<Key> key;
    std::tuple<std::optional<typename ReaderOf<H>::type>...> readers;
  };
  Result<void> make_readers(Written& written);
  Result<void> load_row(StateReader& in, Written& written);
  Result<void> load_cell(StateReader& in, Written& written, std::size_t field, Row& row);
  void adopt_row(Node& node);

  std::tuple<H&...> handles_;
  std::vector<StateField> fields_;
  StateBudget& budget_;
  Owner owner_;
  StateContext context_;
  TimerQueues timers_;
  Table table_;
  Row scratch_;  ///< of a key that has none, until it turns out to need one
  mutable std::shared_ptr<Frozen> frozen_;
  std::size_t charged_ = 0;
  std::uint32_t swept_ = 0;
  std::string room_;
};

template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::sweep(std::size_t rows) {
  if (!expires() || table_.size() == 0) return;
  if (frozen_ && !frozen_->over()) return;  // it would have to write down what it only looks at
  context_.time = start_of_time;
  for (rows = std::min<std::size_t>(rows, table_.numbers()); rows > 0; --rows) {
    if (swept_ >= table_.numbers()) swept_ = 0;
    Node& node = table_.node(swept_++);
    if (!node.used()) continue;
    bool some = false;
    for_each_handle([&](auto& handle, auto i) {
      if constexpr (requires { handle.expire(std::get<i>(node.row.cells)); })
        some |= handle.expire(std::get<i>(node.row.cells));
    });
    if (some && node.row.empty()) forget(node);
  }
}

template <class Keys, class... H>
std::unique_ptr<FrozenState> KeyedRows<Keys, std::tuple<H&...>>::freeze() const {
  // A checkpoint that has begun while the one before is still being written down.
  if (frozen_ && !frozen_->over())
    for (std::size_t block = 0; block < table_.blocks().size(); ++block)
      frozen_->before_change(block);
  StateItem common;
  write_header(common.bytes,
               {context_.watermark.time_since_epoch().count(), schema_of<Key>(), fields_});
  std::string header;
  write_header(header, {std::nullopt, schema_of<Key>(), fields_});
  frozen_ = std::make_shared<Frozen>(table_.blocks(), std::move(common), std::move(header),
                                     WriteRow{fields_});
  return std::make_unique<FrozenRowsHandle<Frozen>>(frozen_);
}

/// A row: its key, how many cells follow, and each with its field's number and its length.
template <class Keys, class... H>
std::uint32_t KeyedRows<Keys, std::tuple<H&...>>::WriteRow::operator()(std::string& out,
                                                                       const Node& node) const {
  Keys::write(out, node.key());
  const std::size_t count_at = out.size();
  out.push_back('\0');
  const auto write_cell = [&](const auto& cell, std::size_t number) {
    if (cell.empty()) return;
    ++out[count_at];
    out.push_back(static_cast<char>(number));
    const std::size_t length_at = out.size();
    out.append(sizeof(std::uint32_t), '\0');
    cell.write(out, fields[number].stamped);
    std::string length;
    write_int(length, static_cast<std::uint32_t>(out.size() - length_at - sizeof(std::uint32_t)));
    out.replace(length_at, length.size(), length);
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (write_cell(std::get<I>(node.row.cells), I), ...);
  }(std::index_sequence_for<H...>());
  return Keys::group(node.key());
}

template <class Keys, class... H>
Result<void> KeyedRows<Keys, std::tuple<H&...>>::load(std::string_view bytes) {
  StateReader in(bytes);
  auto header = read_header(in);
  if (!header) return header.take_error();
  auto key = Migration<Key>::from(header->key, "the key");
  if (!key) return key.take_error();
  auto numbers = match_fields(*header, fields_);
  if (!numbers) return numbers.take_error();
  Written written{*header, std::move(*numbers), std::move(*key), {}};
  if (auto done = make_readers(written); !done) return done;
  if (header->watermark)
    context_.watermark = std::max(context_.watermark, Timestamp(Duration(*header->watermark)));
  context_.time = start_of_time;
  while (!in.empty())
    if (auto done = load_row(in, written); !done) return done;
  return {};
}

template <class Keys, class... H>
Result<void> KeyedRows<Keys, std::tuple<H&...>>::make_readers(Written& written) {
  Result<void> done;
  for (std::size_t i = 0; i < written.numbers.size() && done; ++i)
    for_each_handle([&]<class Handle>(Handle&, auto number) {
      if (number != written.numbers[i]) return;
      if constexpr (Handle::kind != StateKind::timers) {
        const StateField& field = written.header.fields[i];
        auto reader = ReaderOf<Handle>::type::from(field.schema, text_of(field));
        if (reader)
          std::get<number>(written.readers).emplace(std::move(*reader));
        else
          done = reader.take_error();
      }
    });
  return done;
}

template <class Keys, class... H>
Result<void> KeyedRows<Keys, std::tuple<H&...>>::load_row(StateReader& in, Written& written) {
  Key key{};
  std::uint8_t cells = 0;
  if (auto done = written.key.read(in, key); !done) return done;
  if (auto done = Codec<std::uint8_t>::read(in, cells); !done) return done;
  if (cells == 0) return in.corrupted("a key has nothing");
  Row row;
  for (unsigned i = 0; i < cells; ++i) {
    std::uint8_t field = 0;
    std::uint32_t length = 0;
    if (auto done = Codec<bool>::read_each(in, field, length); !done) return done;
    auto bytes = in.take(length);
    if (!bytes) return bytes.take_error();
    if (field >= written.numbers.size())
      return in.corrupted("a key has a state that is not declared");
    StateReader cell(*bytes);
    if (auto done = load_cell(cell, written, field, row); !done) return done;
    if (!cell.empty()) return in.corrupted("a state is longer than what it holds");
  }
  const Looked looked = Keys::looked(key, room_);
  if (written.key.needed() &&
      subtask_of_group(Keys::group(looked), owner_.parallelism) != owner_.subtask)
    return {};
  const hash_type h = Table::hash(looked);
  if (table_.find(h, looked))
    return written.key.needed() ? merged_rows(written.header.key, schema_of<Key>())
                                : in.corrupted("a key comes twice");
  Node& node = table_.insert(h, looked);
  node.row = std::move(row);
  adopt_row(node);
  return {};
}

template <class Keys, class... H>
Result<void> KeyedRows<Keys, std::tuple<H&...>>::load_cell(StateReader& in, Written& written,
                                                           std::size_t field, Row& row) {
  const StateField& saved = written.header.fields[field];
  Result<void> done;
  for_each_handle([&]<class Handle>(Handle& handle, auto number) {
    if (number != written.numbers[field]) return;
    auto& cell = std::get<number>(row.cells);
    if (!cell.empty()) {
      done = in.corrupted("a key has the same state twice");
    } else if constexpr (Handle::kind == StateKind::timers) {
      done = cell.read(in);
    } else {
      done = cell.read(in, saved.stamped, *std::get<number>(written.readers));
      if (saved.stamped != fields_[number].stamped || saved.time != fields_[number].time)
        handle.stamp_anew(cell);
    }
  });
  return done;
}

/// Accounts for a row that was loaded, and queues its timers.
template <class Keys, class... H>
void KeyedRows<Keys, std::tuple<H&...>>::adopt_row(Node& node) {
  std::apply(
      [&](const auto&... cell) {
        context_.heap_bytes += static_cast<std::int64_t>((cell.heap_bytes() + ...));
      },
      node.row.cells);
  if constexpr (has_timers)
    timers_of(node).each(
        [&](TimeDomain domain, Timestamp t) { timers_.add(domain, t, node.number()); });
}

}  // namespace millrace::detail
