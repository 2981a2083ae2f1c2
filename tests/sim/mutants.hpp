// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/jobs.hpp"

/// Parts with a planted bug each, of the kind that an oracle of sim::check() is there for.
namespace sim_jobs {

/// Commits before the checkpoint is decided.
template <class T>
struct Hasty {
  sim::WorldSink<T> sink;
  void write(const Batch<T>& batch, Context& cx) { sink.write(batch, cx); }
  Task<Committable> prepare(CheckpointId id, Context& cx) {
    Committable prepared = co_await sink.prepare(id, cx);
    co_await sink.commit(prepared, cx);
    co_return prepared;
  }
  Task<> commit(const Committable& c, Context& cx) { return sink.commit(c, cx); }
  Task<> abort(Context& cx) { return sink.abort(cx); }
};

/// Loses the last record of what it prepares, as one that is not whole yet.
template <class T>
struct Tailless {
  sim::WorldSink<T> sink;
  Batch<T> last{1};
  void write(const Batch<T>& batch, Context& cx) {
    if (!last.empty()) sink.write(last, cx);
    last.clear();
    Batch<T> whole(batch.size());
    for (std::uint32_t i = 0; i + 1 < batch.size(); ++i) whole.push_back(batch[i], batch.time(i));
    last.push_back(batch[batch.size() - 1], batch.time(batch.size() - 1));
    sink.write(whole, cx);
  }
  Task<Committable> prepare(CheckpointId id, Context& cx) { return sink.prepare(id, cx); }
  Task<> commit(const Committable& c, Context& cx) { return sink.commit(c, cx); }
  Task<> abort(Context& cx) { return sink.abort(cx); }
};

/// Keeps no note of what it has committed: a commit that comes again makes the records visible
/// again. What is there outlives it, as a disk's contents do.
struct Forgetful {
  struct Disk {
    std::map<std::string, std::vector<std::string>> staged;
    std::vector<std::string> visible;
    int tokens = 0;
  };
  std::shared_ptr<Disk> disk;
  std::vector<std::string> open = {};
  void write(const Batch<Bid>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) open.push_back(id_of(batch[i]));
  }
  Task<Committable> prepare(CheckpointId, Context&) {
    Committable prepared{std::to_string(++disk->tokens)};
    disk->staged[prepared.bytes] = std::exchange(open, {});
    co_return prepared;
  }
  Task<> commit(const Committable& c, Context&) {
    for (const std::string& id : disk->staged[c.bytes]) disk->visible.push_back(id);
    co_return;
  }
  Task<> abort(Context&) {
    open.clear();
    co_return;
  }
};

/// Says that it is a batch further than what it has given out.
struct Ahead {
  using value_type = Bid;
  const std::vector<Bid>* all;
  std::size_t next = 0;
  ReadStatus read(Batch<Bid>& out, Context& cx) {
    if (cx.env().faults.delay("source.pause") > Duration::zero()) return ReadStatus::idle;
    for (int i = 0; i < 10 && next < all->size() && !out.full(); ++i)
      out.push_back((*all)[next++], cx.env().clock.wall());
    return next == all->size() ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {std::to_string(std::min(next + 1, all->size()))}; }
  void resume(const Position& position) { next = std::stoul(position.token); }
};

template <class Step, class T>
Stream<T> behind(Stream<T> in, const char* name) {
  return in.template attach<T>(millrace::detail::make_node(
      name, "planted", true, true,
      [](const StepContext& context) -> std::unique_ptr<millrace::Step> {
        return std::make_unique<Step>(context);
      }));
}

/// A barrier overtakes the records before it.
struct Overtaken final : Link<Bid, Bid> {
  using Link::Link;
  Batch<Bid> held;
  void push(Batch<Bid>& batch) override {
    out_.push(held);
    held.clear();
    for (std::uint32_t i = 0; i < batch.size(); ++i) held.push_back(batch[i], batch.time(i));
    held.set_bounds(batch.min_time(), batch.max_time());
    held.set_partition(batch.partition());
  }
  void watermark(Timestamp t) override {
    out_.push(held);
    held.clear();
    Link::watermark(t);
  }
  void end() override {
    out_.push(held);
    held.clear();
    Link::end();
  }
};

/// Its watermark goes back now and then.
struct Backward final : Link<Bid, Bid> {
  using Link::Link;
  int seen = 0;
  void push(Batch<Bid>& batch) override { out_.push(batch); }
  void watermark(Timestamp t) override {
    Link::watermark(t < end_of_time && ++seen % 20 >= 10 ? t - 1min : t);
  }
};

/// Takes of the flow budget what it never gives back.
struct Leaking final : Link<Bid, Bid> {
  using Link::Link;
  int seen = 0;
  void push(Batch<Bid>& batch) override {
    if (++seen == 50) lane().flow().add(64);
    out_.push(batch);
  }
};

