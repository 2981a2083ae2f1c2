// SPDX-License-Identifier: BSL-1.0
#include "catalog/survey.hpp"

#include "millrace/formats/utf8.hpp"

namespace millrace::catalog {
namespace {

bool is_hidden(std::string_view key, std::string_view prefix) {
  // The element in which the prefix ends counts as a whole.
  std::size_t at = prefix.rfind('/') == std::string_view::npos ? 0 : prefix.rfind('/') + 1;
  while (at < key.size()) {
    if (key[at] == '_' || key[at] == '.') return true;
    const std::size_t slash = key.find('/', at);
    if (slash == std::string_view::npos) return false;
    at = slash + 1;
  }
  return true;  // it ends in a slash
}

bool ends_like_gzip(std::string_view key) { return key.ends_with(".gz") || key.ends_with(".gzip"); }

}  // namespace

void skip(Crawl& crawl, std::string_view key, std::string reason) {
  constexpr std::size_t examples_max = 100;
  crawl.unread.insert(crawl.store + std::string(key.substr(0, key.rfind('/') + 1)));
  if (++crawl.skipped <= examples_max)
    crawl.examples.push_back({std::string(key), std::move(reason)});
}

std::vector<std::string_view> elements(std::string_view folder, std::string_view root) {
  std::vector<std::string_view> parts;
  for (std::size_t at = root.size(); at < folder.size();) {
    const std::size_t slash = folder.find('/', at);
    parts.push_back(folder.substr(at, slash - at));
    at = slash + 1;
  }
  return parts;
}

NamedValue named_value(std::string_view element) {
  const std::size_t equals = element.find('=');
  if (equals == 0 || equals == std::string_view::npos) return {{}, element};
  return {element.substr(0, equals), element.substr(equals + 1)};
}

Result<Folders> Survey::run() {
  store::ListOptions options{.prefix = options_.prefix};
  do {
    Result<store::ListPage> page = store_.list(options);
    if (!page) return page.take_error();
    for (const store::ObjectInfo& object : page->objects)
      if (Result<void> looked = look_at(object); !looked) return looked.take_error();
    options.token = std::move(page->next_token);
  } while (!options.token.empty());
  return std::move(folders_);
}

Result<void> Survey::look_at(const store::ObjectInfo& object) {
  ++crawl_.objects;
  if (utf8_prefix(object.key) != object.key.size() || object.key.find('\0') != std::string::npos) {
    skip(crawl_, object.key, "a key that is not UTF-8 or holds a zero byte can't be in a catalog");
    return {};
  }
  if (is_hidden(object.key, options_.prefix)) {
    ++crawl_.hidden;
    return {};
  }
  if (object.size == 0) {
    ++crawl_.empty;
    return {};
  }
  const std::uint64_t sample = options_.examine.sample.bytes;
  Result<std::string> bytes = store_.get(object.key, {.length = sample});
  if (!bytes) {
    const Errc code = bytes.error().code();
    if (code == Errc::not_found) return {};  // removed since it was listed
    if (code != Errc::invalid_input && code != Errc::corrupted) return bytes.take_error();
    skip(crawl_, object.key, bytes.error().message());
    return {};
  }
  const Extent extent = bytes->size() < object.size ? Extent::beginning : Extent::whole;
  ObjectSchema schema = examine(*bytes, extent, options_.examine);
  if (schema.classification == Classification::unknown) {
    if (schema.notes.empty()) {
      ++crawl_.empty;  // blanks
      return {};
    }
    skip(crawl_, object.key, schema.notes.front());
    return {};
  }
  if (schema.compression == Compression::gzip && !ends_like_gzip(object.key))
    schema.notes.emplace_back(
        "objects are packed by gzip and their keys do not end in .gz, by which readers know it");
  keep(object, std::move(schema));
  return {};
}

void Survey::keep(const store::ObjectInfo& object, ObjectSchema schema) {
  const std::size_t slash = object.key.rfind('/');
  Folder& folder =
      folders_[slash == std::string::npos ? std::string() : object.key.substr(0, slash + 1)];
  std::size_t i = 0;
  while (i != folder.schemas.size() &&
         similarity(folder.schemas[i], schema, Share::of_smaller) < options_.similarity)
    ++i;
  if (i == folder.schemas.size())
    folder.schemas.push_back(std::move(schema));
  else
    merge(folder.schemas[i], schema);
  folder.objects.push_back({object.key, object.size, i});
}

}  // namespace millrace::catalog
