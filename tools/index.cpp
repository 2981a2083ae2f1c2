// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/store.hpp"

#include <algorithm>
#include <array>

#include "command.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

using index::Store;

void search(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  std::string body = words.size() == 3 ? words[2] : "{}";
  if (body == "-") body = read_input(env, "-");
  print_line(Store::open_existing(env, words[0]).value().search(words[1], body).value());
}

void dump(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  const Store store = Store::open_existing(env, words[0]).value();
  const std::vector<std::string> names = store.indices(words.size() == 2 ? words[1] : "*").value();
  for (const std::string& name : names) {
    std::string after;
    while (true) {
      const std::vector<index::Document> page = store.documents(name, after).value();
      if (page.empty()) break;
      std::string lines;
      for (const index::Document& document : page)
        index::append_bulk(
            lines, {.index = document.index, .id = document.id, .document = document.source});
      print(lines);
      after = page.back().id;
    }
  }
}

void bulk(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  const std::string body = read_input(env, words.size() == 2 ? words[1] : "-");
  const std::string name = arguments.value_or("--index", "");
  const index::BulkRequest request = index::BulkRequest::parse(body, name).value();
  const index::BulkResult result =
      Store::open(env, words[0]).value().bulk(request.actions()).value();
  print_line(index::to_json(result));
  const auto failed = std::count_if(result.items.begin(), result.items.end(),
                                    [](const index::Item& item) { return item.error.has_value(); });
  if (failed > 0)
    throw Failure(Error(Errc::invalid_input, std::to_string(failed) + " of " +
                                                 std::to_string(result.items.size()) +
                                                 " items failed; their errors are in the answer"));
}

constexpr std::array bulk_options = {Option{"--index", Takes::value}};

constexpr std::array commands = {
    Command{
        "index",
        "search",
        "answers a query as OpenSearch does",
        "DIR INDEX [BODY]",
        "Prints the answer to BODY, the body of a _search, over the document index in DIR; all\n"
        "documents without one, \"-\" reads it from stdin. INDEX may be a list, a pattern or an\n"
        "alias. No pipeline may have DIR open meanwhile.\n\n"
        "  millrace index search bank index1\n"
        "  millrace index search bank 'index*' "
        "'{\"size\":0,\"aggs\":{\"jobs\":{\"terms\":{\"field\":\"Job\"}}}}'",
        {},
        2,
        3,
        search},
    Command{
        "index",
        "dump",
        "prints all documents as the lines of a bulk",
        "DIR [INDEX]",
        "Prints every document as two lines, its action and itself, index by index in the order\n"
        "of the ids: what `index bulk` and OpenSearch's _bulk take.\n\n"
        "  millrace index dump bank > bank.ndjson\n"
        "  millrace index dump bank 'index1-2016-*'",
        {},
        1,
        2,
        dump},
    Command{"index", "bulk", "writes the documents of a bulk", "[--index NAME] DIR [FILE]",
            "Does the actions in FILE, or stdin, newline-delimited as for OpenSearch's _bulk, and\n"
            "prints its answer. DIR is made when it is not there. Ends with 1 when an item failed; "
            "the\nothers are kept.\n\n"
            "  --index NAME   for actions that name none\n\n"
            "  millrace index bulk copy bank.ndjson",
            bulk_options, 1, 2, bulk},
};

}  // namespace

std::span<const Command> index_commands() { return commands; }

}  // namespace millrace::tool
