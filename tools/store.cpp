// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/directory.hpp"

#include <array>

#include "command.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/formats/time.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

using store::Directory;

// Only put makes a store: a mistyped directory must not become one.
Directory open_existing(Env& env, const std::string& root) {
  if (!env.fs.info(root + "/.millrace").value())
    throw Failure({Errc::not_found, root + ": there is no store; `store put` makes one"});
  return Directory::open(env, root).value();
}

void put(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  store::PutOptions options;
  if (arguments.has("--if-none-match")) options.if_exists = store::IfExists::refuse;
  options.if_match = arguments.value_or("--if-match", "");
  const std::string bytes = read_input(env, words.size() == 3 ? words[2] : "-");
  print_line(Directory::open(env, words[0]).value().put(words[1], bytes, options).value());
}

store::ByteRange to_range(const std::string& text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string::npos || text == "-")
    throw UsageError("--range needs FIRST-LAST, FIRST- or -COUNT, not \"" + text + "\"");
  const std::string first = text.substr(0, dash);
  const std::string last = text.substr(dash + 1);
  if (first.empty()) return store::ByteRange::last(to_number(last, "--range"));
  store::ByteRange range{.offset = to_number(first, "--range")};
  if (last.empty()) return range;
  const std::uint64_t end = to_number(last, "--range");
  if (end < range.offset) throw UsageError("--range " + text + " ends before it begins");
  range.length = end - range.offset + 1;
  return range;
}

void get(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  store::ByteRange range;
  if (const auto text = arguments.value("--range")) range = to_range(*text);
  print(open_existing(env, words[0]).get(words[1], range).value());
}

void print_object(const store::ObjectInfo& object, bool with_details) {
  if (!with_details) return print_line(visible(object.key));
  const std::string shown = format_time(object.modified).value_or("-");
  print_line(std::to_string(object.size) + "\t" + shown + "\t" + visible(object.key));
}

void list(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  const Directory directory = open_existing(env, words[0]);
  store::ListOptions options{.prefix = words.size() == 2 ? words[1] : "",
                             .delimiter = arguments.value_or("--delimiter", "")};
  do {
    store::ListPage page = directory.list(options).value();
    auto prefix = page.common_prefixes.begin();
    for (const store::ObjectInfo& object : page.objects) {
      for (; prefix != page.common_prefixes.end() && *prefix < object.key; ++prefix)
        print_line(visible(*prefix));
      print_object(object, arguments.has("--long"));
    }
    for (; prefix != page.common_prefixes.end(); ++prefix) print_line(visible(*prefix));
    options.token = std::move(page.next_token);
  } while (!options.token.empty());
}

void remove(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  Directory directory = open_existing(env, words[0]);
  for (std::size_t i = 1; i < words.size(); ++i) directory.remove(words[i]).value();
}

constexpr std::array put_options = {Option{"--if-none-match"}, Option{"--if-match", Takes::value}};
constexpr std::array get_options = {Option{"--range", Takes::value}};
constexpr std::array list_options = {Option{"--delimiter", Takes::value}, Option{"--long"}};

constexpr std::array commands = {
    Command{
        "store", "put", "stores an object and prints its ETag",
        "[--if-none-match] [--if-match ETAG] DIR KEY [FILE]",
        "Stores FILE, or stdin, under KEY in the directory store DIR, which is made when it is\n"
        "not there. The object appears whole, and survives power loss once the ETag is "
        "printed.\n\n"
        "  --if-none-match   refuse when KEY is taken\n"
        "  --if-match ETAG   refuse unless the object has this ETag\n\n"
        "  millrace store put lake raw/year=2022/rows.json rows.json\n"
        "  echo hello | millrace store put lake greeting\n"
        "  millrace store put --if-none-match lake -- -key-with-a-dash file",
        put_options, 2, 3, put},
    Command{"store", "get", "prints an object's bytes", "[--range RANGE] DIR KEY",
            "Prints the bytes of KEY as they are.\n\n"
            "  --range RANGE   FIRST-LAST, FIRST- or -COUNT, as in HTTP\n\n"
            "  millrace store get lake raw/year=2022/rows.json | head\n"
            "  millrace store get --range 0-99 lake greeting",
            get_options, 2, 2, get},
    Command{"store", "ls", "prints the keys, one a line", "[--delimiter D] [--long] DIR [PREFIX]",
            "Prints the keys that begin with PREFIX in the order of their bytes, one a line; "
            "control\nbytes are shown as \\xNN.\n\n"
            "  --delimiter D   keys that go on past D after the prefix are shown once, up to D\n"
            "  --long          size, time of the last change and key, with tabs between\n\n"
            "  millrace store ls lake\n"
            "  millrace store ls --delimiter / lake raw/",
            list_options, 1, 2, list},
    Command{"store",
            "rm",
            "removes objects",
            "DIR KEY...",
            "Removes the objects; a key that is not there is no error, as in S3.\n\n"
            "  millrace store rm lake greeting raw/year=2022/rows.json",
            {},
            2,
            any_number,
            remove},
};

}  // namespace

std::span<const Command> store_commands() { return commands; }

}  // namespace millrace::tool
