// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "millrace/core/text_writer.hpp"
#include "millrace/formats/describe.hpp"
#include "millrace/formats/time.hpp"

// A struct with a member of each kind, and what tests of formats share.
namespace sample {

struct Incident {
  millrace::Text id;
  int severity = 0;
  millrace::Timestamp start{};
  std::optional<double> distance;
  bool night = false;
  std::string city;
};
constexpr auto describe(millrace::type<Incident>) {
  return millrace::fields("ID", &Incident::id, "Severity", &Incident::severity, "Start_Time",
                          &Incident::start, "Distance(mi)", &Incident::distance, "Night",
                          &Incident::night, "City", &Incident::city);
}

inline millrace::Timestamp at(std::string_view time) { return millrace::parse_time(time).value(); }

// A decoder or encoder with the writer that it needs.
template <class Format>
struct With {
  explicit With(Format f) : format(std::move(f)) {}
  millrace::ArenaPool pool;
  millrace::TextWriter text{pool};
  Format format;

  template <class In, class T>
  std::string decode(const In& in, T& out) {
    millrace::Result<millrace::Decoded> done = format.decode(in, out, text);
    if (!done) return done.error().message();
    return *done == millrace::Decoded::skip ? "skip" : "value";
  }
  template <class T>
  std::string encode(const T& value) {
    millrace::Result<void> done = format.encode(value, text);
    if (!done) {
      text.discard();
      return done.error().message();
    }
    return text.finish().str();
  }
};

}  // namespace sample
