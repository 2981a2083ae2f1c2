// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "millrace/core/batch.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/core/texts.hpp"

namespace millrace {

/// Lets a batch that has to wait go of arenas that it hardly uses: after a filter that keeps one
/// record in a hundred, say. Its texts are copied into small arenas when they are less than a
/// quarter of what they pin. A type that may borrow bytes beside its Text fields, since it is not
/// described or not whole, stays as it is.
/// Threads: one strand. Cost: a look at the texts until there are enough of them; no allocation
/// after warm-up.
class Keeper {
 public:
  Keeper() { writer_.collect_left_arenas(left_); }
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Contract: the batch owns its values.
  template <class T>
  void compact(Batch<T>& batch) {
    using Texts = detail::TextsOf<T>;
    if constexpr (Texts::known) {
      const std::size_t pinned = batch.arena_bytes();
      if (pinned == 0) return;
      if constexpr (Texts::any) {
        if (!mostly_unused(batch, pinned)) return;
        T* const values = batch.writable();
        for (std::uint32_t i = 0; i < batch.size(); ++i)
          Texts::each(values[i], [&](Text& text) {
            if (!text.empty()) text = writer_.copy(text);
          });
        left_.push_back(writer_.arena());
      }
      batch.hold_only(left_);
      left_.clear();
    }
  }

 private:
  static constexpr std::uint32_t arena_size = 4096;
  template <class T>
  static bool mostly_unused(const Batch<T>& batch, std::size_t pinned) {
    std::size_t used = 0;
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      detail::TextsOf<T>::each(batch[i], [&](const Text& text) { used += text.size(); });
      if (4 * used >= pinned) return false;
    }
    return true;
  }

  ArenaPool pool_{arena_size};
  TextWriter writer_{pool_};
  std::vector<ArenaRef> left_;
};

}  // namespace millrace
