// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/core/export.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/core/sink.hpp"

namespace millrace::detail {

/// Values that bytes_for_dead_letter() can write down.
template <class T>
concept can_be_diverted =
    Described<T> || std::convertible_to<const T&, std::string_view> || requires(const T& value) {
      { original_bytes(value) } -> std::convertible_to<std::string>;
    } || requires(const T& value) {
      { value.data } -> std::convertible_to<std::string_view>;
    };

/// The file of a sink that is diverted: its step's name, escaped, and its subtask.
MILLRACE_EXPORT std::string diverted_path(const std::string& directory, const std::string& step,
                                          std::uint32_t subtask);
/// Appends `value` as one line: a line break in it becomes \\n, a backslash two.
MILLRACE_EXPORT void append_line(std::string& lines, std::string_view value);

/// Lines in a new file. Calls block.
class MILLRACE_EXPORT DivertedFile {
 public:
  explicit DivertedFile(std::string path) : path_(std::move(path)) {}
  /// Errors: already_exists at the first call, so that two runs do not mix; io, out_of_space.
  Result<void> append(Fs& fs, std::string_view lines);
  Result<void> sync(Fs& fs);

 private:
  Result<void> open(Fs& fs);
  std::string path_;
  std::unique_ptr<File> file_;
  std::uint64_t end_ = 0;
};

/// Takes the place of a sink whose pipeline is tried out: a line a record, nothing else happens.
template <class T>
class DivertedSink {
 public:
  explicit DivertedSink(std::string path) : file_(std::move(path)) {}
  Task<> write(const Batch<T>& batch, Context& cx) {
    lines_.clear();
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      append_line(lines_, bytes_for_dead_letter(batch[i]));
    Result<void> done = co_await cx.blocking([&] { return file_.append(cx.env().fs, lines_); });
    done.value();
  }
  Task<> flush(Context& cx) {
    Result<void> done = co_await cx.blocking([&] { return file_.sync(cx.env().fs); });
    done.value();
  }

 private:
  DivertedFile file_;
  std::string lines_;
};

}  // namespace millrace::detail
