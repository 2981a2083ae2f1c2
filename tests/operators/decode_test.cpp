// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/decode.hpp"

#include <string>

#include "catch.hpp"
#include "millrace/core/message.hpp"
#include "operators/rig.hpp"

using namespace rig;

TEST_CASE("decode keeps the bytes of every text of a record alive, however many arenas they fill") {
  struct Big {
    Text a, b, c;
  };
  struct ToBig {
    using output_type = Big;
    Result<Decoded> decode(const Message& in, Big& out, TextWriter& text) {
      if (in.data == Text("throw")) {
        text.append("left over");
        throw std::runtime_error("half way");
      }
      if (in.data == Text("bad")) {
        text.append("left over");
        return Error(Errc::invalid_input, "line 1: bad");
      }
      if (in.data == Text("skip")) return Decoded::skip;
      const std::string big(70'000, 'a');
      out.a = text.copy(big);
      out.b = text.copy(std::string(70'000, 'b'));
      out.c = text.copy(in.data);
      return Decoded::value;
    }
  };
  struct BigProbe final : Port<Big> {
    std::vector<std::string> seen;
    void push(Batch<Big>& batch) override {
      for (std::uint32_t i = 0; i < batch.size(); ++i) {
        CHECK(batch[i].a.view() == std::string(70'000, 'a'));
        CHECK(batch[i].b.view() == std::string(70'000, 'b'));
        seen.push_back(batch[i].c.str());
      }
    }
    void watermark(Timestamp) override {}
    void idle() override {}
    void partition(std::uint32_t, PartitionEvent) override {}
    void barrier(Barrier&) override {}
    void end() override {}
  };
  Bed bed;
  detail::DecodeStep<Message, ToBig> step(bed.context(), ToBig{}, OnError::dead_letter);
  BigProbe out;
  Probe<DeadLetter> letters;
  connect<Big>(bed, step, 0, out);
  connect(bed, step, 1, letters);
  Batch<Message> in;
  for (const char* line : {"one", "bad", "two", "throw", "three", "skip", "four"})
    in.push_back({Text(line)}, at(0s));
  step.push(in);
  CHECK(out.seen == std::vector<std::string>{"one", "two", "three", "four"});
  REQUIRE(letters.values.size() == 2);
  CHECK(letters.values[0].reason == "line 1: bad");
  CHECK(letters.values[0].bytes == "bad");
  CHECK(letters.values[1].reason == "the step's function threw: half way");
  CHECK(letters.values[1].bytes == "throw");
}

TEST_CASE("a decoder that wants to know is told where a batch begins and ends") {
  struct Told {
    using output_type = int;
    std::string* log;
    void begin_batch() { *log += '('; }
    void end_batch() { *log += ')'; }
    Result<Decoded> decode(const int& in, int& out, TextWriter&) {
      *log += static_cast<char>('0' + in);
      if (in == 2) throw std::runtime_error("two");
      out = in;
      return Decoded::value;
    }
  };
  Bed bed;
  std::string log;
  detail::DecodeStep<int, Told> step(bed.context(), Told{&log}, OnError::dead_letter);
  Probe<int> out;
  connect(bed, step, 0, out);
  for (int batches = 0; batches < 2; ++batches) {
    Batch<int> in;
    for (int i = 1; i <= 3; ++i) in.push_back(i, at(0s));
    step.push(in);
  }
  CHECK(log == "(123)(123)");
  CHECK(out.values == std::vector<int>{1, 3, 1, 3});
}
