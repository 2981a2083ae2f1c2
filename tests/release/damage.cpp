// SPDX-License-Identifier: BSL-1.0
// R7 and R8: files are torn at every offset, or have one bit turned over. The job that starts on
// them must end right, or by an error that names the file; what is visible is right in any case.
//
//   damage tears|flips count               how many there are; of flips as many as one likes
//   damage tears|flips FIRST END [BUG]     a line for each that is wrong, then the counts
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "damage_job.hpp"
#include "damage_log.hpp"

using namespace damage;

namespace {

/// The job's files when it died at some moment.
struct Image {
  const char* moment;
  Files files;
};

Image image_at(const char* site, int visit) {
  sim::Disk disk(1);
  {
    sim::Env sim({}, disk);
    fill(sim.env());
    sim.kill();
  }
  Life life(disk);
  life.sim().faults().on_visit([&](std::string_view reached) {
    if (reached == site && --visit == 0) life.sim().halt();
    return sim::SiteFault{};
  });
  life.run();
  life.sim().kill();
  return {site, files_of(disk)};
}

using Visible = std::map<std::string, int>;

/// What a reader of both outputs finds; an error ends it.
std::optional<std::string> look(Env& env, Visible& visible) {
  for (const char* output : {"totals", "history"}) {
    const auto count = [&](const log::StoredRecord& record) {
      ++visible[std::string(output) + ' ' + std::string(record.data)];
      return true;
    };
    const auto seen = log::dump(env.fs, output, {}, count);
    if (!seen && seen.error().code() != Errc::not_found) return seen.error().message();
  }
  return std::nullopt;
}

enum class Kind : unsigned char { lost, doubled, wrong, stuck, unnamed, detected, harmless };
constexpr const char* kinds[] = {"lost",    "doubled",  "wrong",   "stuck",
                                 "unnamed", "detected", "harmless"};
struct Verdict {
  Kind kind = Kind::harmless;
  std::string why = {};
};

class Checks {
 public:
  explicit Checks(Bug bug) : bug_(bug) {
    images_.push_back(image_at("checkpoint.decided", 3));
    images_.push_back(image_at("checkpoint.committed", 3));
    const auto [ended, visible] = run(images_.front(), {}, {}, Bug::none);
    if (ended.kind != Kind::harmless || visible.size() < numbers) {
      std::fprintf(stderr, "damage: the undamaged job fails: %s\n", ended.why.c_str());
      std::exit(2);
    }
    wanted_ = visible;
  }

  /// A damage, in words, and what came of it.
  Verdict tear(const Image& image, const std::string& path, std::uint64_t offset, Tear tear) {
    SeededRng rng(offset);
    return judge(image, path, torn(image.files.at(path), offset, tear, rng));
  }
  Verdict flip(std::uint64_t seed, std::string& what) {
    SeededRng rng(seed);
    const Image& image = images_[rng.below(images_.size())];
    std::uint64_t all = 0;
    for (const auto& [path, bytes] : image.files) all += bytes.size();
    std::uint64_t at = rng.below(all);
    auto file = image.files.begin();
    for (; at >= file->second.size(); ++file) at -= file->second.size();
    const auto bit = static_cast<unsigned>(rng.below(8));
    what = std::string(image.moment) + ", " + file->first + ", offset " + std::to_string(at) +
           ", bit " + std::to_string(bit);
    std::string bytes = file->second;
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1u << bit));
    return judge(image, file->first, bytes);
  }
  const std::vector<Image>& images() const { return images_; }

 private:
  Verdict judge(const Image& image, const std::string& path, std::string_view instead) const {
    return run(image, path, instead, bug_).first;
  }
  std::pair<Verdict, Visible> run(const Image& image, const std::string& path,
                                  std::string_view instead, Bug bug) const {
    sim::Disk disk(1);
    Life life(disk, bug);
    put_files(life.sim().env(), image.files, path, instead);
    std::optional<std::string> error = life.run();
    if (!error && !life.finished()) return {{Kind::stuck, "it does not end"}, {}};
    life.sim().kill();
    Visible visible;
    if (auto unreadable = look(life.sim().env(), visible); unreadable && !error) error = unreadable;
    Verdict verdict = compare(visible, !error);
    if (verdict.kind != Kind::harmless) {
      for (const std::string& warning : life.warnings()) verdict.why += "; " + warning;
    } else if (error) {
      verdict = {error->find(path) == std::string::npos ? Kind::unnamed : Kind::detected, *error};
    } else if (!life.warnings().empty()) {
      verdict = {Kind::detected, life.warnings().front()};
    }
    return {verdict, visible};
  }

  /// Nothing twice, nothing else; at the end, all.
  Verdict compare(const Visible& visible, bool at_the_end) const {
    if (wanted_.empty()) return {};
    for (const auto& [record, times] : visible) {
      if (!wanted_.contains(record)) return {Kind::wrong, record};
      if (times > 1) return {Kind::doubled, record};
    }
    if (at_the_end)
      for (const auto& [record, times] : wanted_)
        if (!visible.contains(record)) return {Kind::lost, record};
    return {};
  }

  Bug bug_;
  std::vector<Image> images_;
  Visible wanted_;
};

