// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/format.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/emitter.hpp"
#include "millrace/graph/rejects.hpp"

namespace millrace::detail {

/// A decoder that wants to know from when on and how long the bytes of its inputs stay where they
/// are: what it saw of them in one batch it need not look at again.
template <class D>
concept BatchAware = requires(D& d) {
  d.begin_batch();
  d.end_batch();
};

/// Turns bytes into values in place; what does not decode becomes a dead letter with its bytes.
template <class In, class D>
class DecodeStep final : public GuardedLink<In, typename D::output_type> {
 public:
  using U = typename D::output_type;
  DecodeStep(const StepContext& context, D decoder, OnError policy)
      : GuardedLink<In, U>(context, policy),
        decoder_(std::move(decoder)),
        emitter_(*this, this->out_) {}

  void push(Batch<In>& in) override {
    this->counters().in.add(in.size());
    emitter_.begin(in);
    if constexpr (BatchAware<D>) decoder_.begin_batch();
    this->guarded(
        0, in.size(), [&](std::uint32_t i) { decode(in, i); },
        [&](std::uint32_t i) {
          emitter_.writer().discard();
          return bytes_for_dead_letter(in[i]);
        });
    if constexpr (BatchAware<D>) decoder_.end_batch();
    emitter_.end();
    this->rejects_.flush();
  }

 private:
  void decode(Batch<In>& in, std::uint32_t i) {
    TextWriter& text = emitter_.writer();
    const Arena* before = text.arena().get();
    Result<Decoded> decoded = decoder_.decode(in[i], emitter_.slot(), text);
    if (text.arena().get() != before) emitter_.hold_writer();
    if (!decoded) [[unlikely]] {
      text.discard();
      return this->rejects_.reject(decoded.error(), bytes_for_dead_letter(in[i]));
    }
    if (*decoded == Decoded::value) emitter_.commit(in.time(i));
  }

  D decoder_;
  Emitter<U> emitter_;
};

}  // namespace millrace::detail