/// Lets queues hold more than the flow budget, and state more than its own, for a moment.
struct Hoarding final : Link<Bid, Bid> {
  using Link::Link;
  int seen = 0;
  void push(Batch<Bid>& batch) override {
    constexpr std::uint64_t much = std::uint64_t{80} << 20;
    if (++seen == 50) {
      lane().flow().add(much);
      lane().flow().release(much);
    }
    out_.push(batch);
  }
};
struct Swelling final : Link<Bid, Bid> {
  using Link::Link;
  int seen = 0;
  void push(Batch<Bid>& batch) override {
    if (++seen == 50) (void)lane().state().add(std::uint64_t{2} << 30);
    out_.push(batch);
  }
};

/// Makes files visible that it has not synced.
struct Unsynced {
  std::vector<std::string> open = {};
  void write(const Batch<Bid>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) open.push_back(id_of(batch[i]));
  }
  Task<Committable> prepare(CheckpointId id, Context& cx) {
    Committable prepared{std::to_string(id)};
    std::string lines;
    for (const std::string& each : std::exchange(open, {})) lines += each + '\n';
    Fs& fs = cx.env().fs;
    fs.make_directories("files").value();
    auto file = fs.open("files/." + prepared.bytes, OpenMode::create).value();
    file->write_at(0, lines).value();
    co_return prepared;
  }
  Task<> commit(const Committable& c, Context& cx) {
    Fs& fs = cx.env().fs;
    const Result<void> named = fs.rename("files/." + c.bytes, "files/" + c.bytes);
    if (!named && named.error().code() != Errc::not_found) throw Failure(named.error());
    fs.sync_directory("files").value();
    co_return;
  }
  Task<> abort(Context&) {
    open.clear();
    co_return;
  }
  static std::vector<std::string> look(Env& env) {
    std::vector<std::string> found;
    const auto names = env.fs.list("files");
    if (!names) return found;
    for (const std::string& name : *names) {
      if (name.starts_with('.')) continue;
      auto file = env.fs.open("files/" + name, OpenMode::read).value();
      std::string text(file->size().value(), '\0');
      text.resize(file->read_at(0, text).value());
      for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        found.push_back(text.substr(at, text.find('\n', at) - at));
        if (text.find('\n', at) == std::string::npos) break;
      }
    }
    return found;
  }
};

/// Waits for ever once it has been restored.
struct Stuck {
  sim::WorldSink<Bid> sink;
  bool restored = false;
  Task<> write(const Batch<Bid>& batch, Context& cx) {
    while (restored && !cx.stopping()) co_await cx.sleep_for(1s);
    sink.write(batch, cx);
  }
  Task<Committable> prepare(CheckpointId id, Context& cx) { return sink.prepare(id, cx); }
  Task<> commit(const Committable& c, Context& cx) { return sink.commit(c, cx); }
  Task<> abort(Context& cx) {
    restored = cx.env().clock.monotonic() > MonotonicTime(100ms);
    return sink.abort(cx);
  }
};

/// Gives records of one key in another order than they came.
struct Shuffled final : Link<Bid, Bid> {
  using Link::Link;
  int seen = 0;
  void push(Batch<Bid>& batch) override {
    if (++seen % 3 == 0 && batch.size() > 1) {
      Bid* const bids = batch.writable();
      std::reverse(bids, bids + batch.size());
    }
    out_.push(batch);
  }
};

/// Which of a checkpoint's barriers a queue lets through.
enum class Lets : unsigned char { first, last };

/// A queue where subtasks meet that holds no channel back behind its barrier, and takes no notice
/// of the other barriers.
template <class T>
class Unaligned final : public Head {
 public:
  Unaligned(Lane& lane, Lets lets) : lane_(lane), lets_(lets), arrived_(lane.strand()) {
    lane_.wake_on_abort(arrived_);
  }
  struct Item {
    std::unique_ptr<Batch<T>> batch = nullptr;
    Timestamp time{};
    Barrier* barrier = nullptr;
    CheckpointId id = 0;  // the barrier's
    bool end = false;
  };
  struct Channel final : ParcelPort<T> {
    explicit Channel(Unaligned& b) : box(b) {}
    void send(std::unique_ptr<Parcel<T>>& parcel) override {
      if (!parcel->batch.empty()) push(parcel->batch);
      if (!parcel->marks.empty()) watermark(parcel->marks.back().watermark);
      parcel->clear();
    }
    void push(Batch<T>& batch) override {
      auto mine = std::make_unique<Batch<T>>(batch.capacity());
      batch.move_to(*mine);
      put({.batch = std::move(mine)});
    }
    void watermark(Timestamp t) override { put({.time = t}); }
    void idle() override {}
    void partition(std::uint32_t, PartitionEvent) override {}
    void barrier(Barrier& b) override { put({.barrier = &b, .id = b.id()}); }
    void end() override { put({.end = true}); }
    void put(Item item) {
      queue.push_back(std::move(item));
      box.arrived_.notify();
    }
    Unaligned& box;
    std::deque<Item> queue;
    Timestamp watermark_{start_of_time};
  };
  ParcelPort<T>& add_channel() {
    channels_.push_back(std::make_unique<Channel>(*this));
    return *channels_.back();
  }
  Output<T>& output() { return out_; }

