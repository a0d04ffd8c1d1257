#include "dalle2/generator.h"

#include <cmath>
#include <map>

#include <gmock/gmock.h>

#include "base/error.h"
#include "unit/pipeline/fixture.h"

namespace dalle2 {
namespace {

using testing::HasSubstr;
using Pixels = std::vector<std::uint8_t>;

Pixels pixels_of(Generator& generator, const GenerateRequest& request) {
  return generator.generate(request).at(0).picture.rgba;
}

int largest_difference(const Pixels& a, const Pixels& b) {
  EXPECT_EQ(a.size(), b.size());
  int largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

TEST(Generator, MakesPicturesOfTheSizeAskedFor) {
  Generator generator(tiny_options());
  for (const int size : {64, 100, 256}) {
    GenerateRequest request = small_request("a red fox");
    request.size = size;
    const GeneratedPicture result = generator.generate(request).at(0);
    EXPECT_EQ(result.picture.width, size);
    EXPECT_EQ(result.picture.height, size);
    EXPECT_EQ(result.picture.rgba.size(), static_cast<std::size_t>(size * size * 4));
    EXPECT_EQ(result.settings.width, size);
  }
}

TEST(Generator, GivesTheSamePictureForTheSameSeed) {
  Generator generator(tiny_options());
  const GenerateRequest request = small_request("a red fox");
  EXPECT_EQ(pixels_of(generator, request), pixels_of(generator, request));
  GenerateRequest other = request;
  other.seed += 1;
  EXPECT_NE(pixels_of(generator, request), pixels_of(generator, other));
}

TEST(Generator, GivesPictureIOfManyTheSeedPlusI) {
  Generator generator(tiny_options());
  GenerateRequest request = small_request("a red fox");
  request.count = 3;
  const std::vector<GeneratedPicture> three = generator.generate(request);
  ASSERT_EQ(three.size(), 3u);
  request.count = 1;
  request.seed += 2;
  EXPECT_EQ(three[2].settings.seed, request.seed);
  EXPECT_LE(largest_difference(three[2].picture.rgba, pixels_of(generator, request)), 1);
}

TEST(Generator, MakesThePictureThatItsSettingsTell) {
  Generator generator(tiny_options());
  GenerateRequest request = small_request("a red fox");
  request.count = 2;
  request.decoder_seed = 99;
  const GeneratedPicture second = generator.generate(request).at(1);
  GenerateRequest again = small_request("a red fox");
  again.seed = second.settings.seed;
  again.decoder_seed = second.settings.decoder_seed;
  EXPECT_LE(largest_difference(second.picture.rgba, pixels_of(generator, again)), 1);
}

TEST(Generator, KeepsPicturesApartFromTheRestOfTheirBatch) {
  Generator generator(tiny_options());
  const std::vector<GenerateRequest> requests = {small_request("a red fox"), small_request("snow"),
                                                 small_request("a blue house")};
  std::map<int, Pixels> together;
  generator.generate(requests, [&](int request, int, GeneratedPicture picture) {
    together[request] = picture.picture.rgba;
  });
  ASSERT_EQ(together.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_LE(largest_difference(together[i],
                                 pixels_of(generator, requests[static_cast<std::size_t>(i)])),
              1);
  }
}

TEST(Generator, IsExactWhateverTheBatchWhenDeterministic) {
  GeneratorOptions options = tiny_options();
  options.deterministic = true;
  Generator generator(options);
  GenerateRequest request = small_request("a red fox");
  request.count = 3;
  const std::vector<GeneratedPicture> three = generator.generate(request);
  request.count = 1;
  request.seed += 1;
  EXPECT_EQ(three[1].picture.rgba, pixels_of(generator, request));
}

TEST(Generator, IsExactWhateverIsDrawnTogetherWhenBatchesAreFixed) {
  GeneratorOptions options = tiny_options();
  options.fixed_batch = true;
  Generator generator(options);
  std::vector<GenerateRequest> requests;
  for (const char* prompt : {"a red fox", "snow", "snow", "a blue house", "an owl", "a cat"}) {
    requests.push_back(small_request(prompt));
    requests.back().seed += requests.size();
  }
  requests[3].negative_prompt = "blurry";
  requests[5].steps = 2;  // not in the same call as the others
  std::map<int, Pixels> together;
  generator.generate(requests, [&](int request, int, GeneratedPicture picture) {
    together[request] = picture.picture.rgba;
  });
  ASSERT_EQ(together.size(), requests.size());
  for (const int i : {5, 4, 3, 2, 1, 0}) {
    EXPECT_EQ(together[i], pixels_of(generator, requests[static_cast<std::size_t>(i)])) << i;
  }
}

TEST(Generator, HandsOverEveryPictureOfMixedRequestsOnce) {
  GeneratorOptions options = tiny_options();
  options.max_batch = 2;
  Generator generator(options);
  std::vector<GenerateRequest> requests = {small_request("a"), small_request("b"),
                                           small_request("c")};
  requests[0].count = 3;
  requests[1].steps = 2;
  std::map<std::pair<int, int>, int> seen;
  generator.generate(requests, [&](int request, int index, GeneratedPicture) {
    ++seen[{request, index}];
  });
  const std::map<std::pair<int, int>, int> each_once = {
      {{0, 0}, 1}, {{0, 1}, 1}, {{0, 2}, 1}, {{1, 0}, 1}, {{2, 0}, 1}};
  EXPECT_EQ(seen, each_once);
}

TEST(Generator, MakesTheSamePictureWithOneNetworkInMemoryAtATime) {
  GenerateRequest request = small_request("a red fox");
  request.classifier_scale = 1.0;
  request.size = 256;
  Generator usual(tiny_options());
  GeneratorOptions options = tiny_options();
  options.low_memory = true;
  Generator sparing(options);
  EXPECT_EQ(pixels_of(usual, request), pixels_of(sparing, request));
}

TEST(Generator, KeepsTheIdeaWhenOnlyTheDecodersSeedChanges) {
  Generator generator(tiny_options());
  GenerateRequest request = small_request("a red fox");
  request.decoder_seed = 1;
  const Pixels first = pixels_of(generator, request);
  request.seed += 1;  // another idea from the prior, same noise in the decoder
  EXPECT_NE(pixels_of(generator, request), first);
  request.seed -= 1;
  EXPECT_EQ(pixels_of(generator, request), first);
}

TEST(Generator, LetsEverySettingOfSamplingMatter) {
  Generator generator(tiny_options());
  const GenerateRequest plain = small_request("a red fox");
  const Pixels reference = pixels_of(generator, plain);
  const std::map<std::string, std::function<void(GenerateRequest&)>> changes = {
      {"guidance", [](auto& r) { r.guidance = 5.0; }},
      {"prior guidance", [](auto& r) { r.prior_guidance = 5.0; }},
      {"negative prompt", [](auto& r) { r.negative_prompt = "snow"; }},
      {"classifier scale", [](auto& r) { r.classifier_scale = 5.0; }},
      {"sampler", [](auto& r) { r.sampler = "ddpm"; }},
      {"steps", [](auto& r) { r.steps = 7; }},
      {"prior steps", [](auto& r) { r.prior_steps = 7; }},
      {"interval", [](auto& r) { r.guidance_from = 0.6; }},
      {"eta", [](auto& r) { r.eta = 1.0; }},
  };
  for (const auto& [name, change] : changes) {
    GenerateRequest changed = plain;
    change(changed);
    EXPECT_NE(pixels_of(generator, changed), reference) << name;
  }
}

TEST(Generator, KeepsTheCandidateThatIsNearestToThePrompt) {
  Generator generator(tiny_options());
  GenerateRequest request = small_request("a red fox");
  request.best_of = 4;
  const GeneratedPicture best = generator.generate(request).at(0);
  request.best_of = 2;
  const GeneratedPicture of_two = generator.generate(request).at(0);
  EXPECT_GE(best.text_similarity, of_two.text_similarity - 1e-4);
  ASSERT_EQ(best.similarities.size(), 4U);
  EXPECT_EQ(best.text_similarity, std::ranges::max(best.similarities));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(best.similarities[i], of_two.similarities[i], 0.02) << i;  // another batch size
  }
  request.best_of = 1;
  const GeneratedPicture only = generator.generate(request).at(0);
  EXPECT_TRUE(std::isnan(only.text_similarity));
  EXPECT_TRUE(only.similarities.empty());
}

TEST(Generator, ListsTheSimilaritiesOfThePriorsCandidates) {
  Generator generator(tiny_options());
  GenerateRequest request = small_request("a red fox");
  request.best_of = 2;
  request.prior_candidates = 3;
  request.count = 2;
  const std::vector<GeneratedPicture> pictures = generator.generate(request);
  for (const GeneratedPicture& picture : pictures) EXPECT_EQ(picture.prior_similarities.size(), 6U);
  EXPECT_NE(pictures[0].prior_similarities, pictures[1].prior_similarities);
  request.prior_candidates = 1;
  EXPECT_TRUE(generator.generate(request).at(0).prior_similarities.empty());
}

TEST(Generator, PutsTheBackgroundAskedForUnderThePicture) {
  Generator generator(tiny_options());
  GenerateRequest request = small_request("a red fox");
  request.background = "#00ff00";
  EXPECT_TRUE(generator.generate(request).at(0).picture.is_opaque());
  request.background = "opaque";
  EXPECT_TRUE(generator.generate(request).at(0).picture.is_opaque());
}

TEST(Generator, ReportsEveryStepOfEveryStage) {
  std::map<Stage, int> steps;
  GeneratorOptions options = tiny_options();
  options.progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.step, ++steps[progress.stage]);
    EXPECT_LE(progress.step, progress.steps);
    EXPECT_EQ(progress.pictures, 1);
  };
  Generator generator(options);
  GenerateRequest request = small_request("a red fox");
  request.size = 256;
  request.steps = 5;
  request.prior_steps = 4;
  request.upsampler_steps = 2;
  generator.generate(request);
  EXPECT_EQ(steps, (std::map<Stage, int>{
                       {Stage::kPrior, 4}, {Stage::kDecoder, 5}, {Stage::kUpsampler, 2}}));
}

