// Averaged SGD in C++, held to the reference vectors: written from SPEC.md and vectors/README.md, without any of this
// project's code. Prints how many runs, steps and numbers it compared, and the first that differ.
//
//   c++ -std=c++17 -ffp-contract=off check-vectors.cpp -o check-vectors && ./check-vectors vectors/*.json
//
// With -DFUSED it fuses one product with its sum, and has to be refused.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

struct Json {
  enum Kind { Null, Bool, Number, String, Array, Object } kind = Null;
  double number = 0;
  std::string text;
  std::vector<Json> items;
  std::map<std::string, Json> fields;
  bool has(const std::string& name) const { return fields.count(name) > 0; }
  const Json& at(const std::string& name) const { return fields.at(name); }
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(2);
}

// As much of JSON as the vectors use: their strings have no escapes.
struct Parser {
  const char* at;
  void space() { while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') at++; }
  bool take(char c) { space(); if (*at != c) return false; at++; return true; }
  void expect(const char* word) {
    if (std::strncmp(at, word, std::strlen(word)) != 0) fail("This is not JSON: " + std::string(at, strnlen(at, 40)));
    at += std::strlen(word);
  }
  std::string string() {
    const char* from = at;
    while (*at != '"') { if (*at == '\\' || *at == 0) fail("A string has an escape, or no end."); at++; }
    return std::string(from, at++);
  }
  Json value() {
    Json out;
    space();
    if (take('{')) {
      out.kind = Json::Object;
      if (take('}')) return out;
      do { space(); expect("\""); std::string name = string(); space(); expect(":"); out.fields[name] = value(); } while (take(','));
      space(); expect("}");
    } else if (take('[')) {
      out.kind = Json::Array;
      if (take(']')) return out;
      do out.items.push_back(value()); while (take(','));
      space(); expect("]");
    } else if (take('"')) { out.kind = Json::String; out.text = string(); }
    else if (*at == 't') { expect("true"); out.kind = Json::Bool; out.number = 1; }
    else if (*at == 'f') { expect("false"); out.kind = Json::Bool; }
    else if (*at == 'n') expect("null");
    else {
      char* end = nullptr;
      out.kind = Json::Number;
      out.number = std::strtod(at, &end);
      if (end == at) fail("This is not JSON: " + std::string(at, strnlen(at, 40)));
      at = end;
    }
    return out;
  }
};

std::vector<uint8_t> fromBase64(const std::string& text) {
  static const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<uint8_t> bytes;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<uint32_t>(digits.find(c));
    count += 6;
    if (count >= 8) { count -= 8; bytes.push_back(static_cast<uint8_t>(bits >> count)); }
  }
  return bytes;
}

template <typename Real> std::vector<Real> realsOf(const std::string& base64) {
  using Bits = std::conditional_t<sizeof(Real) == 4, uint32_t, uint64_t>;
  std::vector<uint8_t> bytes = fromBase64(base64);
  std::vector<Real> out(bytes.size() / sizeof(Real));
  for (size_t i = 0; i < out.size(); i++) {
    Bits bits = 0;
    for (size_t b = 0; b < sizeof(Real); b++) bits |= static_cast<Bits>(bytes[i * sizeof(Real) + b]) << (8 * b);
    std::memcpy(&out[i], &bits, sizeof(Real));
  }
  return out;
}

struct Options { double lr = 0.01, lambd = 1e-4, alpha = 0.75, t0 = 1e6, weightDecay = 0; bool maximize = false; };

void edit(Options& options, const Json& json) {
  const std::map<std::string, double*> numbers = {{"lr", &options.lr}, {"lambd", &options.lambd},
    {"alpha", &options.alpha}, {"t0", &options.t0}, {"weightDecay", &options.weightDecay}};
  for (const auto& [name, value] : json.fields) {
    if (numbers.count(name)) *numbers.at(name) = value.number;
    else if (name == "maximize") options.maximize = value.number != 0;
    else if (name != "capturable") fail("There is no option " + name + ".");
  }
}

struct State { bool exists = false; double step = 0; float eta = 0, mu = 1; };

long runs = 0, steps = 0, numbers = 0, wrong = 0;

template <typename Real> void compare(const std::string& what, Real ours, Real theirs) {
  numbers++;
  if (std::isnan(ours) && std::isnan(theirs)) return;
  if (std::memcmp(&ours, &theirs, sizeof(Real)) == 0) return;
  if (++wrong <= 5) std::printf("%s: expected %a, got %a\n", what.c_str(), double(theirs), double(ours));
}

