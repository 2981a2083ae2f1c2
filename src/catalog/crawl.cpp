// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/crawl.hpp"

#include <algorithm>

#include "catalog/group.hpp"
#include "catalog/layout.hpp"
#include "catalog/names.hpp"
#include "millrace/formats/explain.hpp"

namespace millrace::catalog {
namespace {

Result<void> check(const CrawlOptions& options) {
  const auto refuse = [](std::string reason) {
    return Error(Errc::invalid_input, "crawl: " + std::move(reason));
  };
  if (!options.location.ends_with('/'))
    return refuse("the location " + millrace::detail::seen(options.location) +
                  " does not end in '/'; say where the store's keys lie, such as s3://bucket/");
  const char delimiter = options.examine.delimiter;
  if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' ||
      static_cast<unsigned char>(delimiter) >= 0x80)
    return refuse("a quote, a line break or a byte past ASCII can't be a delimiter");
  if (!(options.similarity >= 0 && options.similarity <= 1))
    return refuse("similarity is not between 0 and 1");
  if (options.examine.sample.bytes == 0) return refuse("a sample of 0 bytes shows nothing");
  return {};
}

// The last element of a path, whether or not a slash follows it.
std::string_view last_element(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

// Makes a group's table.
class TableMaker {
 public:
  TableMaker(const Group& group, const CrawlOptions& options, Crawl& crawl)
      : group_(group), options_(options), crawl_(crawl), layout_(group) {}

  /// Nothing when none of its objects can be in it.
  Result<std::optional<FoundTable>> run(Names& names) {
    found_.notes = group_.notes;
    choose_format();
    for (const Folders::const_pointer folder : group_.folders) take(*folder);
    if (found_.objects == 0) return std::optional<FoundTable>();
    const std::string& path = group_.root.empty() ? options_.location : group_.root;
    TableOptions table{
        .name = group_.known ? group_.known->name
                             : names.add(options_.table_prefix + std::string(last_element(path))),
        .location = options_.location + group_.root,
        .classification = schema_.classification,
        .csv = schema_.csv,
        .compression = schema_.compression};
    for (const Column& key : layout_.keys()) table.partition_keys.push_back(key.name);
    Result<Table> made = make_table(table, schema_.record);
    if (!made) {
      skip(crawl_, group_.root, made.error().message());
      return std::optional<FoundTable>();
    }
    found_.table = std::move(*made);
    for (auto& [values, location] : partitions_)
      found_.table.partitions.push_back({values, options_.location + location});
    found_.records = schema_.records;
    found_.bad_records = schema_.bad_records;
    for (std::string& note : schema_.notes) found_.notes.push_back(std::move(note));
    return std::optional<FoundTable>(std::move(found_));
  }

 private:
  bool is_of(const ObjectSchema& schema) const {
    return schema.classification == format_.classification &&
           (schema.classification != Classification::csv ||
            schema.csv.delimiter == format_.csv.delimiter);
  }

  // The known table's format, or that of most objects.
  void choose_format() {
    if (group_.object) {
      format_ = group_.folders.front()->second.schemas[group_.object->schema];
      return;
    }
    std::map<std::pair<Classification, char>, std::uint64_t> objects;
    for (const Folders::const_pointer folder : group_.folders)
      for (const Seen& object : folder->second.objects) {
        const ObjectSchema& schema = folder->second.schemas[object.schema];
        const char delimiter =
            schema.classification == Classification::csv ? schema.csv.delimiter : '\0';
        ++objects[{schema.classification, delimiter}];
      }
    std::uint64_t most = 0;
    for (const auto& [format, count] : objects)
      if ((!group_.known || matches_known(format)) && count > most) {
        most = count;
        format_.classification = format.first;
        format_.csv.delimiter = format.second;
      }
  }

  bool matches_known(const std::pair<Classification, char>& format) const {
    const Parameters& parameters = group_.known->parameters;
    const auto classification = parameters.find("classification");
    if (classification == parameters.end()) return true;
    if (classification->second != to_string(format.first)) return false;
    const auto delimiter = parameters.find("delimiter");
    return format.first != Classification::csv || delimiter == parameters.end() ||
           delimiter->second == std::string_view(&format.second, 1);
  }

  void take(const Folders::value_type& folder) {
    Result<std::vector<std::string>> values = layout_.values(folder.first);
    std::string reason;
    if (!values) {
      reason = values.error().message();
    } else if (!layout_.keys().empty()) {
      const std::string place = layout_.partition_folder(folder.first);
      const auto known = partitions_.find(*values);
      if (known != partitions_.end() && known->second != place)
        reason = "its partition has the values of " + millrace::detail::seen(known->second);
    }
    const std::uint64_t before = found_.objects;
    for (const Seen& object : folder.second.objects)
      if (!group_.object || group_.object == &object)
        take(object, folder.second.schemas[object.schema], reason);
    for (const ObjectSchema& schema : folder.second.schemas)
      if (reason.empty() && is_of(schema) && (!group_.object || is_object_schema(schema)))
        widen(schema);
    if (found_.objects != before && !layout_.keys().empty())
      partitions_.emplace(std::move(*values), layout_.partition_folder(folder.first));
  }

  bool is_object_schema(const ObjectSchema& schema) const {
    return &schema == &group_.folders.front()->second.schemas[group_.object->schema];
  }

  void take(const Seen& object, const ObjectSchema& schema, const std::string& reason) {
    if (reason.empty() && is_of(schema)) {
      ++found_.objects;
      found_.bytes += object.size;
      return;
    }
    const std::string table = "the table's other objects are " +
                              std::string(to_string(format_.classification)) + ", this one is ";
    const std::string other = schema.classification == format_.classification
                                  ? "delimited in another way"
                                  : std::string(to_string(schema.classification));
    skip(crawl_, object.key, !reason.empty() ? reason : table + other);
  }

  void widen(const ObjectSchema& schema) {
    if (schema_.classification == Classification::unknown) {
      schema_ = schema;
      return;
    }
    if (similarity(schema_, schema, Share::of_smaller) < options_.similarity) mixed_ = true;
    merge(schema_, schema);
    constexpr std::string_view note =
        "its objects have different schemas; it has all their columns";
    if (mixed_ &&
        std::find(schema_.notes.begin(), schema_.notes.end(), note) == schema_.notes.end())
      schema_.notes.emplace_back(note);
  }

  const Group& group_;
  const CrawlOptions& options_;
  Crawl& crawl_;
  Layout layout_;
  ObjectSchema format_;
  ObjectSchema schema_;
  bool mixed_ = false;
  FoundTable found_;
  std::map<std::vector<std::string>, std::string> partitions_;
};

}  // namespace

Result<Crawl> detail::crawl(const StoreView& store, const CrawlOptions& options,
                            std::span<const Table> known) {
  if (Result<void> good = check(options); !good) return good.take_error();
  Crawl crawl{.store = options.location, .location = options.location + options.prefix};
  Result<Folders> folders = Survey(store, options, crawl).run();
  if (!folders) return folders.take_error();
  Result<std::vector<Group>> groups = Grouping(*folders, options, known).run();
  if (!groups) return groups.take_error();
  Names names;
  for (const Table& table : known) names.take(table.name);
  for (const Group& group : *groups) {
    Result<std::optional<FoundTable>> found = TableMaker(group, options, crawl).run(names);
    if (!found) return found.take_error();
    if (*found) crawl.tables.push_back(std::move(**found));
  }
  return crawl;
}

}  // namespace millrace::catalog
