// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <charconv>

#include "millrace/core/format.hpp"
#include "millrace/core/invoke.hpp"
#include "millrace/core/message.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/emitter.hpp"
#include "millrace/graph/rejects.hpp"

namespace millrace::detail {

/// For encode() without a partition key.
struct NoKey {
  template <class T>
  Text operator()(const T&) const {
    return {};
  }
};

/// Turns values into messages, written once, straight into the batch's arena.
template <class T, class E, class KeyF>
class EncodeStep final : public GuardedLink<T, Message> {
 public:
  EncodeStep(const StepContext& context, E encoder, KeyF key, OnError policy)
      : GuardedLink<T, Message>(context, policy),
        encoder_(std::move(encoder)),
        key_(std::move(key)),
        emitter_(*this, this->out_) {}

  void push(Batch<T>& in) override {
    this->counters().in.add(in.size());
    emitter_.begin(in);
    this->guarded(
        0, in.size(), [&](std::uint32_t i) { encode(in, i); },
        [&](std::uint32_t i) {
          emitter_.writer().discard();
          return bytes_for_dead_letter(in[i]);
        });
    emitter_.end();
    this->rejects_.flush();
  }

 private:
  void encode(Batch<T>& in, std::uint32_t i) {
    TextWriter& text = emitter_.writer();
    if (Result<void> encoded = encoder_.encode(in[i], text); !encoded) [[unlikely]] {
      text.discard();
      return this->rejects_.reject(encoded.error(), bytes_for_dead_letter(in[i]));
    }
    const Text data = text.finish();
    emitter_.hold_writer();
    Message& message = emitter_.slot();
    message.data = data;
    message.key = key_text(millrace::invoke(key_, in[i]), text);
    emitter_.commit(in.time(i));
  }
  template <class K>
  Text key_text(const K& key, TextWriter& text) {
    if constexpr (std::is_same_v<K, Text>) {
      return key;  // it views what the batch holds already
    } else {
      if constexpr (std::is_integral_v<K>) {
        char* p = text.reserve(24);
        text.advance(std::to_chars(p, p + 24, key).ptr);
      } else {
        text.append(std::string_view(key));
      }
      const Text written = text.finish();
      emitter_.hold_writer();
      return written;
    }
  }

  E encoder_;
  KeyF key_;
  Emitter<Message> emitter_;
};

}  // namespace millrace::detail
