// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "millrace/millrace.hpp"

namespace bench {

/// A workload's input several times, one after the other, so that it lasts for some checkpoints.
struct Replay {
  unsigned rounds = 1;
  millrace::Duration span{};  ///< so much later is a round than the one before, in event time
  millrace::PipelineOptions options{};
  /// The round that is being read is so much later than the first. Event times add it: steps run
  /// in the source's call, so it is that of their batch.
  millrace::Duration later{};
};

/// `make` gives the source of one round.
template <class Source>
struct Replayed {
  using value_type = typename Source::value_type;
  std::function<Source()> make;
  Replay* replay;
  Source source;
  unsigned round = 0;
  bool over = false;

  Replayed(std::function<Source()> m, Replay& r) : make(std::move(m)), replay(&r), source(make()) {
    replay->later = {};
  }
  millrace::ReadStatus read(millrace::Batch<value_type>& out, millrace::Context& cx) {
    if (over) {
      over = false;
      replay->later += replay->span;
      source = make();
    }
    if (source.read(out, cx) != millrace::ReadStatus::end) return millrace::ReadStatus::more;
    over = true;  // what it has just given is still of this round
    return ++round == replay->rounds ? millrace::ReadStatus::end : millrace::ReadStatus::more;
  }
  millrace::Position position() const { return {std::to_string(round)}; }
  void resume(const millrace::Position&) {}
};

template <class Make>
Replayed(Make, Replay&) -> Replayed<std::invoke_result_t<Make&>>;

}  // namespace bench
