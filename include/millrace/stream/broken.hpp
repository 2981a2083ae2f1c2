// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace millrace::detail {

template <class...>
inline constexpr bool always_false = false;

/// What a step returns after its static_assert: it accepts every further call, so that one mistake
/// prints one error.
struct Broken {
  template <class... A>
  Broken map(A&&...) const {
    return {};
  }
  template <class... A>
  Broken update(A&&...) const {
    return {};
  }
  template <class... A>
  Broken filter(A&&...) const {
    return {};
  }
  template <class... A>
  Broken flat_map(A&&...) const {
    return {};
  }
  template <class... A>
  Broken decode(A&&...) const {
    return {};
  }
  template <class... A>
  Broken encode(A&&...) const {
    return {};
  }
  template <class... A>
  Broken process(A&&...) const {
    return {};
  }
  template <class... A>
  Broken merge(A&&...) const {
    return {};
  }
  template <class... A>
  Broken event_time(A&&...) const {
    return {};
  }
  template <class... A>
  Broken key_by(A&&...) const {
    return {};
  }
  template <class... A>
  Broken window(A&&...) const {
    return {};
  }
  template <class... A>
  Broken join(A&&...) const {
    return {};
  }
  template <class... A>
  Broken with_late(A&&...) const {
    return {};
  }
  template <class... A>
  Broken inner(A&&...) const {
    return {};
  }
  template <class... A>
  Broken left_outer(A&&...) const {
    return {};
  }
  template <class... A>
  Broken right_outer(A&&...) const {
    return {};
  }
  template <class... A>
  Broken full_outer(A&&...) const {
    return {};
  }
  template <class... A>
  Broken cogroup(A&&...) const {
    return {};
  }
  template <class... A>
  Broken allowed_lateness(A&&...) const {
    return {};
  }
  template <class... A>
  Broken aggregate(A&&...) const {
    return {};
  }
  template <class... A>
  Broken parallelism(A&&...) const {
    return {};
  }
  template <class... A>
  void to(A&&...) const {}
};

}  // namespace millrace::detail