  Task<> run() override {
    while (ended_ < channels_.size() && !lane_.aborted()) {
      if (const Duration d = lane_.env().faults.delay("inbox.take"); d > Duration::zero()) {
        Sleep nap(lane_.strand(), lane_.abort_flag(), lane_.env().clock.monotonic() + d);
        co_await nap;
      }
      if (!take_one()) co_await arrived_.wait();
    }
    if (!lane_.aborted()) out_.end();
  }

 private:
  bool take_one() {
    for (std::size_t k = 0; k < channels_.size(); ++k) {
      Channel& c = *channels_[turn_++ % channels_.size()];
      if (c.queue.empty()) continue;
      Item item = std::move(c.queue.front());
      c.queue.pop_front();
      handle(c, item);
      return true;
    }
    return false;
  }
  void handle(Channel& c, Item& item) {
    if (item.batch) return out_.push(*item.batch);
    if (item.end) return void(++ended_);
    if (!item.barrier) {
      c.watermark_ = item.time;
      Timestamp least = end_of_time;
      for (auto& channel : channels_) least = std::min(least, channel->watermark_);
      if (least > watermark_) out_.watermark(watermark_ = least);
      return;
    }
    const std::size_t arrived = ++arrived_of_[item.id];  // the barrier itself may be gone
    if (arrived != (lets_ == Lets::first ? 1 : channels_.size())) return;
    out_.barrier(*item.barrier);
    item.barrier->lane_done();
  }
  Lane& lane_;
  Lets lets_;
  Signal arrived_;
  std::vector<std::unique_ptr<Channel>> channels_;
  Output<T> out_;
  Timestamp watermark_{start_of_time};
  std::size_t turn_ = 0, ended_ = 0;
  std::map<CheckpointId, std::size_t> arrived_of_;
};

/// The edge that leads into it, by item.
class UnalignedEdge final : public EdgeOf<Bid> {
 public:
  explicit UnalignedEdge(Lets lets) : lets_(lets) {}
  std::unique_ptr<Head> make_inbox(Lane& lane, Step& to, unsigned input) const override {
    auto inbox = std::make_unique<Unaligned<Bid>>(lane, lets_);
    inbox->output().connect(lane, *static_cast<Port<Bid>*>(to.input(input)), &to.counters());
    return inbox;
  }
  std::shared_ptr<void> scatter(Step& from, unsigned output,
                                const std::vector<Head*>& inboxes) const override {
    const auto route = [n = inboxes.size()](const Bid& bid) {
      return std::size_t{key_group(bid.item)} * n / key_groups;  // where its state is restored
    };
    auto exchange = std::make_shared<Exchange<Bid, decltype(route)>>(from.lane(), route);
    for (Head* inbox : inboxes)
      exchange->add_target(static_cast<Unaligned<Bid>&>(*inbox).add_channel(), inboxes.size());
    static_cast<Output<Bid>*>(from.output(output))->connect(from.lane(), *exchange, nullptr);
    return exchange;
  }
  bool keyed() const override { return true; }

 private:
  Lets lets_;
};

/// Is not given the state of one key group when it is restored.
template <class S>
class ForgetsGroup final : public Step {
 public:
  ForgetsGroup(const StepContext& context, std::unique_ptr<S> whole)
      : Step(context), whole_(std::move(whole)) {}
  void* input(unsigned index) override { return whole_->input(index); }
  void* output(unsigned index) override { return whole_->output(index); }
  void save(Barrier& barrier) const override { whole_->save(barrier); }
  Result<void> load(const StateItem& item) override {
    if (item.group == key_group(std::int32_t{5})) return {};
    return whole_->load(item);
  }

 private:
  std::unique_ptr<S> whole_;
};

/// The sums as windows() has them, of which `make` makes the step, behind an edge of one's own.
template <class Make>
Stream<Sum> sums_by(Stream<Bid> in, Make make, std::shared_ptr<const Edge> edge) {
  using B = agg::Bound<Bid, decltype(agg::sum(&Bid::id))>;
  using S = WindowStep<Bid, std::int32_t Bid::*, B>;
  return in.event_time("time", &Bid::time, watermark::bounded_out_of_orderness(300ms))
      .attach<Sum>(millrace::detail::make_node(
                       "sums", "window", true, true,
                       [make](const StepContext& context) -> std::unique_ptr<Step> {
                         const WindowOptions options{.size = 1s, .allowed_lateness = 1min};
                         return make(context, std::make_unique<S>(
                                                  context, &Bid::item,
                                                  agg::bind<Bid>(agg::sum(&Bid::id)), options));
                       }),
                   std::move(edge));
}

}  // namespace sim_jobs
