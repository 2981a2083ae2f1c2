// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string_view>
#include <utility>

#include "millrace/core/texts.hpp"
#include "millrace/core/window.hpp"
#include "millrace/graph/emitter.hpp"

namespace millrace {

/// Takes what a join makes of a key's records in a window. Their event time is the window's last
/// microsecond. Lifetime: of the call that it is given to.
template <class K, class U>
class WindowEmitter {
 public:
  explicit WindowEmitter(Emitter<Windowed<K, U>>& to) : to_(to) {}

  const K& key() const { return key_; }
  TimeWindow window() const { return window_; }
  /// Passes a value on. Its texts are copied: they may be those of the records.
  void emit(U value) {
    Windowed<K, U>& out = to_.slot();
    out.key = key_;
    out.window = window_;
    out.value = std::move(value);
    out.fire = fire_;
    using Texts = detail::TextsOf<U>;
    if constexpr (Texts::any) {
      Texts::each(out.value, [&](Text& text) {
        if (!text.empty()) text = to_.writer().copy(text);
      });
      to_.hold_writer();
    }
    to_.commit_at(window_.end - Duration(1));
  }
  /// Bytes that live as long as the value emitted next.
  Text text(std::string_view bytes) { return to_.text(bytes); }

  // For steps: the key of what is emitted next, to be written, and the rest of it.
  K& next_key() { return key_; }
  void begin(TimeWindow window, std::uint32_t fire) { window_ = window, fire_ = fire; }

 private:
  Emitter<Windowed<K, U>>& to_;
  K key_{};
  TimeWindow window_;
  std::uint32_t fire_ = 1;
};

}  // namespace millrace
