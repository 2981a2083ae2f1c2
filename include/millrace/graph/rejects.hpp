// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/core/dead_letter.hpp"
#include "millrace/graph/link.hpp"

namespace millrace {

/// A step's side output of dead letters, and its policy for records it can't process.
/// Threads: the step's strand.
class MILLRACE_EXPORT Rejects {
 public:
  Rejects(Step& step, OnError policy);
  ~Rejects();
  Rejects(const Rejects&) = delete;
  Rejects& operator=(const Rejects&) = delete;

  /// Does with the record at hand what the policy says, and counts it as an error.
  /// `bytes` are the record's original bytes.
  /// Errors: DownstreamFailure (the error, with the step's name) under OnError::fail, and for what
  /// went wrong behind the dead letters.
  void reject(const Error& error, std::string_view bytes);
  /// The same for an exception that the user's code threw; bad_alloc is thrown on.
  void reject(std::exception_ptr thrown, std::string_view bytes);
  /// Sends the letters off. Called at the end of each push and before each control event.
  void flush();

  void barrier(Barrier& barrier);
  void end();
  /// The Output<DeadLetter>, for the Edge that connects it.
  void* output();

 private:
  struct Letters;  // apart: every unit would pay for a batch and an output of dead letters
  Step& step_;
  OnError policy_;
  std::unique_ptr<Letters> letters_;
};

/// A Link whose records can fail: output 0 is the main one, output 1 the dead letters.
template <class In, class Out>
class GuardedLink : public Link<In, Out> {
 public:
  GuardedLink(const StepContext& context, OnError policy)
      : Link<In, Out>(context), rejects_(*this, policy) {}

  void barrier(Barrier& barrier) override {
    rejects_.barrier(barrier);
    Link<In, Out>::barrier(barrier);
  }
  void end() override {
    rejects_.end();
    Link<In, Out>::end();
  }
  void* output(unsigned index) override { return index == 1 ? rejects_.output() : &this->out_; }

 protected:
  /// Runs f(i) for the records first..last-1; one that throws is rejected and the next goes on.
  /// `bytes(i)` gives the original bytes of record i.
  /// Inlined always: what f captures stays in registers over the loop.
  template <class F, class BytesOf>
  [[gnu::always_inline]] inline void guarded(std::uint32_t first, std::uint32_t last, F&& f,
                                             BytesOf&& bytes) {
    std::uint32_t i = first;
    while (i < last) {
      try {
        for (; i < last; ++i) f(i);
      } catch (const DownstreamFailure&) {
        throw;
      } catch (...) {
        rejects_.reject(std::current_exception(), bytes(i));
        ++i;
      }
    }
  }

  Rejects rejects_;
};

}  // namespace millrace
