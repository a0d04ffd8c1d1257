#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dalle2/generator.h"
#include "dalle2/picture.h"
#include "dalle2/request.h"

/// Pictures from pictures: variations, walks, edits by text, mixtures, inpainting (Ramesh et al.
/// 2022, section 3). The requests are those of Generator: seeds, steps, guidance and size mean the
/// same. Pictures of any size go in; they are fitted into a square with transparent margins.
namespace dalle2 {

/// What a model understands of a picture: [E], as its image encoder and its prior make it.
using Embedding = std::vector<float>;

/// A picture, a prompt (which the prior turns into an embedding), or an embedding.
struct Ingredient {
  std::variant<Picture, std::string, Embedding> what;
  double weight = 1.0;  // in mix(); may be negative
};

/// Holds a model package in memory, as Generator does, and is used by one thread at a time. Besides
/// what is said at a method, all throw Error as Generator does, and kUsage for pictures when the
/// package has no image encoder, for embeddings of another width and for numbers out of range.
class Editor {
 public:
  using PictureCallback = std::function<void(int index, GeneratedPicture)>;

  explicit Editor(GeneratorOptions options);
  ~Editor();
  Editor(Editor&&) noexcept;
  Editor& operator=(Editor&&) noexcept;

  /// As Generator's, but the prompt may be empty.
  PictureSettings resolve(const GenerateRequest& request) const;

  Embedding embed(const Picture& picture);

  /// What the prior draws for the first picture of this request.
  Embedding embed(const GenerateRequest& request);

  /// The weighted mean of directions; prompts are drawn by the prior as the request says.
  Embedding mix(const GenerateRequest& request, std::span<const Ingredient> ingredients);

  /// Pictures of an embedding, and of the prompt if there is one.
  void draw(const GenerateRequest& request, const Embedding& embedding,
            const PictureCallback& on_picture);

  /// Pictures with the same content. `difference` in [0, 1]: below 1, the decoder starts from the
  /// noise that DDIM inversion finds and walks with eta = difference, so that 0 gives the picture
  /// back as well as the decoder can; 1 keeps the embedding alone (section 3.1). The prompt is not
  /// used.
  void vary(const GenerateRequest& request, const Picture& picture, double difference,
            const PictureCallback& on_picture);

  /// `frames` >= 2 pictures from `a` to `b`, by slerp of embeddings and of inverted noise (section
  /// 3.2). All have the request's seed; prompts start from its noise.
  void interpolate(const GenerateRequest& request, const Ingredient& a, const Ingredient& b,
                   int frames, const PictureCallback& on_picture);

  /// The picture moved along the difference of two texts, from its inverted noise (section 3.3).
  /// `strength` in [0, 1] is the part of the way; 0.25 to 0.5 is usual.
  void edit(const GenerateRequest& request, const Picture& picture, const std::string& from,
            const std::string& to, double strength, const PictureCallback& on_picture);

  /// Draws the prompt where the mask is white, or transparent if it has transparency. Results have
  /// the picture's size, and its very pixels where the mask is black or opaque. Each decoder step
  /// is made `resample` >= 1 times (Lugmayr et al. 2022): more fit the new part better to the old;
  /// above 1 needs the sampler ddim or ddpm, and takes ddim unless the request names one. Throws
  /// Error(kUsage) when the sizes differ, the mask leaves nothing to draw, or the sampler cannot.
  void inpaint(const GenerateRequest& request, const Picture& picture, const Picture& mask,
               int resample, const PictureCallback& on_picture);

  /// Draws the prompt over a picture that is noised `strength` of the way, in (0, 1]: 1 leaves
  /// nothing of it (SDEdit, Meng et al. 2022).
  void redraw(const GenerateRequest& request, const Picture& picture, double strength,
              const PictureCallback& on_picture);

  Timings timings() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dalle2
