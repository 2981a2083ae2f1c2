// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <type_traits>
#include <utility>

#include "millrace/operators/group.hpp"
#include "millrace/operators/window_emitter.hpp"

namespace millrace::detail {

// What a join does with the records of a key and window, which lie in a `work`:
//
//     work.left, work.right              the groups, and in at_left and at_right how far it came
//     work.out                           takes the results
//     work.guarded(call, reject)         an exception of the user's from call() makes reject()
//     reject work.reject(record) work.out_of_credit()               no more may leave now
//
// run(work) is false when it stopped for want of credit, to be called again.

/// The general one: the user's function gets both groups. What it emits leaves whole.
template <class F, class U>
struct CoGroup {
  using output_type = U;
  F f;

  template <class Work>
  bool run(Work& work) {
    work.guarded([&] { f(work.out.key(), work.left, work.right, work.out); },
                 [&] {
                   for (const auto& record : work.left) work.reject(record);
                   for (const auto& record : work.right) work.reject(record);
                 });
    return true;
  }
};

/// Which records without a partner a join keeps; those are given with a null pointer.
enum class Outer : unsigned char { none, left, right, full };
constexpr bool keeps_left(Outer outer) { return outer == Outer::left || outer == Outer::full; }
constexpr bool keeps_right(Outer outer) { return outer == Outer::right || outer == Outer::full; }

/// A side's record as the user's function takes it: a pointer where there may be none.
template <bool may_lack, class T>
using Joined = std::conditional_t<may_lack, const T*, const T&>;

template <class F, class L, class R, Outer outer>
concept JoinFunction =
    std::is_invocable_v<F&, Joined<keeps_right(outer), L>, Joined<keeps_left(outer), R>> &&
    !std::is_void_v<
        std::invoke_result_t<F&, Joined<keeps_right(outer), L>, Joined<keeps_left(outer), R>>>;

/// All pairs, the left record's with all right ones first.
template <class F, class L, class R, Outer outer>
struct Pairs {
  using LeftArgument = Joined<keeps_right(outer), L>;
  using RightArgument = Joined<keeps_left(outer), R>;
  using output_type = std::remove_cvref_t<std::invoke_result_t<F&, LeftArgument, RightArgument>>;
  F f;

  template <class Work>
  bool run(Work& work) {
    if (work.right.empty() || work.left.empty()) return without_partner(work);
    for (; work.at_left != work.left.end(); ++work.at_left, work.at_right = work.right.begin()) {
      while (work.at_right != work.right.end()) {
        const L& left = *work.at_left;
        const R& right = *work.at_right++;
        work.guarded(
            [&] { work.out.emit(f(argument<LeftArgument>(left), argument<RightArgument>(right))); },
            [&] {
              work.reject(left);
              work.reject(right);
            });
        if (work.out_of_credit()) [[unlikely]]
          return false;
      }
    }
    return true;
  }

 private:
  template <class Argument, class T>
  static Argument argument(const T& record) {
    if constexpr (std::is_pointer_v<Argument>)
      return &record;
    else
      return record;
  }
  template <class Work>
  bool without_partner(Work& work) {
    if constexpr (keeps_left(outer))
      if (!each(work, work.at_left, work.left,
                [&](const L& left) { return f(argument<LeftArgument>(left), nullptr); }))
        return false;
    if constexpr (keeps_right(outer))
      if (!each(work, work.at_right, work.right,
                [&](const R& right) { return f(nullptr, argument<RightArgument>(right)); }))
        return false;
    return true;
  }
  template <class Work, class At, class Group, class Call>
  static bool each(Work& work, At& at, const Group& group, Call&& call) {
    while (at != group.end()) {
      const auto& record = *at++;
      work.guarded([&] { work.out.emit(call(record)); }, [&] { work.reject(record); });
      if (work.out_of_credit()) [[unlikely]]
        return false;
    }
    return true;
  }
};

}  // namespace millrace::detail
