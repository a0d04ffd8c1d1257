#include "model/manifest_networks.h"

#include <array>
#include <string_view>
#include <utility>

namespace dalle2::model {
namespace {

constexpr std::int64_t kMaxTimesteps = 100'000;
constexpr std::int64_t kMaxSize = 4096;
constexpr std::int64_t kMaxWidth = 65'536;  // of a sample of the prior

constexpr std::array<std::string_view, 4> kSchedules = {"linear", "scaled_linear",
                                                        "squaredcos_cap_v2", "betas"};
constexpr std::array<std::string_view, 3> kPredictions = {"epsilon", "v", "x0"};
constexpr std::array<std::string_view, 3> kSpacings = {"linspace", "leading", "trailing"};
constexpr std::array<std::string_view, 2> kStarts = {"noise", "noised_low_res"};

/// A name in the file and what it means here.
template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};

constexpr std::array<Named<VarianceKind>, 4> kVariances = {{
    {"fixed_small", VarianceKind::kFixedSmall},
    {"fixed_small_log", VarianceKind::kFixedSmall},  // diffusers' name for the same numbers
    {"fixed_large", VarianceKind::kFixedLarge},
    {"learned_range", VarianceKind::kLearnedRange},
}};

constexpr std::array<Named<ClampSpec::Kind>, 3> kClamps = {{
    {"none", ClampSpec::Kind::kNone},
    {"static", ClampSpec::Kind::kStatic},
    {"dynamic", ClampSpec::Kind::kDynamic},
}};

constexpr std::array<Named<UnconditionalText>, 2> kUnconditionalTexts = {{
    {"zeros", UnconditionalText::kZeros},
    {"empty_prompt", UnconditionalText::kEmptyPrompt},
}};

template <typename Value, std::size_t N>
Value choose(JsonObject& json, const std::string& key, const std::array<Named<Value>, N>& rows) {
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) names[i] = rows[i].name;
  const std::string name = json.choice(key, names);
  for (const Named<Value>& row : rows) {
    if (row.name == name) return row.value;
  }
  json.fail(key, "unknown");
}

ScheduleSpec parse_schedule(JsonObject json) {
  ScheduleSpec schedule;
  schedule.kind = json.choice("kind", kSchedules);
  schedule.num_timesteps = json.integer("num_timesteps", 1, kMaxTimesteps);
  if (schedule.kind == "linear" || schedule.kind == "scaled_linear") {
    schedule.beta_start = json.number("beta_start", 0.0, 1.0);
    schedule.beta_end = json.number("beta_end", schedule.beta_start, 1.0);
    if (schedule.beta_start == 0.0) json.fail("beta_start", "must be above 0");
  }
  if (schedule.kind == "betas") {
    schedule.betas = json.numbers("betas", static_cast<std::size_t>(schedule.num_timesteps));
    for (const double beta : schedule.betas) {
      if (!(beta > 0.0 && beta <= 1.0)) json.fail("betas", "must all be above 0 and at most 1");
    }
  }
  schedule.rescale_zero_terminal_snr = json.boolean("rescale_zero_terminal_snr");
  json.finish();
  return schedule;
}

ClampSpec parse_clamp(JsonObject json) {
  ClampSpec clamp;
  clamp.kind = choose(json, "kind", kClamps);
  if (clamp.kind != ClampSpec::Kind::kNone) {
    clamp.range = json.number("range", 0.0);
    if (clamp.range == 0.0) json.fail("range", "must be above 0");
  }
  if (clamp.kind == ClampSpec::Kind::kDynamic) {
    clamp.percentile = json.number("percentile", 0.5, 1.0);
  }
  json.finish();
  return clamp;
}

/// The keys that all diffusion networks share; the caller reads the rest and finishes.
void parse_diffusion(JsonObject& json, DiffusionSpec& spec) {
  spec.file = json.text("file");
  spec.schedule = parse_schedule(json.object("schedule"));
  spec.prediction = json.choice("prediction", kPredictions);
  if (spec.prediction == "epsilon" && spec.schedule.rescale_zero_terminal_snr) {
    json.fail("prediction",
              "\"epsilon\" says nothing about the picture at the last timestep of a "
              "schedule with zero terminal SNR; such a network predicts v or x0");
  }
  spec.variance = choose(json, "variance", kVariances);
  spec.clamp = parse_clamp(json.object("clamp"));
  spec.spacing = json.choice("spacing", kSpacings);
}

