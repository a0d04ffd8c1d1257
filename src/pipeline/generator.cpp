#include "dalle2/generator.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "model/torch_errors.h"
#include "pipeline/engine.h"
#include "pipeline/settings.h"

namespace dalle2 {

namespace {

/// Pictures that may share network calls, waiting until they fill a batch.
struct Group {
  std::vector<PictureSettings> settings;
  std::vector<std::pair<int, int>> places;  // request, picture in it
};

}  // namespace

class Generator::Impl {
 public:
  explicit Impl(GeneratorOptions options) : engine_(std::move(options)) {}

  PictureSettings resolve(const GenerateRequest& request) const {
    return pipeline::resolve_settings(request, engine_.manifest(), engine_.placement());
  }

  void generate(std::span<const GenerateRequest> requests, const PictureCallback& on_picture) {
    std::vector<Group> groups;
    int done = 0;
    const auto flush = [&](Group& group) {
      const std::size_t wanted = group.settings.size();
      fill_up(&group.settings);
      std::vector<GeneratedPicture> pictures = model::translating_torch_errors(
          "making pictures", [&] { return engine_.renderer().render(group.settings, done); });
      pictures.resize(wanted);
      for (std::size_t i = 0; i < pictures.size(); ++i) {
        on_picture(group.places[i].first, group.places[i].second, std::move(pictures[i]));
      }
      done += static_cast<int>(pictures.size());
      group = {};
    };
    for (std::size_t r = 0; r < requests.size(); ++r) {
      const PictureSettings first = resolve(requests[r]);
      const auto same = [&](const Group& group) {
        return !group.settings.empty() && pipeline::same_sampling(group.settings.front(), first);
      };
      for (int i = 0; i < requests[r].count; ++i) {
        auto group = std::find_if(groups.begin(), groups.end(), same);
        if (group == groups.end()) group = groups.emplace(groups.end());
        group->settings.push_back(first);
        group->settings.back().seed += static_cast<std::uint64_t>(i);
        group->settings.back().decoder_seed += static_cast<std::uint64_t>(i);
        group->places.emplace_back(static_cast<int>(r), i);
        if (static_cast<std::int64_t>(group->settings.size()) >=
            engine_.renderer().batch_size(first)) {
          flush(*group);
          groups.erase(group);
        }
      }
    }
    for (Group& group : groups) flush(group);
  }

  void warm_up(const GenerateRequest& request) {
    PictureSettings settings = resolve(request);
    settings.steps = settings.prior_steps = 1;
    if (settings.upsampler_steps > 0) settings.upsampler_steps = 1;
    model::translating_torch_errors("warming up",
                                    [&] { return engine_.renderer().render({settings}, 0); });
  }

  Timings timings() const { return engine_.timings(); }

 private:
  /// With fixed_batch: copies of the last picture until the batch is full. Kernels are chosen by
  /// the shape of their input, and with them the last bits; a row's place and neighbours do not
  /// matter.
  void fill_up(std::vector<PictureSettings>* settings) {
    if (!engine_.options().fixed_batch) return;
    const auto full = static_cast<std::size_t>(engine_.renderer().batch_size(settings->front()));
    if (settings->size() < full) settings->resize(full, PictureSettings(settings->back()));
  }

  pipeline::Engine engine_;
};

Generator::Generator(GeneratorOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
Generator::~Generator() = default;
Generator::Generator(Generator&&) noexcept = default;
Generator& Generator::operator=(Generator&&) noexcept = default;

std::vector<GeneratedPicture> Generator::generate(const GenerateRequest& request) {
  std::vector<GeneratedPicture> pictures(static_cast<std::size_t>(std::max(0, request.count)));
  impl_->generate(std::span(&request, 1), [&](int, int index, GeneratedPicture picture) {
    pictures[static_cast<std::size_t>(index)] = std::move(picture);
  });
  return pictures;
}

void Generator::generate(std::span<const GenerateRequest> requests,
                         const PictureCallback& on_picture) {
  impl_->generate(requests, on_picture);
}

PictureSettings Generator::resolve(const GenerateRequest& request) const {
  return impl_->resolve(request);
}

void Generator::warm_up(const GenerateRequest& request) { impl_->warm_up(request); }

Timings Generator::timings() const { return impl_->timings(); }

}  // namespace dalle2