template <typename Real> struct Parameter {
  std::vector<Real> values, average;
  State state;
  size_t group = 0;

  void update(const std::vector<Real>& gradient, const Options& o) {
    if (!state.exists) { state = {true, 0, static_cast<float>(o.lr), 1}; average = values; }
    const double e = state.eta;
    const Real decay = Real(1 - o.lambd * e), eta = Real(e), weightDecay = Real(o.weightDecay), m = Real(state.mu);
    for (size_t i = 0; i < values.size(); i++) {
      Real g = o.maximize ? -gradient[i] : gradient[i];
      if (weightDecay != 0) { const Real product = weightDecay * values[i]; g = g + product; }
      const Real decayed = values[i] * decay;
#ifdef FUSED
      values[i] = std::fma(-eta, g, decayed);
#else
      const Real product = -eta * g;
      values[i] = decayed + product;
#endif
      if (m == 1) { average[i] = values[i]; continue; }
      const Real difference = values[i] - average[i], share = difference * m;
      average[i] = average[i] + share;
    }
    state.step += 1;
    state.eta = static_cast<float>(o.lr / std::pow(1 + o.lambd * o.lr * state.step, o.alpha));
    state.mu = static_cast<float>(1 / std::fmax(1, state.step - o.t0));
  }
};

template <typename Real> void follow(const Json& trace) {
  const std::string id = trace.at("id").text;
  std::vector<Parameter<Real>> parameters;
  for (const Json& json : trace.at("parameters").items) parameters.push_back({realsOf<Real>(json.at("initial").text), {}, {}, 0});
  std::vector<Options> groups;
  for (const Json& json : trace.at("groups").items) {
    for (const Json& index : json.at("parameters").items) parameters[size_t(index.number)].group = groups.size();
    edit(groups.emplace_back(), json.at("options"));
  }
  runs++;
  long number = 0;
  for (const Json& step : trace.at("steps").items) {
    number++; steps++;
    if (step.has("options")) for (size_t g = 0; g < groups.size(); g++) edit(groups[g], step.at("options").items[g]);
    for (size_t p = 0; p < parameters.size(); p++) {
      Parameter<Real>& parameter = parameters[p];
      const Json& gradient = step.at("gradients").items[p];
      if (gradient.kind != Json::Null) parameter.update(realsOf<Real>(gradient.text), groups[parameter.group]);
      const std::string what = id + ", step " + std::to_string(number) + ", parameter " + std::to_string(p);
      const std::vector<Real> values = realsOf<Real>(step.at("parameters").items[p].text);
      if (values.size() != parameter.values.size()) fail(what + " has another length.");
      for (size_t i = 0; i < values.size(); i++) compare(what, parameter.values[i], values[i]);
      const Json& state = step.at("state").items[p];
      if ((state.kind != Json::Null) != parameter.state.exists) fail(what + ": one has state, the other does not.");
      if (state.kind == Json::Null) continue;
      compare(what + ", step", parameter.state.step, state.at("step").number);
      compare(what + ", eta", double(parameter.state.eta), state.at("eta").number);
      compare(what + ", mu", double(parameter.state.mu), state.at("mu").number);
      const std::vector<Real> average = realsOf<Real>(state.at("ax").text);
      if (average.size() != parameter.average.size()) fail(what + ": the average has another length.");
      for (size_t i = 0; i < average.size(); i++) compare(what + ", average", parameter.average[i], average[i]);
    }
  }
}

bool isSingle(const std::string& dtype) { return dtype == "float32" || dtype == "complex64"; }

int main(int count, char** files) {
  long mixed = 0;
  for (int f = 1; f < count; f++) {
    std::ifstream stream(files[f]);
    if (!stream) fail("Cannot read " + std::string(files[f]));
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const Json file = Parser{text.c_str()}.value();
    for (const Json& trace : file.at("traces").items) {
      bool single = false, full = false;
      for (const Json& parameter : trace.at("parameters").items) {
        const bool is = isSingle(parameter.has("dtype") ? parameter.at("dtype").text : file.at("dtype").text);
        (is ? single : full) = true;
      }
      if (single && full) mixed++; // this program has one type of real for a run
      else if (single) follow<float>(trace);
      else follow<double>(trace);
    }
  }
  std::printf("%ld runs, %ld steps, %ld numbers compared, %ld wrong, %ld runs of mixed precision left out\n", runs, steps, numbers, wrong, mixed);
  return wrong > 0 || numbers == 0 ? 1 : 0;
}
