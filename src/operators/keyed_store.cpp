// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/keyed_store.hpp"

namespace millrace::detail {
namespace {

using WriteKey = void (*)(std::string& out, std::string_view stored);

class GroupByGroup final : public RowVisitor {
 public:
  GroupByGroup(StateSink& sink, const std::string& header, WriteKey write_key)
      : sink_(sink), header_(header), write_key_(write_key) {}
  bool row(std::string_view key, std::string_view value) override {
    const auto group = static_cast<unsigned char>(key[0]);
    if (group != item_.group) finish();
    if (item_.bytes.empty()) item_ = {group, header_};
    write_key_(item_.bytes, key.substr(1));
    item_.bytes.append(value);
    return true;
  }
  void finish() {
    if (!item_.bytes.empty()) sink_.take(std::exchange(item_, {}));
  }

 private:
  StateSink& sink_;
  const std::string& header_;
  const WriteKey write_key_;
  StateItem item_;
};

class FrozenStore final : public FrozenState {
 public:
  FrozenStore(std::unique_ptr<RowSnapshot> rows, StateItem common, std::string header,
              WriteKey write_key)
      : rows_(std::move(rows)),
        common_(std::move(common)),
        header_(std::move(header)),
        write_key_(write_key) {}
  void encode(StateSink& sink) override {
    sink.take(std::move(common_));
    GroupByGroup groups(sink, header_, write_key_);
    const auto end = static_cast<char>(first_timer_byte);
    rows_->scan({}, {&end, 1}, groups);
    groups.finish();
    rows_.reset();
  }

 private:
  std::unique_ptr<RowSnapshot> rows_;
  StateItem common_;
  const std::string header_;
  const WriteKey write_key_;
};

}  // namespace

std::unique_ptr<FrozenState> freeze_store(RowStore& store, StateItem common, std::string header,
                                          WriteKey write_key) {
  return std::make_unique<FrozenStore>(store.snapshot(), std::move(common), std::move(header),
                                       write_key);
}

}  // namespace millrace::detail