TEST(Generator, StopsBetweenStepsWhenCancelled) {
  int steps = 0;
  GeneratorOptions options = tiny_options();
  options.progress = [&](const Progress&) { ++steps; };
  options.cancelled = [&] { return steps >= 3; };
  Generator generator(options);
  GenerateRequest request = small_request("a red fox");
  request.steps = 50;
  try {
    generator.generate(request);
    FAIL() << "was not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCancelled);
  }
  EXPECT_EQ(steps, 3);
}

TEST(Generator, WarnsOfPromptsThatAreCutShort) {
  std::vector<std::string> warnings;
  GeneratorOptions options = tiny_options();
  options.warn = [&](std::string_view warning) { warnings.emplace_back(warning); };
  Generator generator(options);
  std::string prompt;
  for (int i = 0; i < 200; ++i) prompt += "fox ";
  generator.generate(small_request(prompt));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("left out"));
}

TEST(Generator, TellsWhatThePictureCost) {
  Generator generator(tiny_options());
  generator.generate(small_request("a red fox"));
  const Timings timings = generator.timings();
  EXPECT_GT(timings.load, 0.0);
  EXPECT_GT(timings.prior, 0.0);
  EXPECT_GT(timings.decoder, 0.0);
  EXPECT_EQ(timings.upsampler, 0.0);
}

TEST(Generator, RefusesAModelThatIsNotThere) {
  GeneratorOptions options = tiny_options();
  options.model = "/nowhere/at/all";
  try {
    Generator generator(options);
    FAIL() << "was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel);
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/at/all"));
  }
}

}  // namespace
}  // namespace dalle2
