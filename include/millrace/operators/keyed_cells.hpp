// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/operators/keyed_fields.hpp"
#include "millrace/state/migration.hpp"

namespace millrace::detail {

/// What a row keeps: how many cells follow, and each with its field's number and its length.
template <class... Cell>
void write_cells(std::string& out, const std::tuple<Cell...>& cells,
                 const std::vector<StateField>& fields) {
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
    (write_cell(std::get<I>(cells), I), ...);
  }(std::index_sequence_for<Cell...>());
}

/// Reads cells that were written with certain fields, of this program or an older one.
/// H: the handles. Threads: one.
template <class... H>
class CellReader {
 public:
  using Cells = std::tuple<typename H::Cell...>;

  /// Errors: conflict, unsupported, corrupted: as match_fields() and Migration::from().
  static Result<CellReader> from(const KeyedHeader& saved, const std::tuple<H&...>& handles,
                                 const std::vector<StateField>& mine) {
    auto numbers = match_fields(saved, mine);
    if (!numbers) return numbers.take_error();
    CellReader reader(saved.fields, std::move(*numbers), handles, mine);
    if (auto done = reader.make_readers(); !done) return done.take_error();
    return reader;
  }

  /// Errors: corrupted.
  Result<void> read(StateReader& in, Cells& cells) {
    std::uint8_t count = 0;
    if (auto done = Codec<std::uint8_t>::read(in, count); !done) return done;
    if (count == 0) return in.corrupted("a key has nothing");
    for (unsigned i = 0; i < count; ++i) {
      std::uint8_t field = 0;
      std::uint32_t length = 0;
      if (auto done = Codec<bool>::read_each(in, field, length); !done) return done;
      auto bytes = in.take(length);
      if (!bytes) return bytes.take_error();
      if (field >= numbers_.size()) return in.corrupted("a key has a state that is not declared");
      StateReader cell(*bytes);
      if (auto done = read_cell(cell, field, cells); !done) return done;
      if (!cell.empty()) return in.corrupted("a state is longer than what it holds");
    }
    return {};
  }

 private:
  /// How the cells of a field are read; of timers there is nothing to know.
  template <class Handle>
  struct ReaderOf {
    using type = Migration<typename Handle::kept_type>;
  };
  template <class Handle>
  requires(Handle::kind == StateKind::timers)
  struct ReaderOf<Handle> {
    using type = char;
  };

  CellReader(std::vector<StateField> saved, std::vector<std::size_t> numbers,
             const std::tuple<H&...>& handles, const std::vector<StateField>& mine)
      : saved_(std::move(saved)), numbers_(std::move(numbers)), handles_(handles), mine_(&mine) {}
  template <class F>
  void for_each_handle(F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (f(std::get<I>(handles_), std::integral_constant<std::size_t, I>()), ...);
    }(std::index_sequence_for<H...>());
  }
  Result<void> make_readers() {
    Result<void> done;
    for (std::size_t i = 0; i < numbers_.size() && done; ++i)
      for_each_handle([&]<class Handle>(Handle&, auto number) {
        if (number != numbers_[i]) return;
        if constexpr (Handle::kind != StateKind::timers) {
          auto reader = ReaderOf<Handle>::type::from(saved_[i].schema, text_of(saved_[i]));
          if (reader)
            std::get<number>(readers_).emplace(std::move(*reader));
          else
            done = reader.take_error();
        }
      });
    return done;
  }
  Result<void> read_cell(StateReader& in, std::size_t field, Cells& cells) {
    const StateField& saved = saved_[field];
    Result<void> done;
    for_each_handle([&]<class Handle>(Handle& handle, auto number) {
      if (number != numbers_[field]) return;
      auto& cell = std::get<number>(cells);
      if (!cell.empty()) {
        done = in.corrupted("a key has the same state twice");
      } else if constexpr (Handle::kind == StateKind::timers) {
        done = cell.read(in);
      } else {
        done = cell.read(in, saved.stamped, *std::get<number>(readers_));
        const StateField& mine = (*mine_)[number];
        if (saved.stamped != mine.stamped || saved.time != mine.time) handle.stamp_anew(cell);
      }
    });
    return done;
  }

  std::vector<StateField> saved_;
  std::vector<std::size_t> numbers_;  ///< of the saved fields among one's own
  std::tuple<H&...> handles_;
  const std::vector<StateField>* mine_;
  std::tuple<std::optional<typename ReaderOf<H>::type>...> readers_;
};

}  // namespace millrace::detail
