// SPDX-License-Identifier: BSL-1.0
#include "index/fields.hpp"

#include <algorithm>
#include <array>

namespace millrace::index {
namespace {

struct Named {
  std::string_view name;
  Type type;
};
constexpr std::array<Named, 17> types = {{
    {"text", Type::text},
    {"match_only_text", Type::text},
    {"keyword", Type::keyword},
    {"ip", Type::ip},
    {"byte", Type::byte_number},
    {"short", Type::short_number},
    {"integer", Type::integer_number},
    {"long", Type::long_number},
    {"float", Type::real_number},
    {"half_float", Type::real_number},
    {"double", Type::real_number},
    {"boolean", Type::boolean},
    {"date", Type::date},
    {"object", Type::object},
    {"binary", Type::stored},
    {"geo_point", Type::stored},
    {"constant_keyword", Type::keyword},
}};

Error parsing_error(std::string reason) {
  return Error(Errc::invalid_input, "mapper_parsing_exception: " + std::move(reason));
}

Result<Dynamic> to_dynamic(const Json& value) {
  const std::string text = value.scalar();
  if (text == "true") return Dynamic::yes;
  if (text == "false") return Dynamic::no;
  if (text == "strict") return Dynamic::strict;
  return parsing_error("Could not convert [dynamic] to [true, false, strict]: \"" + text + "\"");
}

void write_fields(JsonWriter& json, const std::vector<std::unique_ptr<Field>>& fields);

void write_field(JsonWriter& json, const Field& field) {
  json.key(field.name).open('{');
  if (field.type == Type::object) {
    if (field.dynamic != field.parent->dynamic)
      json.key("dynamic").string(field.dynamic == Dynamic::yes  ? "true"
                                 : field.dynamic == Dynamic::no ? "false"
                                                                : "strict");
    json.key("properties").open('{');
    write_fields(json, field.children);
    json.close('}');
  } else {
    json.key("type").string(field.wire_type);
    if (!field.indexed) json.key("index").boolean(false);
    if (field.ignore_above != 0) json.key("ignore_above").integer(field.ignore_above);
    if (!field.fields.empty()) {
      json.key("fields").open('{');
      write_fields(json, field.fields);
      json.close('}');
    }
  }
  json.close('}');
}

void write_fields(JsonWriter& json, const std::vector<std::unique_ptr<Field>>& fields) {
  for (const auto& field : fields) write_field(json, *field);
}

Field* named(const std::vector<std::unique_ptr<Field>>& fields, std::string_view name) {
  for (const auto& field : fields)
    if (field->name == name) return field.get();
  return nullptr;
}

}  // namespace

Type type_of(std::string_view wire_type, bool& known) {
  const auto* const found =
      std::find_if(types.begin(), types.end(), [&](const Named& t) { return t.name == wire_type; });
  known = found != types.end();
  return known ? found->type : Type::stored;
}

Field* Field::child(std::string_view child_name) {
  // Documents mostly have their members in one order.
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (guess >= children.size()) guess = 0;
    Field* const candidate = children[guess++].get();
    if (candidate->name == child_name) return candidate;
  }
  return nullptr;
}

Field* Mapping::add(Field& parent, std::string_view name, std::string_view wire_type) {
  auto field = std::make_unique<Field>();
  field->name = name;
  field->path = parent.path.empty() ? std::string(name) : parent.path + '.' + std::string(name);
  field->wire_type = wire_type;
  bool known = false;
  field->type = type_of(wire_type, known);
  field->dynamic = parent.dynamic;
  field->parent = &parent;
  Field* const added = field.get();
  parent.children.push_back(std::move(field));
  order_.push_back(added);
  if (added->type != Type::object) leaves_.push_back(added);
  ++count_;
  return added;
}

Field* Mapping::add_sub_field(Field& field, std::string_view name, std::string_view wire_type) {
  Field* const added = add(field, name, wire_type);
  field.fields.push_back(std::move(field.children.back()));
  field.children.pop_back();
  return added;
}

void Mapping::remove_last() {
  Field* const last = order_.back();
  order_.pop_back();
  --count_;
  if (last->type != Type::object) leaves_.pop_back();
  auto& siblings =
      last->parent->type == Type::object ? last->parent->children : last->parent->fields;
  siblings.pop_back();
}

Field* Mapping::find(std::string_view path) {
  Field* at = &root_;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    at = named(at->type == Type::object ? at->children : at->fields, part);
    if (!at) return nullptr;
  }
  return at == &root_ ? nullptr : at;
}
const Field* Mapping::find(std::string_view path) const {
  return const_cast<Mapping*>(this)->find(path);
}

