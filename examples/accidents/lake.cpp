// SPDX-License-Identifier: BSL-1.0
#include "lake.hpp"

#include <cstdio>

#include "millrace/formats/time.hpp"

namespace accidents {
namespace {

using millrace::Context;
using millrace::Task;

std::string uuid(millrace::Rng& rng) {
  const std::uint64_t high = (rng.next() & ~0xF000ull) | 0x4000;
  const std::uint64_t low = (rng.next() & ~(3ull << 62)) | (2ull << 62);
  char text[40];
  std::snprintf(text, sizeof text, "%08llx-%04llx-%04llx-%04llx-%012llx",
                static_cast<unsigned long long>(high >> 32),
                static_cast<unsigned long long>(high >> 16 & 0xFFFF),
                static_cast<unsigned long long>(high & 0xFFFF),
                static_cast<unsigned long long>(low >> 48),
                static_cast<unsigned long long>(low & 0xFFFF'FFFF'FFFF));
  return text;
}

}  // namespace

Task<> Lake::write(const millrace::Batch<millrace::Message>& batch, Context& cx) {
  const millrace::MonotonicTime now = cx.env().clock.monotonic();
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    if (due(batch.time(i), now)) co_await flush(cx);
    if (lines_.empty()) first_ = batch.time(i), opened_ = now;
    lines_.append(batch[i].data.view()) += '\n';
  }
}

bool Lake::due(millrace::Timestamp arrival, millrace::MonotonicTime now) const {
  if (lines_.empty()) return false;
  return lines_.size() >= options_.size.bytes || now - opened_ >= options_.interval ||
         std::chrono::floor<std::chrono::days>(arrival) !=
             std::chrono::floor<std::chrono::days>(first_);
}

Task<> Lake::flush(Context& cx) {
  if (lines_.empty()) co_return;
  const std::string name = key(cx.env().rng);
  auto stored = co_await cx.blocking([&] { return store_.put(name, lines_); });
  stored.value();
  lines_.clear();
}

std::string Lake::key(millrace::Rng& rng) const {
  const millrace::DateText day(first_);
  const auto part = [](std::string_view name, std::string_view value) {
    return "/" + std::string(name) + "=" + std::string(value);
  };
  const std::string date =
      std::string(day.year()) + std::string(day.month()) + std::string(day.day());
  return options_.bucket + "/" + options_.source + "/" + options_.source_region + "/" +
         options_.table + part("year", day.year()) + part("month", day.month()) +
         part("day", day.day()) + "/" + options_.table + "_" + date + "-" +
         std::to_string(options_.stream_version) + "-" + uuid(rng) + ".json";
}

}  // namespace accidents
