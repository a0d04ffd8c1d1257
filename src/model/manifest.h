#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What model.json says: how to run the networks of a package. The format is documented in
/// docs/model-package.md; names of schedules, predictions and spacings are those of src/diffusion.
namespace dalle2::model {

/// The format this program writes and the newest it reads.
inline constexpr int kFormatVersion = 1;

struct FileEntry {
  std::uint64_t size = 0;  // bytes
  std::string sha256;      // 64 lower-case hex digits
};

struct TokenizerSpec {
  std::string kind;                    // sentencepiece, clip_bpe
  int max_length = 0;                  // T; prompts are cut and padded to it
  std::optional<std::int64_t> pad_id;  // absent: the kind's own
  bool add_bos = false;
  bool add_eos = false;
};

/// Image embeddings. The prior works on (embedding - mean) / std.
struct EmbeddingSpec {
  std::int64_t width = 0;   // E
  std::vector<float> mean;  // [E]; a single number in the file is repeated
  std::vector<float> std;   // [E], > 0
};

/// Pixels are in [-1, 1].
struct PictureSpec {
  int channels = 0;  // C: 3, or 4 with colours premultiplied by alpha
  int size = 0;      // of the decoder's pictures, width and height
  bool premultiplied_alpha() const { return channels == 4; }
};

struct ScheduleSpec {
  std::string kind;  // linear, scaled_linear, squaredcos_cap_v2, betas
  std::int64_t num_timesteps = 0;
  double beta_start = 0.0;  // linear and scaled_linear
  double beta_end = 0.0;
  std::vector<double> betas;  // betas: [num_timesteps]
  bool rescale_zero_terminal_snr = false;
};

struct ClampSpec {
  enum class Kind { kNone, kStatic, kDynamic };
  Kind kind = Kind::kNone;
  double range = 1.0;         // kStatic, kDynamic
  double percentile = 0.995;  // kDynamic
};

enum class VarianceKind { kFixedSmall, kFixedLarge, kLearnedRange };

/// Text inputs of the unconditional half of classifier-free guidance.
enum class UnconditionalText {
  kZeros,        // embedding and token states 0, mask all false
  kEmptyPrompt,  // the text encoder's output for ""
};

/// What every diffusion network has.
struct DiffusionSpec {
  std::string file;
  ScheduleSpec schedule;
  std::string prediction;  // epsilon, v, x0
  VarianceKind variance = VarianceKind::kFixedSmall;
  ClampSpec clamp;
  std::string spacing;  // linspace, leading, trailing
};

struct TextEncoderSpec {
  std::string file;
  std::int64_t token_width = 0;  // W
};

struct PriorSpec : DiffusionSpec {
  UnconditionalText unconditional_text = UnconditionalText::kZeros;
  std::int64_t width = 0;         // P, of a sample: E, or what the compositor takes
  std::int64_t guided_width = 0;  // of its first part, which guidance changes
};

struct DecoderSpec : DiffusionSpec {
  UnconditionalText unconditional_text = UnconditionalText::kZeros;
  std::vector<float> unconditional_image_embedding;  // [E]; "zeros" in the file is expanded
  std::optional<std::int64_t> truncate_at;           // the timestep that the first step leads to
};

struct UpsamplerSpec : DiffusionSpec {
  int input_size = 0;  // the decoder's, or the output of the one before
  int output_size = 0;
  std::string last_step_file;                // another network for the last step; empty: none
  std::optional<std::int64_t> noised_start;  // start from the low-resolution picture, resized and
                                             // noised to this timestep; absent: from pure noise
};

struct ClassifierSpec {
  std::string file;
  double logit_scale = 1.0;  // log p(text | x_t) = logit_scale * cosine + constant
};

struct ImageEncoderSpec {
  std::string file;
  int size = 0;  // width and height of its input
};

/// Makes coarse pictures of the prior's samples, which the decoder is given beside their image
/// embeddings.
struct CompositorSpec {
  std::string file;
};

struct Networks {
  TextEncoderSpec text_encoder;
  PriorSpec prior;
  std::optional<CompositorSpec> compositor;
  DecoderSpec decoder;
  std::vector<UpsamplerSpec> upsamplers;  // by size
  std::optional<ClassifierSpec> classifier;
  std::optional<ImageEncoderSpec> image_encoder;
};

/// Sampling settings of one stage. `sampler` is a name of diffusion::samplers(), which is where it
/// is checked.
struct StageDefaults {
  std::string sampler;
  int steps = 0;
  double eta = 0.0;
};

struct PriorDefaults : StageDefaults {
  double guidance = 1.0;
  int candidates = 1;  // embeddings sampled a picture
};

struct DecoderDefaults : StageDefaults {
  double guidance = 1.0;
  double classifier_scale = 0.0;
  double guidance_begin = 0.0;  // fractions of sampling between which guidance is on
  double guidance_end = 1.0;
};

struct Defaults {
  PriorDefaults prior;
  DecoderDefaults decoder;
  std::optional<StageDefaults> upsampler;  // of all upsamplers; there when one is
  int size = 0;                            // of pictures: the decoder's or an upsampler's output
  std::string transparent_prompt;          // how to word a prompt so that the model makes such a
  std::string opaque_prompt;               // background; has "{prompt}" in it, or empty: as it is
};

struct Manifest {
  std::string name;     // letters, digits, "-", "_", "."; also the folder's usual name
  std::string title;    // one line for people
  std::string licence;  // SPDX expression or name
  TokenizerSpec tokenizer;
  EmbeddingSpec embedding;
  PictureSpec picture;
  Networks networks;
  Defaults defaults;
  std::map<std::string, FileEntry> files;  // every file of the package but model.json
  std::string sha256;                      // of model.json itself, hex: the model's hash
};

/// The tokenizer's files, by its kind.
std::vector<std::string> tokenizer_files(const TokenizerSpec& tokenizer);

/// Every network's file, with its JSON path, such as "networks.prior".
std::map<std::string, std::string> network_files(const Networks& networks);

/// Reads and checks everything: unknown and missing keys, types, ranges, names, and that the parts
/// fit each other. Throws Error(kModel) that names `origin` (the file) and the JSON path at fault.
Manifest parse_manifest(std::string_view json, std::string_view origin);

/// parse_manifest() of a file. Throws Error(kModel) if it cannot be read.
Manifest load_manifest(const std::filesystem::path& path);

}  // namespace dalle2::model
