// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/migration.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace millrace::detail {
namespace {

using Kind = SchemaNode::Kind;
using Plan = Converter::Plan;

bool holds_outer(const SchemaNode& node) {
  return node.kind == Kind::outer || std::ranges::any_of(node.members, [](const SchemaMember& m) {
           return holds_outer(m.node);
         });
}
/// Is one of them outside of the node that is so many levels up?
bool leads_out(const SchemaNode& node, std::uint64_t levels = 0) {
  if (node.kind == Kind::outer) return node.size >= levels;
  if (node.kind == Kind::tuple || node.kind == Kind::record) ++levels;
  return std::ranges::any_of(node.members,
                             [&](const SchemaMember& m) { return leads_out(m.node, levels); });
}

/// Can the end of a value be found?
bool passable(const SchemaNode& node) {
  if (node.pass) return true;
  if (node.kind == Kind::custom || node.kind == Kind::outer) return false;
  return std::ranges::all_of(node.members, [](const SchemaMember& m) { return passable(m.node); });
}

/// Takes over how to pass values from a node of the same text, where the text does not say.
void adopt(SchemaNode& from, const SchemaNode& to) {
  if (from.kind == Kind::custom || (to.pass && holds_outer(from) && !leads_out(from))) {
    from.pass = to.pass;
    return;
  }
  for (std::size_t i = 0; i < from.members.size(); ++i)
    adopt(from.members[i].node, to.members[i].node);
}

Result<void> pass(const SchemaNode& node, StateReader& in) {
  if (node.pass) return node.pass(in);
  switch (node.kind) {
    case Kind::string: {
      std::uint32_t size = 0;
      if (auto done = read_int(in, size); !done) return done;
      if (auto bytes = in.take(size); !bytes) return bytes.take_error();
      return {};
    }
    case Kind::optional: {
      bool set = false;
      if (auto done = Codec<bool>::read(in, set); !done) return done;
      return set ? pass(node.members[0].node, in) : Result<void>();
    }
    case Kind::vector: {
      std::uint32_t size = 0;
      if (auto done = read_int(in, size); !done) return done;
      for (std::uint32_t i = 0; i < size; ++i) {
        if (in.empty()) return in.corrupted("a vector ends early");
        if (auto done = pass(node.members[0].node, in); !done) return done;
      }
      return {};
    }
    case Kind::tuple:
    case Kind::record:
      for (const SchemaMember& member : node.members)
        if (auto done = pass(member.node, in); !done) return done;
      return {};
    default:
      if (auto bytes = in.take(node.size); !bytes) return bytes.take_error();
      return {};
  }
}

/// The bytes of the value that comes next.
Result<std::string_view> span(const SchemaNode& node, StateReader& in) {
  const std::string_view rest = in.rest();
  if (auto done = pass(node, in); !done) return done.take_error();
  return rest.substr(0, rest.size() - in.left());
}

bool is_number(const SchemaNode& node) {
  return node.kind == Kind::scalar && node.name[1] >= '0' && node.name[1] <= '9';
}
/// Does every value of one kind of number have its own in the other?
bool widens(const SchemaNode& from, const SchemaNode& to) {
  if (!is_number(from) || !is_number(to) || from.size >= to.size) return false;
  return from.name[0] == to.name[0] || (from.name[0] == 'u' && to.name[0] == 'i');
}
Result<void> widen(const Plan& plan, StateReader& in, std::string& out) {
  auto bytes = in.take(plan.from->size);
  if (!bytes) return bytes.take_error();
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes->size(); ++i)
    value |= std::uint64_t{static_cast<unsigned char>((*bytes)[i])} << (8 * i);
  if (plan.from->name[0] == 'f') {
    const auto narrow = std::bit_cast<float>(static_cast<std::uint32_t>(value));
    value = std::bit_cast<std::uint64_t>(static_cast<double>(narrow));
  }
  const bool negative = plan.from->name[0] == 'i' && (bytes->back() & 0x80) != 0;
  for (std::size_t i = 0; i < plan.to->size; ++i)
    out += i >= bytes->size() && negative ? '\xFF' : static_cast<char>(value >> (8 * i));
  return {};
}

/// Finds out how one schema becomes another, or where it can't.
class Planner {
 public:
  Planner(const SchemaNode& from, const SchemaNode& to, std::string_view what)
      : before_(to_text(from)), now_(to_text(to)), what_(what) {}

  Result<Plan> plan(SchemaNode& from, const SchemaNode& to) {
    Plan plan{.from = &from, .to = &to};
    if (to_text(from) == to_text(to)) {
      adopt(from, to);
      return passable(from) ? Result<Plan>(std::move(plan))
                            : refused("a struct that holds itself can't change");
    }
    if (widens(from, to)) {
      plan.act = Plan::Act::widen;
      return plan;
    }
    if (to.from_memory && from.name == "bytes<" + std::to_string(to.size) + ">") {
      plan.act = Plan::Act::memory;
      return plan;
    }
    if (from.kind == to.kind && (to.kind == Kind::optional || to.kind == Kind::vector)) {
      plan.act = to.kind == Kind::optional ? Plan::Act::optional : Plan::Act::vector;
      auto part = this->plan(from.members[0].node, to.members[0].node);
      if (!part) return part;
      plan.parts.push_back(std::move(*part));
      return plan;
    }
    const bool same_name = from.name == to.name || from.name == "struct" || from.name == "tuple";
    plan.act = Plan::Act::members;
    if (same_name && from.kind == Kind::record && to.kind == Kind::record)
      return by_name(std::move(plan), from);
    if (same_name && from.kind == Kind::tuple && from.members.size() == to.members.size() &&
        (to.kind == Kind::tuple || same_members(from, to)))
      return by_place(std::move(plan), from);
    return refused(to_text(from) + " became " + to_text(to));
  }

