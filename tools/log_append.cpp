// SPDX-License-Identifier: BSL-1.0
#include <vector>

#include "log_commands.hpp"
#include "millrace/log/log.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

// Appends records one group at a time, and says which are durable.
class Appender {
 public:
  Appender(log::Log& log, std::uint64_t first, std::size_t group)
      : log_(log), number_(first), group_(group) {}

  void add(std::string data, std::string key) {
    data_.push_back(std::move(data));
    keys_.push_back(std::move(key));
    if (data_.size() == group_) flush();
  }

  void flush() {
    std::vector<log::Record> records;
    for (std::size_t i = 0; i < data_.size(); ++i) records.push_back({data_[i], keys_[i]});
    std::vector<log::Ack> acks(records.size());
    const Result<void> appended = log_.append(records, acks);
    for (std::size_t i = 0; i < acks.size(); ++i)
      if (acks[i].sequence != log::Ack::none) print_line("ack " + std::to_string(number_ + i));
    tool::flush();
    appended.value();
    number_ += data_.size();
    data_.clear();
    keys_.clear();
  }

 private:
  log::Log& log_;
  std::uint64_t number_;
  std::size_t group_;
  std::vector<std::string> data_;
  std::vector<std::string> keys_;
};

}  // namespace

void append_to_log(const Arguments& arguments, Env& env) {
  const auto shards = arguments.number("--shards").value_or(0);
  const auto group = arguments.number("--group").value_or(1);
  if (shards > 65'536) throw UsageError("--shards takes up to 65536");
  if (group == 0 || group > 100'000) throw UsageError("--group takes 1 to 100000");
  const std::string& directory = arguments.rest()[0];
  log::Options options;
  options.shards = static_cast<std::uint32_t>(shards);
  auto opened = log::Log::open(env, directory, options);
  if (!opened && shards == 0 && opened.error().code() == Errc::not_found) {
    options.shards = 1;  // no stream there yet
    opened = log::Log::open(env, directory, options);
  }
  log::Log log = std::move(opened).value();
  const std::uint64_t first = arguments.number("--first").value_or(0);
  const auto key = arguments.value("--key");
  Appender appender(log, first, static_cast<std::size_t>(group));
  std::uint64_t number = first;
  const auto add = [&](std::string data) {
    appender.add(std::move(data), key.value_or(std::to_string(number)));
    ++number;
  };
  if (const auto count = arguments.number("--count")) {
    while (number != first + *count) add(std::to_string(number));
  } else {
    InputLines input;
    for (std::string line; input.next(line);) add(line);
  }
  appender.flush();
  if (arguments.has("--seal")) log.seal().value();
  log.close().value();
}

}  // namespace millrace::tool
