// SPDX-License-Identifier: BSL-1.0
// One pipeline's checkpoints: which there are, what one holds, whether its bytes are whole.
#include <algorithm>
#include <iterator>

#include "checkpoint_commands.hpp"
#include "millrace/formats/time.hpp"
#include "millrace/runtime/checkpoint_inspect.hpp"
#include "table.hpp"

namespace millrace {

// Found by the JSON encoder beside the types.
constexpr auto describe(type<CheckpointStep>) {
  return fields("name", &CheckpointStep::name, "kind", &CheckpointStep::kind, "schema",
                &CheckpointStep::schema, "subtasks", &CheckpointStep::subtasks, "items",
                &CheckpointStep::items, "bytes", &CheckpointStep::bytes);
}
constexpr auto describe(type<CheckpointCommittable>) {
  return fields("step", &CheckpointCommittable::step, "subtask", &CheckpointCommittable::subtask,
                "bytes", &CheckpointCommittable::bytes);
}

}  // namespace millrace

namespace millrace::tool {
namespace {

std::string hex(std::uint64_t n) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(n >> shift) & 15];
  return text;
}

struct SummaryRow {
  CheckpointId id = 0;
  std::string state;
  std::string problem;
  std::string pipeline;
  std::uint64_t epoch = 0;
  std::optional<Timestamp> written;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes_referenced = 0;
  std::uint64_t steps = 0;
};
constexpr auto describe(type<SummaryRow>) {
  return fields("id", &SummaryRow::id, "state", &SummaryRow::state, "problem", &SummaryRow::problem,
                "pipeline", &SummaryRow::pipeline, "epoch", &SummaryRow::epoch, "written",
                &SummaryRow::written, "bytes", &SummaryRow::bytes, "bytes_written",
                &SummaryRow::bytes_written, "bytes_referenced", &SummaryRow::bytes_referenced,
                "steps", &SummaryRow::steps);
}
SummaryRow to_row(const CheckpointSummary& s) {
  return {s.id,
          std::string(to_string(s.state)),
          s.problem,
          s.pipeline,
          s.epoch,
          s.written,
          s.bytes,
          s.bytes_written,
          s.bytes_referenced,
          s.steps};
}

struct PositionRow {
  std::string step;
  std::string partition;
  std::string position;
  bool ended = false;
};
constexpr auto describe(type<PositionRow>) {
  return fields("step", &PositionRow::step, "partition", &PositionRow::partition, "position",
                &PositionRow::position, "ended", &PositionRow::ended);
}

struct ItemRow {
  std::string step;
  std::uint32_t subtask = 0;
  std::optional<std::uint32_t> group;
  std::uint64_t bytes = 0;
  std::string xxh64;
};
constexpr auto describe(type<ItemRow>) {
  return fields("step", &ItemRow::step, "subtask", &ItemRow::subtask, "group", &ItemRow::group,
                "bytes", &ItemRow::bytes, "xxh64", &ItemRow::xxh64);
}

struct DetailsRow {
  SummaryRow checkpoint;
  std::vector<CheckpointStep> steps;
  std::vector<PositionRow> positions;
  std::vector<CheckpointCommittable> committables;
  std::optional<std::vector<ItemRow>> items;
};
constexpr auto describe(type<DetailsRow>) {
  return fields("checkpoint", &DetailsRow::checkpoint, "steps", &DetailsRow::steps, "positions",
                &DetailsRow::positions, "committables", &DetailsRow::committables, "items",
                &DetailsRow::items);
}

std::string time_of(const CheckpointSummary& summary) {
  if (!summary.written) return "-";
  return format_time(*summary.written).value_or("-");
}

bool is_checkpoint(const CheckpointSummary& summary) {
  return summary.state == CheckpointState::complete || summary.state == CheckpointState::damaged;
}

CheckpointId newest(CheckpointStore& store) {
  const std::vector<CheckpointSummary> all = millrace::list_checkpoints(store).value();
  const auto at = std::find_if(all.rbegin(), all.rend(), [](const CheckpointSummary& summary) {
    return summary.state == CheckpointState::complete;
  });
  if (at == all.rend())
    throw Failure({Errc::not_found, store.where() + ": there is no complete checkpoint"});
  return at->id;
}

/// Its beginning, when it is long.
std::string brief(const std::string& bytes) {
  constexpr std::size_t most = 100;
  if (bytes.size() <= most) return visible(bytes);
  return visible(bytes.substr(0, most)) + "... (" + std::to_string(bytes.size()) + " bytes)";
}

void print_items(const CheckpointDetails& details) {
  Table table({"step", "subtask", "group", "bytes", "xxh64"});
  for (const CheckpointItem& item : details.items)
    table.add({visible(item.step), std::to_string(item.subtask),
               item.group ? std::to_string(*item.group) : "all", std::to_string(item.size),
               hex(item.sum)});
  print_line("\nstate:");
  table.print("  ");
}