 private:
  static bool same_members(const SchemaNode& from, const SchemaNode& to) {
    return to.kind == Kind::record &&
           std::ranges::equal(from.members, to.members,
                              [](const SchemaMember& a, const SchemaMember& b) {
                                return to_text(a.node) == to_text(b.node);
                              });
  }
  Result<Plan> by_place(Plan plan, SchemaNode& from) {
    for (std::size_t i = 0; i < from.members.size(); ++i) {
      auto part = member(from, i, plan.to->members[i], std::to_string(i));
      if (!part) return part;
      plan.parts.push_back(std::move(*part));
      plan.sources.push_back(i);
    }
    return plan;
  }
  Result<Plan> by_name(Plan plan, SchemaNode& from) {
    std::vector<bool> stays(from.members.size());
    for (const SchemaMember& to : plan.to->members) {
      const auto at = std::ranges::find(from.members, to.name, &SchemaMember::name);
      if (at == from.members.end()) {
        plan.parts.emplace_back();
        plan.sources.push_back(Plan::none);
        continue;
      }
      const auto source = static_cast<std::size_t>(at - from.members.begin());
      auto part = member(from, source, to, to.name);
      if (!part) return part;
      stays[source] = true;
      plan.parts.push_back(std::move(*part));
      plan.sources.push_back(source);
    }
    if (std::ranges::find(stays, true) == stays.end()) return refused("no field has stayed");
    for (std::size_t i = 0; i < stays.size(); ++i)
      if (!stays[i] && !passable(from.members[i].node))
        return refused("field " + from.members[i].name +
                       " is gone, and where its value ends only its Codec knows");
    return plan;
  }
  Result<Plan> member(SchemaNode& from, std::size_t i, const SchemaMember& to,
                      const std::string& name) {
    const std::size_t size = path_.size();
    path_ += (path_.empty() ? "" : ".") + name;
    auto part = plan(from.members[i].node, to.node);
    path_.resize(size);
    return part;
  }
  Error refused(const std::string& why) const {
    return Error(Errc::unsupported,
                 what_ + " was written as " + before_ + ", this program has " + now_ + ": " +
                     (path_.empty() ? "" : "at " + path_ + ", ") + why +
                     "; fields of a described struct may come and go, and numbers widen: keep the "
                     "old type otherwise, or give the changed step a new name");
  }

  std::string before_;
  std::string now_;
  std::string what_;
  std::string path_;
};

Result<void> run(const Plan& plan, StateReader& in, std::string& out);

Result<void> run_members(const Plan& plan, StateReader& in, std::string& out) {
  std::vector<std::string_view> spans;
  for (const SchemaMember& member : plan.from->members) {
    auto bytes = span(member.node, in);
    if (!bytes) return bytes.take_error();
    spans.push_back(*bytes);
  }
  for (std::size_t i = 0; i < plan.parts.size(); ++i) {
    if (plan.sources[i] == Plan::none) {
      out += plan.to->members[i].initial;
      continue;
    }
    StateReader part(spans[plan.sources[i]]);
    if (auto done = run(plan.parts[i], part, out); !done) return done;
  }
  return {};
}

Result<void> run(const Plan& plan, StateReader& in, std::string& out) {
  switch (plan.act) {
    case Plan::Act::copy: {
      auto bytes = span(*plan.from, in);
      if (!bytes) return bytes.take_error();
      out += *bytes;
      return {};
    }
    case Plan::Act::widen:
      return widen(plan, in, out);
    case Plan::Act::memory:
      return plan.to->from_memory(in, out);
    case Plan::Act::optional: {
      bool set = false;
      if (auto done = Codec<bool>::read(in, set); !done) return done;
      Codec<bool>::write(out, set);
      return set ? run(plan.parts[0], in, out) : Result<void>();
    }
    case Plan::Act::vector: {
      std::uint32_t size = 0;
      if (auto done = read_int(in, size); !done) return done;
      write_int(out, size);
      for (std::uint32_t i = 0; i < size; ++i) {
        if (in.empty()) return in.corrupted("a vector ends early");
        if (auto done = run(plan.parts[0], in, out); !done) return done;
      }
      return {};
    }
    case Plan::Act::members:
      return run_members(plan, in, out);
  }
  return {};
}

}  // namespace

Result<Converter> Converter::between(std::string_view written, SchemaNode own,
                                     std::string_view what) {
  Converter converter;
  if (written == to_text(own)) return converter;
  auto from = parse_schema(written);
  if (!from) return from.take_error();
  auto nodes = std::make_unique<Nodes>(Nodes{std::move(*from), std::move(own), {}});
  auto plan = Planner(nodes->from, nodes->to, what).plan(nodes->from, nodes->to);
  if (!plan) return plan.take_error();
  nodes->plan = std::move(*plan);
  converter.nodes_ = std::move(nodes);
  return converter;
}

Result<void> Converter::convert(StateReader& in, std::string& out) const {
  return run(nodes_->plan, in, out);
}

}  // namespace millrace::detail
