// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "store/digest.hpp"
#include "store/directory_state.hpp"

namespace millrace::store {
namespace {

constexpr std::uint32_t page_max = 1000;

// What a token says: go on after this key, or after all keys that begin with this prefix.
struct Start {
  std::string after;
  bool whole_prefix = false;
};

Result<Start> parse_token(const std::string& token) {
  if (token.empty()) return Start{};
  Start start{from_hex(std::string_view(token).substr(1)), token[0] == 'p'};
  if ((token[0] != 'k' && token[0] != 'p') || start.after.empty())
    return Error(Errc::invalid_input, "the token " + quoted(token) +
                                          " was not made by list(); pass ListPage::next_token");
  return start;
}

bool both_ways_prefix(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

// A directory's name in the order of the keys below it: "a" < "a-b" < "a.b" < "a/".
struct Entry {
  std::string key;  // from the root; ends in '/' for a directory
  std::string path;
  NameKind kind{};
};

}  // namespace

/// Walks the keys in their order and fills one page.
class Directory::State::Lister {
 public:
  Lister(const State& state, const ListOptions& options, Start start)
      : state_(state),
        options_(options),
        start_(std::move(start)),
        room_(std::min(options.max_keys, page_max)) {}

  Result<ListPage> run() {
    if (room_ == 0) return std::move(page_);
    Result<bool> walked = walk(state_.root, "");
    if (!walked) return walked.take_error();
    return std::move(page_);
  }

 private:
  // False when the page is full.
  Result<bool> walk(const std::string& directory, const std::string& key) {
    Result<std::vector<Entry>> entries = read(directory, key);
    if (!entries) return entries.take_error();
    for (const Entry& entry : *entries) {
      if (passed(entry)) continue;
      Result<std::optional<FileInfo>> info = state_.env.fs.info(entry.path);
      if (!info) return info.take_error();
      const bool directory_there = *info && (*info)->is_directory;
      if (!*info || directory_there != (entry.kind == NameKind::directory)) continue;
      Result<bool> more = directory_there ? walk(entry.path, entry.key) : show(entry, **info);
      if (!more || !*more) return more;
    }
    return true;
  }

  Result<std::vector<Entry>> read(const std::string& directory, const std::string& key) const {
    std::vector<Entry> entries;
    Result<std::vector<std::string>> names = state_.env.fs.list(directory);
    if (!names) {
      if (names.error().code() == Errc::not_found) return entries;  // removed in the meantime
      return names.take_error();
    }
    for (const std::string& name : *names) {
      std::optional<Name> read = from_name(name);
      if (!read) continue;
      if (read->shortened) {
        Result<std::string> whole = state_.read_all(state_.own("names/" + read->component));
        if (!whole)
          return Error(Errc::corrupted, directory + "/" + name + ": the rest of its key is lost: " +
                                            whole.error().message());
        if (to_name(*whole, read->kind) != name) continue;
        read->component = std::move(*whole);
      }
      std::string entry_key = key + read->component;
      if (read->kind == NameKind::directory) entry_key += '/';
      entries.push_back({std::move(entry_key), directory + "/" + name, read->kind});
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.key < b.key; });
    return entries;
  }

  // True when the page can't hold the entry or anything below it.
  bool passed(const Entry& entry) const {
    const bool object = entry.kind == NameKind::object;
    const bool wanted = object ? entry.key.starts_with(options_.prefix)
                               : both_ways_prefix(entry.key, options_.prefix);
    if (!wanted) return true;
    if (!start_.after.empty()) {
      if (start_.whole_prefix && entry.key.starts_with(start_.after)) return true;
      if (object ? entry.key <= start_.after
                 : entry.key < start_.after && !start_.after.starts_with(entry.key))
        return true;
    }
    return !page_.common_prefixes.empty() && entry.key.starts_with(page_.common_prefixes.back());
  }

  Result<bool> show(const Entry& entry, const FileInfo& info) {
    if (shown_ == room_) {
      page_.next_token = last_;
      return false;
    }
    ++shown_;
    const std::string& delimiter = options_.delimiter;
    const std::size_t cut =
        delimiter.empty() ? std::string::npos : entry.key.find(delimiter, options_.prefix.size());
    if (cut == std::string::npos) {
      last_ = "k" + to_hex(entry.key);
      page_.objects.push_back({entry.key, info.size, info.modified});
    } else {
      page_.common_prefixes.push_back(entry.key.substr(0, cut + delimiter.size()));
      last_ = "p" + to_hex(page_.common_prefixes.back());
    }
    return true;
  }

  const State& state_;
  const ListOptions& options_;
  const Start start_;
  const std::uint32_t room_;
  std::uint32_t shown_ = 0;
  std::string last_;
  ListPage page_;
};

Result<ListPage> Directory::list(const ListOptions& options) const {
  Result<Start> start = parse_token(options.token);
  if (!start) return state_->error("list", options.prefix, start.error());
  Result<ListPage> page = State::Lister(*state_, options, std::move(*start)).run();
  if (!page) return state_->error("list", options.prefix, page.error());
  return page;
}

}  // namespace millrace::store
