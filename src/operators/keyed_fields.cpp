// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/keyed_fields.hpp"

#include <algorithm>

#include "millrace/graph/topology_error.hpp"

namespace millrace::detail {
namespace {

constexpr std::uint8_t keyed_state_format = 1;

}  // namespace

std::string text_of(const StateField& field) {
  return field.kind == StateKind::timers ? "its timers" : "state \"" + field.name + "\"";
}

Error merged_rows(const std::string& before, const std::string& now) {
  return {Errc::unsupported, "two keys of " + before + " in the checkpoint are the same " + now +
                                 " now; give the changed step a new name"};
}

void check_fields(const Name& step, const std::vector<StateField>& fields, bool event_timers,
                  bool timed) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const StateField& field = fields[i];
    if (field.name.empty())
      throw TopologyError(step,
                          "one of its states has no name; give each handle a name that stays");
    for (std::size_t k = 0; k < i; ++k)
      if (fields[k].name == field.name && fields[k].kind != StateKind::timers &&
          field.kind != StateKind::timers)
        throw TopologyError(step, "two of its states are called \"" + field.name + "\"");
    if (!timed && field.stamped && field.time == TimeDomain::event)
      throw TopologyError(step, text_of(field) +
                                    " expires in event time; call .event_time(name, when, "
                                    "watermark::bounded_out_of_orderness(5s)) before .key_by(...), "
                                    "or say .time = TimeDomain::processing");
  }
  if (!timed && event_timers)
    throw TopologyError(step,
                        "on_timer needs event time; call .event_time(name, when, "
                        "watermark::bounded_out_of_orderness(5s)) before .key_by(...), or use "
                        "timers in processing time");
}

void check_ttl(const Name& step, const std::string& state, Duration ttl) {
  if (ttl < Duration::zero())
    throw TopologyError(step, "state \"" + state +
                                  "\": the time to live must not be negative, got " +
                                  std::to_string(ttl.count()) + " us");
}

void write_header(std::string& out, const KeyedHeader& header) {
  Codec<std::uint8_t>::write(out, keyed_state_format);
  Codec<std::optional<std::int64_t>>::write(out, header.watermark);
  Codec<std::string>::write(out, header.key);
  Codec<std::vector<StateField>>::write(out, header.fields);
}

Result<KeyedHeader> read_header(StateReader& in) {
  std::uint8_t format = 0;
  if (auto done = Codec<std::uint8_t>::read(in, format); !done) return done.take_error();
  if (format != keyed_state_format)
    return Error(Errc::unsupported,
                 "keyed state has format " + std::to_string(format) + ", this program reads " +
                     std::to_string(keyed_state_format) + "; use the newer program");
  KeyedHeader header;
  if (auto done = Codec<bool>::read_each(in, header.watermark, header.key, header.fields); !done)
    return done.take_error();
  return header;
}

Result<std::vector<std::size_t>> match_fields(const KeyedHeader& saved,
                                              const std::vector<StateField>& mine) {
  std::vector<std::size_t> numbers;
  for (const StateField& field : saved.fields) {
    const auto at = std::ranges::find_if(mine, [&](const StateField& m) {
      return m.name == field.name &&
             (m.kind == StateKind::timers) == (field.kind == StateKind::timers);
    });
    if (at == mine.end())
      return Error(Errc::conflict, "the checkpoint holds " + text_of(field) +
                                       ", which the operator's states() no longer gives; keep it, "
                                       "or give the changed step a new name");
    if (at->kind != field.kind)
      return Error(Errc::unsupported,
                   "the checkpoint holds " + text_of(field) + " as a " +
                       std::string(to_string(field.kind)) + ", the operator as a " +
                       std::string(to_string(at->kind)) + "; give the changed state a new name");
    numbers.push_back(static_cast<std::size_t>(at - mine.begin()));
  }
  return numbers;
}

Error keyed_state_limit(const std::string& step, std::uint64_t bytes, const StateBudget& budget) {
  return Error(Errc::limit_exceeded,
               "step \"" + step + "\": its keyed state holds " + std::to_string(bytes) +
                   " bytes, and with that the pipeline's state passes its limit of " +
                   std::to_string(budget.limit()) +
                   " bytes; raise the limit, give state a time to live, clear what is not needed "
                   "or keep it outside of memory");
}

}  // namespace millrace::detail
