// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "damage_tears.hpp"
#include "log/log_fixture.hpp"
#include "millrace/log/inspect.hpp"

/// The log alone, with the tail of its last segment torn.
namespace damage {

class LogTail {
 public:
  LogTail() {
    sim::Disk disk(1);
    sim::Env sim({}, disk);
    {
      log::Log log = log::Log::open(sim.env(), log_test::dir, options).value();
      for (std::uint64_t i = 0; i < 260; ++i) {
        records_.push_back("record " + std::to_string(i) + std::string(i % 200, '.'));
        log_test::put(log, records_.back());
      }
    }
    files_ = files_of(disk);
    last_ = log_test::segment_path(log_test::segment_bases(sim.env()).back());
  }
  std::uint64_t size() const { return files_.at(last_).size(); }

  /// Tears it there and says what is wrong: what is whole before must be shown, and nothing else;
  /// with what was published the log is refused by name, without it appends go on.
  std::optional<std::string> judge(std::uint64_t offset, Tear tear) const {
    SeededRng rng(offset);
    const std::string damaged = torn(files_.at(last_), offset, tear, rng);
    sim::Disk disk(1);
    sim::Env sim({}, disk);
    put_files(sim.env(), files_, last_, damaged);
    std::uint64_t shown = 0;
    bool right = true;
    const auto seen = log::dump(sim.env().fs, log_test::dir, {}, [&](const log::StoredRecord& r) {
      right = right && r.sequence == shown && shown < records_.size() && r.data == records_[shown];
      ++shown;
      return right;
    });
    if (!seen) return "it can't be looked at: " + seen.error().message();
    if (!right) return "record " + std::to_string(shown - 1) + " is another one";
    if (const std::uint64_t whole = whole_in(damaged); shown != whole)
      return std::to_string(shown) + " records are shown, " + std::to_string(whole) + " are whole";
    return judge_recovery(sim.env(), shown);
  }

 private:
  inline static const log::Options options{.shards = 1, .segment_size = 8_KiB};

  std::optional<std::string> judge_recovery(Env& env, std::uint64_t shown) const {
    if (shown < records_.size()) {
      const auto refused = log::Log::open(env, log_test::dir);
      if (refused) return "it opens although records are gone that were published as durable";
      if (refused.error().code() != Errc::corrupted ||
          refused.error().message().find(last_) == std::string::npos)
        return "the error does not name the file: " + refused.error().message();
    }
    // Without the published offset, as power loss leaves it: the same prefix, and appends go on.
    env.fs.remove(log_test::published_path()).value();
    auto log = log::Log::open(env, log_test::dir);
    if (!log) return "it does not recover: " + log.error().message();
    const std::uint64_t next = log_test::put(*log, "next");
    if (next != shown) return "it goes on with record " + std::to_string(next);
    return std::nullopt;
  }

  /// Records of the frames before the first that is not as it was, by the frames' own lengths.
  std::uint64_t whole_in(std::string_view damaged) const {
    const std::string_view bytes = files_.at(last_);
    std::uint64_t records = *log::parse_segment_name(last_.substr(last_.rfind('/') + 1));
    for (std::uint64_t at = log::segment_header_size; at < bytes.size();) {
      const auto frame = log::peek_frame(bytes.substr(at));
      if (!frame || at + frame->size() > damaged.size() ||
          damaged.substr(at, frame->size()) != bytes.substr(at, frame->size()))
        break;
      at += frame->size();
      records += frame->count;
    }
    return records;
  }

  std::vector<std::string> records_;
  Files files_;
  std::string last_;
};

}  // namespace damage
