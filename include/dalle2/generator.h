#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dalle2/picture.h"
#include "dalle2/progress.h"
#include "dalle2/request.h"

/// Start here. The whole library in five lines:
///
///     dalle2::GeneratorOptions options;
///     options.model = "models/emoji";
///     dalle2::Generator generator(options);
///     std::vector<dalle2::GeneratedPicture> pictures = generator.generate({.prompt = "a red
///     fox"});
///     // pictures[0].picture.rgba, pictures[0].settings.seed
///
/// Errors are dalle2::Error (dalle2/error.h). Nothing here prints or exits.
namespace dalle2 {

/// Where and how the networks run.
struct GeneratorOptions {
  std::filesystem::path model;  // package folder
  std::string device = "auto";  // auto, cpu, cuda, cuda:N
  std::string dtype = "auto";   // auto, float32, bfloat16, float16
  int threads = 0;              // 0: as many as there are cores
  int max_batch = 16;           // pictures per network call; halved when memory runs out
  bool deterministic = false;   // bit-identical whatever the batch: pictures one by one
  bool fixed_batch = false;     // fill up every network call to one size: the same bits whatever
                                // is drawn together, and nearly as fast as max_batch
  bool low_memory = false;      // keep one network in memory at a time
  std::filesystem::path
      noise;                  // a file to take all noise from, for comparing with another program;
                              // row i is for picture i of a request; empty: drawn from seeds
  bool trust = false;         // remember this package as trusted (TorchScript is code)
  ProgressCallback progress;  // may be empty
  PreviewCallback preview;    // may be empty; else every decoder step waits for it
  WarningCallback warn;       // may be empty: prompts cut short, batches halved
  std::function<bool()> cancelled;  // asked between steps; true ends with Error(kCancelled)
};

/// Everything that made one picture: a GenerateRequest without gaps. Stored in the file,
/// replayable.
struct PictureSettings {
  std::string prompt;
  std::string negative_prompt;
  std::uint64_t seed = 0;
  std::uint64_t decoder_seed = 0;
  int steps = 0;
  int prior_steps = 0;
  int upsampler_steps = 0;
  std::string sampler;
  double eta = 0.0;
  double guidance = 1.0;
  double prior_guidance = 1.0;
  double classifier_scale = 0.0;
  double guidance_from = 0.0;
  double guidance_until = 1.0;
  int prior_candidates = 1;
  int best_of = 1;
  int width = 0;
  int height = 0;
  std::string background;
  std::string model;       // manifest name
  std::string model_hash;  // SHA-256 of model.json, hex
  std::string device;      // as used, such as cpu
  std::string dtype;       // as used, such as bfloat16
  std::string source;      // a JSON object: what else it was made from; empty: its prompt alone
};

struct GeneratedPicture {
  Picture picture;
  PictureSettings settings;
  double text_similarity = 0.0;  // CLIP cosine of picture and prompt; NaN unless best_of ranked it
  std::vector<double> similarities;        // of all candidates of best_of, as they were drawn
  std::vector<double> prior_similarities;  // by which one of the prior's embeddings was chosen,
                                           // those of a candidate together; empty if there was one
};

/// Seconds by what they were spent on, since the generator was made.
struct Timings {
  double load = 0.0;
  double text = 0.0;
  double prior = 0.0;
  double decoder = 0.0;
  double upsampler = 0.0;
};

/// Holds a model package in memory and turns requests into pictures. Not thread-safe: one generator
/// a thread. The destructor frees all networks.
class Generator {
 public:
  /// Opens and checks the package (hashes, shapes, versions); networks load on first use.
  /// Throws Error: kModel (missing, corrupt, untrusted), kDevice (no such device), kUsage.
  explicit Generator(GeneratorOptions options);
  ~Generator();
  Generator(Generator&&) noexcept;
  Generator& operator=(Generator&&) noexcept;

  /// All pictures of one request, in order of their seeds.
  std::vector<GeneratedPicture> generate(const GenerateRequest& request);

  /// Called with the index of the request, and the picture's index in it, as soon as a picture is
  /// done.
  using PictureCallback = std::function<void(int request, int index, GeneratedPicture)>;

  /// Many requests in full batches across prompts; pictures are handed over as they are finished.
  void generate(std::span<const GenerateRequest> requests, const PictureCallback& on_picture);

  /// The request with every gap filled from the manifest's defaults, for its first picture.
  PictureSettings resolve(const GenerateRequest& request) const;

  /// Loads every network that `resolve(request)` needs and runs each once, so that later calls are
  /// quick.
  void warm_up(const GenerateRequest& request);

  Timings timings() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dalle2