TextEncoderSpec parse_text_encoder(JsonObject json) {
  TextEncoderSpec spec;
  spec.file = json.text("file");
  spec.token_width = json.integer("token_width", 1);
  json.finish();
  return spec;
}

PriorSpec parse_prior(JsonObject json, std::int64_t embedding_width) {
  PriorSpec spec;
  parse_diffusion(json, spec);
  JsonObject unconditional = json.object("unconditional");
  spec.unconditional_text = choose(unconditional, "text", kUnconditionalTexts);
  unconditional.finish();
  spec.width = spec.guided_width = embedding_width;
  json.finish();
  return spec;
}

DecoderSpec parse_decoder(JsonObject json, std::size_t embedding_width) {
  DecoderSpec spec;
  parse_diffusion(json, spec);
  JsonObject unconditional = json.object("unconditional");
  spec.unconditional_text = choose(unconditional, "text", kUnconditionalTexts);
  const std::string key = "image_embedding";
  if (unconditional.value(key).is_string()) {
    constexpr std::array<std::string_view, 1> kOnlyName = {"zeros"};
    unconditional.choice(key, kOnlyName);
    spec.unconditional_image_embedding.assign(embedding_width, 0.0F);
  } else {
    const std::vector<double> numbers = unconditional.numbers(key, embedding_width);
    spec.unconditional_image_embedding.assign(numbers.begin(), numbers.end());
  }
  unconditional.finish();
  if (json.has("truncate_at")) {
    spec.truncate_at = json.integer("truncate_at", 0, spec.schedule.num_timesteps - 2);
  }
  json.finish();
  return spec;
}

CompositorSpec parse_compositor(JsonObject json, PriorSpec& prior) {
  CompositorSpec spec;
  spec.file = json.text("file");
  prior.width = json.integer("width", 1, kMaxWidth);
  prior.guided_width = json.integer("guided_width", 0, prior.width);
  json.finish();
  return spec;
}

UpsamplerSpec parse_upsampler(JsonObject json) {
  UpsamplerSpec spec;
  parse_diffusion(json, spec);
  spec.input_size = static_cast<int>(json.integer("input_size", 1, kMaxSize));
  spec.output_size = static_cast<int>(json.integer("output_size", spec.input_size + 1, kMaxSize));
  if (json.has("last_step_file")) spec.last_step_file = json.text("last_step_file");
  JsonObject start = json.object("start");
  if (start.choice("from", kStarts) == "noised_low_res") {
    spec.noised_start = start.integer("timestep", 0, spec.schedule.num_timesteps - 1);
  }
  start.finish();
  json.finish();
  return spec;
}

ClassifierSpec parse_classifier(JsonObject json) {
  ClassifierSpec spec;
  spec.file = json.text("file");
  spec.logit_scale = json.number("logit_scale", 0.0);
  if (spec.logit_scale == 0.0) json.fail("logit_scale", "must be above 0");
  json.finish();
  return spec;
}

ImageEncoderSpec parse_image_encoder(JsonObject json) {
  ImageEncoderSpec spec;
  spec.file = json.text("file");
  spec.size = static_cast<int>(json.integer("size", 1, kMaxSize));
  json.finish();
  return spec;
}

}  // namespace

Networks parse_networks(JsonObject json, std::int64_t embedding_width) {
  Networks networks;
  networks.text_encoder = parse_text_encoder(json.object("text_encoder"));
  networks.prior = parse_prior(json.object("prior"), embedding_width);
  networks.decoder =
      parse_decoder(json.object("decoder"), static_cast<std::size_t>(embedding_width));
  if (json.has("compositor")) {
    networks.compositor = parse_compositor(json.object("compositor"), networks.prior);
  }
  if (json.has("upsamplers")) {
    for (JsonObject& upsampler : json.objects("upsamplers")) {
      networks.upsamplers.push_back(parse_upsampler(std::move(upsampler)));
    }
  }
  if (json.has("classifier")) networks.classifier = parse_classifier(json.object("classifier"));
  if (json.has("image_encoder")) {
    networks.image_encoder = parse_image_encoder(json.object("image_encoder"));
  }
  json.finish();
  return networks;
}

}  // namespace dalle2::model