void print_details(const CheckpointDetails& details) {
  const CheckpointSummary& s = details.summary;
  print_line("checkpoint " + std::to_string(s.id) + " of pipeline \"" + visible(s.pipeline) +
             "\", written " + time_of(s) + " in epoch " + std::to_string(s.epoch));
  print_line(count_of(s.bytes, "byte") + " of state, " + std::to_string(s.bytes_written) +
             " written, " + std::to_string(s.bytes_referenced) + " shared with older checkpoints");
  Table steps({"step", "kind", "subtasks", "items", "bytes", "type of its state"});
  for (const CheckpointStep& step : details.steps)
    steps.add({visible(step.name), step.kind.empty() ? "-" : visible(step.kind),
               std::to_string(step.subtasks), std::to_string(step.items),
               std::to_string(step.bytes), brief(step.schema)});
  print_line("");
  steps.print();
  Table positions({"source", "partition", "position"});
  for (const CheckpointPosition& p : details.positions)
    positions.add({visible(p.step), visible(p.partition),
                   visible(p.position.token) + (p.ended ? " (its end)" : "")});
  if (!details.positions.empty()) print_line("");
  positions.print();
  Table committables({"sink", "subtask", "has prepared"});
  for (const CheckpointCommittable& c : details.committables)
    committables.add({visible(c.step), std::to_string(c.subtask), brief(c.bytes)});
  if (!details.committables.empty()) print_line("");
  committables.print();
}

DetailsRow to_row(const CheckpointDetails& details, bool with_items) {
  DetailsRow row{.checkpoint = to_row(details.summary),
                 .steps = details.steps,
                 .positions = {},
                 .committables = details.committables,
                 .items = {}};
  for (const CheckpointPosition& p : details.positions)
    row.positions.push_back({p.step, p.partition, p.position.token, p.ended});
  for (CheckpointCommittable& c : row.committables) c.bytes = visible(c.bytes);
  if (!with_items) return row;
  row.items.emplace();
  for (const CheckpointItem& i : details.items)
    row.items->push_back({i.step, i.subtask, i.group, i.size, hex(i.sum)});
  return row;
}

/// Says whether it can be restored.
bool verify(CheckpointStore& store, CheckpointId id) {
  const std::string name = "checkpoint " + std::to_string(id);
  Result<CheckpointDetails> details = describe_checkpoint(store, id);
  Result<std::vector<CheckpointDamage>> damage = verify_checkpoint(store, id);
  if (!damage) {
    if (damage.error().code() != Errc::corrupted) throw Failure(damage.take_error());
    print_line(name + ": damaged: " + damage.error().message());
    return false;
  }
  bool good = true;
  for (const CheckpointDamage& d : *damage) {
    print_line(name + ": " + (d.in_use ? "damaged: " : "harmless damage: ") + d.file + ", offset " +
               std::to_string(d.offset) + ": " + d.what);
    good = good && !d.in_use;
  }
  if (good && !details) throw Failure(details.take_error());
  if (good)
    print_line(name + ": ok: " + count_of(details->items.size(), "item") + ", " +
               count_of(details->summary.bytes, "byte"));
  return good;
}

}  // namespace

std::string count_of(std::uint64_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

DirectoryCheckpointStore open_checkpoints(Env& env, const std::string& directory) {
  const auto info = env.fs.info(directory).value();
  if (!info || !info->is_directory)
    throw Failure({Errc::not_found, directory + ": there is no such directory"});
  return {env.fs, directory};
}

void list_checkpoints(const Arguments& arguments, Env& env) {
  DirectoryCheckpointStore store = open_checkpoints(env, arguments.rest()[0]);
  Table table({"id", "epoch", "written", "state", "bytes", "bytes written", "shared", "steps"});
  const std::vector<CheckpointSummary> all = millrace::list_checkpoints(store).value();
  for (const CheckpointSummary& s : all) {
    const bool shown = is_checkpoint(s) || s.state == CheckpointState::unfinished;
    if (!shown && !arguments.has("--all")) continue;
    if (arguments.has("--json")) {
      print_json(to_row(s));
      continue;
    }
    const bool known = !s.pipeline.empty();  // its manifest was read
    std::vector<std::string> row = {std::to_string(s.id), known ? std::to_string(s.epoch) : "-",
                                    time_of(s), std::string(to_string(s.state))};
    const std::uint64_t numbers[] = {s.bytes, s.bytes_written, s.bytes_referenced, s.steps};
    for (const std::uint64_t n : numbers)
      row.push_back(known && is_checkpoint(s) ? std::to_string(n) : "");
    table.add(std::move(row));
  }
  table.print();
  for (const CheckpointSummary& s : all)
    if (!s.problem.empty() && !arguments.has("--json"))
      print_line("checkpoint " + std::to_string(s.id) + ": " + visible(s.problem));
}

void show_checkpoint(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  DirectoryCheckpointStore store = open_checkpoints(env, words[0]);
  const CheckpointId id = words.size() == 2 ? to_number(words[1], "ID") : newest(store);
  const CheckpointDetails details = describe_checkpoint(store, id).value();
  if (arguments.has("--json")) return print_json(to_row(details, arguments.has("--items")));
  print_details(details);
  if (arguments.has("--items")) print_items(details);
}

void verify_checkpoints(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  DirectoryCheckpointStore store = open_checkpoints(env, words[0]);
  std::vector<CheckpointId> ids;
  if (words.size() == 2) {
    ids.push_back(to_number(words[1], "ID"));
  } else {
    const std::vector<CheckpointSummary> all = millrace::list_checkpoints(store).value();
    for (const CheckpointSummary& s : all)
      if (is_checkpoint(s)) ids.push_back(s.id);
  }
  if (ids.empty()) throw Failure({Errc::not_found, store.where() + ": there is no checkpoint"});
  const auto bad = std::ranges::count_if(ids, [&](CheckpointId id) { return !verify(store, id); });
  if (bad > 0)
    throw Failure({Errc::corrupted, std::to_string(bad) + " of " +
                                        count_of(ids.size(), "checkpoint") + " can't be restored"});
}

}  // namespace millrace::tool
