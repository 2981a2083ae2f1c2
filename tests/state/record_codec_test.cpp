// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/record_codec.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::detail;

namespace {

struct Part {
  Text name;
  std::int32_t count = 0;
  bool operator==(const Part&) const = default;
};
constexpr auto describe(type<Part>) { return fields("name", &Part::name, "count", &Part::count); }

struct Whole {
  static constexpr std::string_view schema_name = "whole";
  Text title;
  std::optional<Text> note;
  std::vector<Part> parts;
  Part first;
  bool operator==(const Whole&) const = default;
};
constexpr auto describe(type<Whole>) {
  return fields("title", &Whole::title, "note", &Whole::note, "parts", &Whole::parts, "first",
                &Whole::first);
}

/// The same with strings.
struct OwnedPart {
  std::string name;
  std::int32_t count = 0;
};
constexpr auto describe(type<OwnedPart>) {
  return fields("name", &OwnedPart::name, "count", &OwnedPart::count);
}
struct LaterPart {
  std::int64_t count = 0;
  Text unit = "kg";
  Text name;
  bool operator==(const LaterPart&) const = default;
};
constexpr auto describe(type<LaterPart>) {
  return fields("count", &LaterPart::count, "unit", &LaterPart::unit, "name", &LaterPart::name);
}
struct Undescribed {
  std::int32_t number = 0;
  Text name;
};
struct Plain {
  std::int32_t number = 0;
  std::string name;
  char letters[4] = {};
};
struct Views {
  std::string_view name;
};

template <class T>
std::string written(const T& value) {
  std::string bytes;
  RecordCodec<T>::write(bytes, value);
  return bytes;
}

}  // namespace

TEST_CASE("a record with texts is read as it was written, its texts being those of the bytes") {
  for (const Whole& whole :
       {Whole{}, Whole{"title", Text("note"), {{"a", 1}, {"", -2}}, {"first", 3}}}) {
    const std::string bytes = written(whole);
    StateReader in(bytes);
    Whole read{"other", Text("other"), {{"other", 7}}, {}};
    REQUIRE(RecordCodec<Whole>::read(in, read));
    CHECK(in.empty());
    CHECK(read == whole);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      StateReader cut(std::string_view(bytes).substr(0, n));
      CHECK_FALSE(RecordCodec<Whole>::read(cut, read));
    }
  }
}

TEST_CASE("a Text is kept as the string that it is a view of, so that one may become the other") {
  CHECK(record_schema<Part>() == "struct{name:string,count:i32}");
  CHECK(record_schema<Part>() == schema_of<OwnedPart>());
  CHECK(written(Part{"n", 4}) == written(OwnedPart{"n", 4}));
  CHECK(record_schema<Message>() == "struct{data:string,key:string}");
  CHECK(record_schema<Whole>() ==
        "whole{title:string,note:optional<string>,parts:vector<struct{name:string,count:i32}>,"
        "first:struct{name:string,count:i32}}");
  CHECK(record_schema<std::int32_t>() == "i32");
}

TEST_CASE("fields of a record with texts may come, go, move and widen") {
  auto migration = RecordMigration<LaterPart>::from(record_schema<Part>(), "the record");
  REQUIRE(migration);
  const std::string bytes = written(Part{"name", -5});
  StateReader in(bytes);
  LaterPart read;
  REQUIRE(migration->read(in, read));
  CHECK(read == LaterPart{-5, "kg", "name"});
  const auto back = RecordMigration<Part>::from(record_schema<LaterPart>(), "the record");
  REQUIRE_FALSE(back);
  CHECK(back.error().code() == Errc::unsupported);
}

TEST_CASE("records that borrow where nobody says so are not whole") {
  CHECK(keeps_whole<Part>);
  CHECK(keeps_whole<Whole>);
  CHECK(keeps_whole<Message>);
  CHECK(keeps_whole<Text>);
  CHECK(keeps_whole<Plain>);
  CHECK(keeps_whole<int>);
  CHECK(keeps_whole<std::string>);
  CHECK_FALSE(keeps_whole<Undescribed>);
  CHECK_FALSE(keeps_whole<Views>);
  CHECK_FALSE(keeps_whole<std::string_view>);
}