Result<void> Mapping::define(const Json& mappings) {
  if (!mappings.is_object()) return parsing_error("mappings must be an object");
  for (const auto& [name, value] : mappings.members) {
    if (name == "dynamic") {
      Result<Dynamic> dynamic = to_dynamic(value);
      if (!dynamic) return dynamic.take_error();
      root_.dynamic = *dynamic;
    } else if (name != "properties" && name != "_source" && name != "_meta") {
      return parsing_error("Root mapping definition has unsupported parameters: [" + name + "]");
    }
  }
  const Json* const properties = mappings.find("properties");
  return properties ? define_properties(root_, *properties, 1) : Result<void>();
}

Result<void> Mapping::define_properties(Field& object, const Json& properties, std::size_t depth) {
  if (!properties.is_object()) return parsing_error("Expected map for property [properties]");
  if (depth > mapping_depth_limit)
    return parsing_error("Limit of mapping depth [20] has been exceeded at [" + object.path + "]");
  for (const auto& [name, definition] : properties.members) {
    if (name.empty() || name.find('.') != std::string::npos)
      return parsing_error("field name [" + name + "] is empty or has a dot: nest properties");
    if (named(object.children, name)) return parsing_error("Duplicate field '" + name + "'");
    if (count_ >= field_limit)
      return parsing_error("Limit of total fields [1000] has been exceeded");
    if (!definition.is_object())
      return parsing_error("Expected map for property [" + name + "] but got a value");
    const Json* const type = definition.find("type");
    const Json* const inner = definition.find("properties");
    if (!type && !inner) return parsing_error("No type specified for field [" + name + "]");
    const std::string wire = type ? type->scalar() : "object";
    bool known = false;
    type_of(wire, known);
    if (!known)
      return parsing_error("No handler for type [" + wire + "] declared on field [" + name + "]");
    Field* const field = add(object, name, wire);
    if (field->type == Type::object) {
      if (const Json* const dynamic = definition.find("dynamic")) {
        Result<Dynamic> value = to_dynamic(*dynamic);
        if (!value) return value.take_error();
        field->dynamic = *value;
      }
      if (!inner) continue;
      if (Result<void> done = define_properties(*field, *inner, depth + 1); !done) return done;
    } else if (Result<void> done = define_leaf(*field, definition); !done) {
      return done;
    }
  }
  return {};
}

Result<void> Mapping::define_leaf(Field& field, const Json& definition) {
  for (const auto& [name, value] : definition.members) {
    if (name == "index") {
      field.indexed = value.scalar() == "true";
    } else if (name == "ignore_above") {
      field.ignore_above = std::max<std::int64_t>(0, value.integer().value_or(0));
    } else if (name == "fields" && field.parent->type == Type::object) {
      for (const auto& [sub, sub_definition] : value.members) {
        const Json* const type = sub_definition.find("type");
        bool known = false;
        const std::string wire = type ? type->scalar() : "";
        if (type_of(wire, known) == Type::object || !known || sub.empty() ||
            sub.find('.') != std::string::npos)
          return parsing_error("No handler for type [" + wire + "] declared on field [" + sub +
                               "]");
        Field* const added = add_sub_field(field, sub, wire);
        if (Result<void> done = define_leaf(*added, sub_definition); !done) return done;
      }
    } else if (name != "type" && name != "doc_values" && name != "store" && name != "norms" &&
               name != "format" && name != "analyzer" && name != "scaling_factor" &&
               name != "coerce" && name != "meta") {
      return parsing_error("unknown parameter [" + name + "] on mapper [" + field.name +
                           "] of type [" + field.wire_type + "]");
    }
    if (name == "analyzer" && value.text != "standard")
      return parsing_error("analyzer [" + value.text + "] has not been configured in mappings");
    if (name == "format" && value.text != "strict_date_optional_time||epoch_millis" &&
        value.text != "strict_date_optional_time" && value.text != "epoch_millis")
      return parsing_error("Invalid format: [" + value.text +
                           "]; dates are strict_date_optional_time||epoch_millis here");
  }
  return {};
}

std::string Mapping::to_json() const {
  std::string out;
  JsonWriter json(out);
  json.open('{');
  if (root_.dynamic != Dynamic::yes)
    json.key("dynamic").string(root_.dynamic == Dynamic::no ? "false" : "strict");
  json.key("properties").open('{');
  write_fields(json, root_.children);
  json.close('}').close('}');
  return out;
}

}  // namespace millrace::index
