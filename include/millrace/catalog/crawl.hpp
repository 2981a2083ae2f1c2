// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "millrace/catalog/examine.hpp"
#include "millrace/catalog/table.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/store/object.hpp"

namespace millrace::catalog {

/// A store that can be crawled: store::Directory, or another with S3's calls.
template <class S>
concept CrawlableStore =
    requires(const S& store, const store::ListOptions& options, const store::ByteRange& range) {
      { store.list(options) } -> std::same_as<Result<store::ListPage>>;
      { store.get(std::string_view(), range) } -> std::same_as<Result<std::string>>;
    };

struct CrawlOptions {
  std::string location;     ///< where readers find the store's keys: "s3://bucket/"
  std::string prefix = {};  ///< only objects whose keys begin with it
  /// How many elements of a key lead to its table. Without it tables are found, see crawl().
  std::optional<std::uint32_t> table_level = {};
  std::string table_prefix = {};  ///< before the name of each new table
  double similarity = 0.7;        ///< what folders of one table have in common at least; see Share
  std::uint32_t max_tables = 1000;
  ExamineOptions examine = {};
};

/// An object that is in no table, and why.
struct Skipped {
  std::string key;
  std::string reason;
};

struct FoundTable {
  Table table;
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;        ///< of its objects as they lie
  std::uint64_t records = 0;      ///< that were looked at
  std::uint64_t bad_records = 0;  ///< of these, that could not be read
  std::vector<std::string> notes = {};
};

/// What a crawl found.
struct Crawl {
  std::string store;     ///< CrawlOptions::location
  std::string location;  ///< of what was crawled: the same and the prefix
  std::vector<FoundTable> tables = {};
  std::uint64_t objects = 0;  ///< listed
  std::uint64_t hidden =
      0;                    ///< with a path element that begins with '_' or '.', and folders' marks
  std::uint64_t empty = 0;  ///< without a byte
  std::uint64_t skipped = 0;
  std::vector<Skipped> examples = {};  ///< the first hundred that were skipped
  /// Where objects lie that were skipped, up to the last '/': there data may be, though unread.
  std::set<std::string> unread = {};
};

namespace detail {

class StoreView {
 public:
  virtual ~StoreView() = default;
  virtual Result<store::ListPage> list(const store::ListOptions& options) const = 0;
  virtual Result<std::string> get(std::string_view key, const store::ByteRange& range) const = 0;
};

MILLRACE_EXPORT Result<Crawl> crawl(const StoreView& store, const CrawlOptions& options,
                                    std::span<const Table> known);

}  // namespace detail

/// Looks at the objects of a store and makes tables of them.
///
/// A table's folder is, the first that applies: that of a `known` one; the one at table_level; the
/// one above the first `name=value` element of the path; the highest in which all objects have one
/// format and similar schemas, but not the store's root. Folders named by numbers alone are taken
/// for dates and need be similar to the smaller schema only. Objects of different schemas in one
/// folder become a table each. The table is named after its folder; the elements below it are
/// partition keys, named by `name=value` or partition_0, partition_1, ...
///
///     auto found = catalog::crawl(lake, {.location = "s3://bucket/"});
///
/// Errors: those of the store's list and get, but for an object that was removed meanwhile or that
/// get finds invalid or corrupted (skipped); invalid_input for an option that can't be;
/// limit_exceeded past max_tables. Cost: a list of all keys, a get of the sample of each object, a
/// schema per folder in memory: 10,000 partitions of one small object each take 0.7 s and 25 MB,
/// and 1.2 MB in the catalog.
template <CrawlableStore S>
Result<Crawl> crawl(const S& store, const CrawlOptions& options,
                    std::span<const Table> known = {}) {
  struct View final : detail::StoreView {
    explicit View(const S& viewed) : store(viewed) {}
    Result<store::ListPage> list(const store::ListOptions& page) const override {
      return store.list(page);
    }
    Result<std::string> get(std::string_view key, const store::ByteRange& range) const override {
      return store.get(key, range);
    }
    const S& store;
  };
  return detail::crawl(View(store), options, known);
}

}  // namespace millrace::catalog
