// SPDX-License-Identifier: BSL-1.0
#include "catalog/infer_json.hpp"
#include "catalog/texts.hpp"

namespace millrace::catalog {
namespace {

// Walks over texts that stand one after the other.
class JsonTexts {
 public:
  JsonTexts(std::string_view text, Extent extent, const ExamineOptions& options)
      : rest_(text), cut_(extent == Extent::beginning), options_(options) {}

  ObjectSchema run() {
    while (skip_space())
      if (!record()) return std::move(out_);
    if (out_.records == 0) {
      if (out_.notes.empty())
        out_.notes.emplace_back("its first JSON text is longer than the sample");
      return std::move(out_);
    }
    out_.classification = Classification::json;
    if (share_lines_)
      out_.notes.emplace_back(
          "several records stand on one line, of which readers of lines take the first only: "
          "deliver them with a line break between");
    if (span_lines_)
      out_.notes.emplace_back("a record spans several lines, which readers of lines can't take");
    return std::move(out_);
  }

 private:
  // To the next text; false at the end.
  bool skip_space() {
    const std::size_t next = rest_.find_first_not_of(" \t\r\n");
    if (next == std::string_view::npos) return false;
    new_line_ |= rest_.substr(0, next).find('\n') != std::string_view::npos;
    rest_.remove_prefix(next);
    ++line_;
    return true;
  }

  // False: what was gathered is of no use.
  bool record() {
    json::Cursor cursor(rest_, options_.infer.max_depth);
    const bool opens = rest_[0] == '{' || rest_[0] == '[';
    if (!opens) cursor.fail("expected an object, saw another value");
    if (!opens || !cursor.skip_value()) {
      bad(cursor);
      return true;
    }
    const std::string_view text(rest_.data(),
                                static_cast<std::size_t>(cursor.position() - rest_.data()));
    share_lines_ |= !new_line_ && out_.records != 0;
    span_lines_ |= text.find('\n') != std::string_view::npos;
    new_line_ = false;
    if (Result<void> added = add(text); !added) {
      out_ = {.notes = {added.error().message()}};
      return false;
    }
    ++out_.records;
    rest_.remove_prefix(text.size());
    return true;
  }

  // An array is no record: a crawler makes it a column of that name.
  Result<void> add(std::string_view text) {
    if (text[0] == '{') return inference_.add(text, out_.record);
    auto& members = out_.record.members;
    std::size_t i = 0;
    while (i != members.size() && members[i].key != "array") ++i;
    if (i == members.size()) members.push_back({"array", {}});
    return inference_.add(text, members[i].type);
  }

  // Goes on behind the line; what the sample's end cuts is not bad.
  void bad(const json::Cursor& cursor) {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos && cut_) {
      rest_ = {};
      return;
    }
    if (++out_.bad_records == 1)
      out_.notes.push_back("record " + std::to_string(line_) +
                           " can't be read: " + cursor.error().message());
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }

  std::string_view rest_;
  bool cut_;
  const ExamineOptions& options_;
  ObjectSchema out_{.record = {TypeKind::structure}};
  JsonInference inference_{options_.infer, out_.record};
  std::uint64_t line_ = 0;
  bool new_line_ = true;
  bool share_lines_ = false;
  bool span_lines_ = false;
};

}  // namespace

ObjectSchema examine_json(std::string_view text, Extent extent, const ExamineOptions& options) {
  return JsonTexts(text, extent, options).run();
}

}  // namespace millrace::catalog