/// Every tear: first those of a log's tail, from its end on, then those of the job's files, in an
/// order that is random but fixed.
class Tears {
 public:
  explicit Tears(Checks& checks) : checks_(&checks) {
    for (const Image& image : checks.images())
      for (const auto& [path, bytes] : image.files)
        for (std::uint64_t offset = 0; offset < bytes.size(); ++offset)
          for (const Tear tear : tears) points_.push_back({&image, &path, offset, tear});
    SeededRng rng(1);
    for (std::uint64_t i = points_.size(); i > 1; --i)
      std::swap(points_[i - 1], points_[rng.below(i)]);
  }
  std::uint64_t size() const { return of_tail() + points_.size(); }

  Verdict judge(std::uint64_t n, std::string& what) const {
    if (n < of_tail()) {
      const std::uint64_t offset = tail_.size() - 1 - n / std::size(tears);
      const Tear tear = tears[n % std::size(tears)];
      what = std::string("the log's tail, ") + to_text(tear) + " from " + std::to_string(offset);
      const auto wrong = tail_.judge(offset, tear);
      return wrong ? Verdict{Kind::wrong, *wrong} : Verdict{Kind::detected};
    }
    const Point& p = points_[n - of_tail()];
    what = std::string(p.image->moment) + ", " + *p.path + ", " + to_text(p.tear) + " from " +
           std::to_string(p.offset);
    return checks_->tear(*p.image, *p.path, p.offset, p.tear);
  }

 private:
  struct Point {
    const Image* image;
    const std::string* path;
    std::uint64_t offset;
    Tear tear;
  };
  std::uint64_t of_tail() const { return tail_.size() * std::size(tears); }
  Checks* checks_;
  LogTail tail_;
  std::vector<Point> points_;
};

Bug bug_of(const char* name) {
  const char* const names[] = {"none", "skips", "mute", "waits", "dies"};
  for (std::size_t i = 0; i < std::size(names); ++i)
    if (std::strcmp(name, names[i]) == 0) return static_cast<Bug>(i);
  std::fprintf(stderr, "damage: there is no bug %s\n", name);
  std::exit(2);
}

template <class F>
void judge_all(std::uint64_t first, std::uint64_t end, F judge) {
  std::uint64_t counts[std::size(kinds)] = {};
  for (std::uint64_t n = first; n < end; ++n) {
    std::string what;
    const Verdict verdict = judge(n, what);
    ++counts[static_cast<std::size_t>(verdict.kind)];
    if (verdict.kind < Kind::detected)
      std::printf("%s: %llu: %s: %s\n", kinds[static_cast<std::size_t>(verdict.kind)],
                  static_cast<unsigned long long>(n), what.c_str(), verdict.why.c_str());
  }
  std::printf("counts");
  for (std::size_t i = 0; i < std::size(kinds); ++i)
    std::printf(" %s %llu", kinds[i], static_cast<unsigned long long>(counts[i]));
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  const bool tearing = argc > 1 && std::strcmp(argv[1], "tears") == 0;
  if (argc < 3 || (!tearing && std::strcmp(argv[1], "flips") != 0)) return 2;
  Checks checks(bug_of(argc > 4 ? argv[4] : "none"));
  const Tears all(checks);
  if (std::strcmp(argv[2], "count") == 0) {
    std::printf("%llu\n", static_cast<unsigned long long>(all.size()));
    return 0;
  }
  if (argc < 4) return 2;
  judge_all(std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10),
            [&](std::uint64_t n, std::string& what) {
              return tearing ? all.judge(n, what) : checks.flip(n, what);
            });
}
