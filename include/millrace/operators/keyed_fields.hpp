// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/name.hpp"
#include "millrace/core/result.hpp"
#include "millrace/graph/budget.hpp"
#include "millrace/state/codec.hpp"
#include "millrace/state/schema.hpp"
#include "millrace/state/state_handle.hpp"
#include "millrace/state/timers.hpp"

namespace millrace::detail {

/// What is saved about one handle of an operator, beside what it keeps.
struct StateField {
  std::string name;
  StateKind kind{};
  std::string schema;  ///< of what it keeps
  bool stamped = false;
  TimeDomain time = TimeDomain::event;
  bool operator==(const StateField&) const = default;
  friend auto members(StateField& f) {
    return std::tie(f.name, f.kind, f.schema, f.stamped, f.time);
  }
};

template <class H>
StateField field_of(const H& handle) {
  if constexpr (H::kind == StateKind::timers) {
    return {.name = "timers", .kind = H::kind, .schema = {}};
  } else {
    return {.name = handle.name(),
            .kind = H::kind,
            .schema = schema_of<typename H::kept_type>(),
            .stamped = handle.expires(),
            .time = handle.options().time};
  }
}
/// The fields of a tuple of references to handles, as an operator's states() gives it.
template <class... H>
std::vector<StateField> fields_of(const std::tuple<H&...>& handles) {
  return std::apply([](const auto&... h) { return std::vector<StateField>{field_of(h)...}; },
                    handles);
}

/// Errors: TopologyError for a name that is empty or given twice, a time to live that is negative,
/// and what follows event time behind a step without it.
MILLRACE_EXPORT void check_fields(const Name& step, const std::vector<StateField>& fields,
                                  bool event_timers, bool timed);
MILLRACE_EXPORT void check_ttl(const Name& step, const std::string& state, Duration ttl);
template <class... H>
void check_states(const Name& step, const std::tuple<H&...>& handles, bool event_timers,
                  bool timed) {
  check_fields(step, fields_of(handles), event_timers, timed);
  const auto check_one = [&](const auto& handle) {
    if constexpr (requires { handle.options(); })
      check_ttl(step, handle.name(), handle.options().ttl);
  };
  std::apply([&](const auto&... handle) { (check_one(handle), ...); }, handles);
}

/// In front of each saved piece. Only the one for every subtask has a watermark: a key group
/// without a change gives the same bytes each time.
struct KeyedHeader {
  std::optional<std::int64_t> watermark;
  std::string key;  ///< its schema
  std::vector<StateField> fields;
};
MILLRACE_EXPORT std::string text_of(const StateField& field);
/// Two keys that were told apart by a field that is gone.
MILLRACE_EXPORT Error merged_rows(const std::string& before, const std::string& now);
MILLRACE_EXPORT void write_header(std::string& out, const KeyedHeader& header);
/// Errors: corrupted, unsupported.
MILLRACE_EXPORT Result<KeyedHeader> read_header(StateReader& in);
/// For each saved field its number among `mine`. Errors: conflict for one that is not there any
/// more, unsupported for one that has become another.
MILLRACE_EXPORT Result<std::vector<std::size_t>> match_fields(const KeyedHeader& saved,
                                                              const std::vector<StateField>& mine);

MILLRACE_EXPORT Error keyed_state_limit(const std::string& step, std::uint64_t bytes,
                                        const StateBudget& budget);

}  // namespace millrace::detail
