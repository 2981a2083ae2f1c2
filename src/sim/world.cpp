// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/world.hpp"

#include "millrace/state/hash.hpp"
#include "world_state.hpp"

namespace millrace::sim {

World::World(std::unique_ptr<State> state) : state_(std::move(state)) {}
World::~World() = default;

millrace::Env& World::env() { return *state_->env; }
std::uint64_t World::seed() const { return state_->seed; }

void World::once(const std::function<void(millrace::Env&)>& fill) {
  if (state_->fills_asked++ < state_->fills_done) return;
  ++state_->fills_done;
  state_->watch(false);
  fill(*state_->env);
  state_->watch(true);
}

void World::output(const std::string& name,
                   std::function<std::vector<std::string>(millrace::Env&)> look,
                   OutputOptions<std::string> options) {
  ledger(name, detail::shape_of(options));
  state_->looks[name] = {std::move(look), std::move(options)};
}

void World::require(const std::string& name, std::function<std::string(const World&)> holds) {
  state_->requirements[name] = std::move(holds);
}

const std::vector<std::string>& World::visible(std::string_view output) const {
  static const std::vector<std::string> nothing;
  const auto at = state_->ledgers.find(output);
  return at == state_->ledgers.end() ? nothing : at->second->ids();
}

std::shared_ptr<void>& World::script(const std::string& name) { return state_->scripts[name]; }

std::shared_ptr<detail::Ledger> World::ledger(const std::string& name,
                                              detail::Ledger::Shape shape) {
  auto& ledger = state_->ledgers[name];
  if (ledger) return ledger;
  const detail::Ledger* faultless = nullptr;
  if (state_->faultless) {
    const auto& all = state_->faultless->state().ledgers;
    if (const auto at = all.find(name); at != all.end()) faultless = at->second.get();
  }
  return ledger = std::make_shared<detail::Ledger>(name, shape, state_->facts, faultless);
}

detail::Script World::arrange(const std::string& name, const detail::Script::Shape& shape) const {
  detail::Script script = detail::Script::arrange(shape, xxh64(name, state_->seed));
  script.began = state_->began;
  return script;
}

}  // namespace millrace::sim
