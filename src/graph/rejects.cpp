// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/rejects.hpp"

#include <new>

namespace millrace {

struct Rejects::Letters {
  Output<DeadLetter> output;
  Batch<DeadLetter> batch{16};
};

Rejects::Rejects(Step& step, OnError policy)
    : step_(step), policy_(policy), letters_(std::make_unique<Letters>()) {}
Rejects::~Rejects() = default;

void* Rejects::output() { return &letters_->output; }
void Rejects::barrier(Barrier& barrier) { letters_->output.barrier(barrier); }
void Rejects::end() { letters_->output.end(); }

void Rejects::reject(const Error& error, std::string_view bytes) {
  step_.counters().errors.add(1);
  if (policy_ == OnError::fail)
    throw DownstreamFailure{named_failure(step_, std::make_exception_ptr(Failure(error)))};
  if (policy_ == OnError::skip || !letters_->output.connected()) return;
  Batch<DeadLetter>& batch = letters_->batch;
  if (batch.full()) flush();
  DeadLetter& letter = batch.slot();
  letter.step = step_.name();
  letter.reason = error.message();
  const Origin* const origin = step_.lane().origin();
  const std::string* const position = step_.lane().position();
  letter.source = origin ? origin->source : std::string();
  letter.partition = origin ? origin->partition : std::string();
  letter.position = position ? *position : std::string();
  letter.bytes.assign(bytes);
  batch.commit(step_.lane().env().clock.wall());
}

void Rejects::reject(std::exception_ptr thrown, std::string_view bytes) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const Failure& failure) {
    reject(failure.error(), bytes);
  } catch (const std::exception& e) {
    reject(Error(Errc::user_code, std::string("the step's function threw: ") + e.what()), bytes);
  } catch (...) {
    reject(Error(Errc::user_code, "the step's function threw something that is no std::exception"),
           bytes);
  }
}

void Rejects::flush() {
  Batch<DeadLetter>& batch = letters_->batch;
  if (batch.empty()) return;
  try {
    letters_->output.push(batch);
  } catch (const DownstreamFailure&) {
    throw;
  } catch (...) {
    throw DownstreamFailure{std::current_exception()};
  }
  batch.clear();
}

}  // namespace millrace
