#include "dalle2/editor.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/composite.h"
#include "unit/expect_error.h"
#include "unit/pipeline/fixture.h"

namespace dalle2 {
namespace {

using testing::HasSubstr;

/// One for all tests: loading the networks takes longer than drawing.
Editor& editor() {
  static Editor editor(tiny_options());
  return editor;
}

Picture ramps(int width, int height) {
  Picture picture = image::filled(width, height, image::kWhite);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = &picture.rgba[static_cast<std::size_t>(y * width + x) * 4];
      pixel[0] = static_cast<std::uint8_t>(255 * x / width);
      pixel[1] = static_cast<std::uint8_t>(255 * y / height);
    }
  }
  return picture;
}

/// Mean distance of two pictures of one size, 0 to 255.
double distance(const Picture& a, const Picture& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rgba.size(); ++i) sum += std::abs(a.rgba[i] - b.rgba[i]);
  return sum / static_cast<double>(a.rgba.size());
}

template <typename Draw>
std::vector<GeneratedPicture> collect(Draw&& draw) {
  std::vector<GeneratedPicture> pictures;
  draw([&](int index, GeneratedPicture picture) {
    EXPECT_EQ(index, static_cast<int>(pictures.size()));
    pictures.push_back(std::move(picture));
  });
  return pictures;
}

TEST(Editor, DrawsThePictureOfGenerateFromTheEmbeddingOfItsPrompt) {
  const GenerateRequest request = small_request("a red fox");
  const auto drawn =
      collect([&](const auto& sink) { editor().draw(request, editor().embed(request), sink); });
  Generator generator(tiny_options());
  EXPECT_EQ(drawn.front().picture.rgba, generator.generate(request).front().picture.rgba);
}

TEST(Editor, VariesMoreTheGreaterTheDifference) {
  GenerateRequest request = small_request("");
  request.steps = 20;
  const Picture input = ramps(64, 64);
  std::vector<double> distances;
  for (const double difference : {0.0, 0.5, 1.0}) {
    const auto pictures =
        collect([&](const auto& sink) { editor().vary(request, input, difference, sink); });
    distances.push_back(distance(pictures.front().picture, input));
  }
  EXPECT_LT(distances[0], distances[1]);
  EXPECT_LT(distances[1], distances[2]);
}

TEST(Editor, VariationsDependOnTheirSeedAlone) {
  GenerateRequest request = small_request("");
  request.count = 3;
  const Picture input = ramps(40, 64);
  const auto all = collect([&](const auto& sink) { editor().vary(request, input, 1.0, sink); });
  ASSERT_EQ(all.size(), 3U);
  EXPECT_GT(distance(all[0].picture, all[1].picture), 1);
  request.seed += 2;
  request.count = 1;
  const auto third = collect([&](const auto& sink) { editor().vary(request, input, 1.0, sink); });
  EXPECT_LT(distance(third.front().picture, all[2].picture), 0.1);
  EXPECT_EQ(third.front().settings.seed, all[2].settings.seed);
}

TEST(Editor, AWalkBeginsAndEndsWithWhatItsEndsGive) {
  const GenerateRequest request = small_request("");
  const Ingredient a{ramps(64, 64)};
  const Ingredient b{std::string("snow")};
  const auto there =
      collect([&](const auto& sink) { editor().interpolate(request, a, b, 3, sink); });
  const auto back =
      collect([&](const auto& sink) { editor().interpolate(request, b, a, 3, sink); });
  ASSERT_EQ(there.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LT(distance(there[i].picture, back[2 - i].picture), 0.5) << i;
  }
  EXPECT_GT(distance(there[0].picture, there[2].picture), 1);
}

TEST(Editor, AnEditOfStrengthZeroIsTheInvertedPicture) {
  const GenerateRequest request = small_request("");
  const Picture input = ramps(64, 64);
  const auto edited = [&](double strength) {
    return collect([&](const auto& sink) {
             editor().edit(request, input, "a fox", "snow", strength, sink);
           })
        .front()
        .picture;
  };
  const auto same = collect([&](const auto& sink) { editor().vary(request, input, 0.0, sink); });
  EXPECT_LT(distance(edited(0.0), same.front().picture), 0.1);
  EXPECT_GT(distance(edited(0.5), same.front().picture), 0.1);
}

TEST(Editor, AMixtureWithAllWeightOnOneIsThatOne) {
  const GenerateRequest request = small_request("");
  const std::vector<Ingredient> both = {{ramps(64, 64), 1.0}, {std::string("snow"), 0.0}};
  const Embedding mixed = editor().mix(request, both);
  const Embedding alone = editor().embed(ramps(64, 64));
  ASSERT_EQ(mixed.size(), alone.size());
  for (std::size_t i = 0; i < mixed.size(); ++i) EXPECT_NEAR(mixed[i], alone[i], 1e-5);
}

TEST(Editor, InpaintingKeepsThePixelsOutsideTheMaskAtAnySize) {
  for (const int size : {64, 256}) {
    GenerateRequest request = small_request("snow");
    request.size = size;
    request.count = 2;
    const Picture input = ramps(90, 70);
    Picture mask = image::filled(90, 70, {0, 0, 0, 255});
    for (std::size_t i = 0; i < mask.rgba.size(); i += 4) {
      if (i / 4 % 90 >= 45) std::fill_n(&mask.rgba[i], 3, std::uint8_t{255});
    }
    const auto pictures =
        collect([&](const auto& sink) { editor().inpaint(request, input, mask, 1, sink); });
    ASSERT_EQ(pictures.size(), 2U);
    for (const GeneratedPicture& drawn : pictures) {
      ASSERT_EQ(drawn.picture.rgba.size(), input.rgba.size());
      EXPECT_EQ(drawn.settings.width, 90);
      for (std::size_t i = 0; i < input.rgba.size(); ++i) {
        if (i / 4 % 90 < 45) {
          ASSERT_EQ(drawn.picture.rgba[i], input.rgba[i]) << i;
        }
      }
      EXPECT_GT(distance(drawn.picture, input), 5);
    }
    EXPECT_GT(distance(pictures[0].picture, pictures[1].picture), 0.5);
  }
}

TEST(Editor, RedrawingKeepsMoreTheWeakerItIs) {
  GenerateRequest request = small_request("snow");
  request.steps = 10;
  const Picture input = ramps(64, 64);
  const auto redrawn = [&](double strength) {
    const auto pictures =
        collect([&](const auto& sink) { editor().redraw(request, input, strength, sink); });
    return distance(pictures.front().picture, input);
  };
  EXPECT_LT(redrawn(0.1), redrawn(1.0));
}

TEST(Editor, RefusesWhatItCannotUse) {
  const GenerateRequest request = small_request("snow");
  const Picture input = ramps(64, 64);
  const auto sink = [](int, GeneratedPicture) { FAIL(); };
  const auto refuses = [](const char* words, auto act) {
    expect_error(ErrorKind::kUsage, HasSubstr(words), act);
  };
  refuses("--difference", [&] { editor().vary(request, input, 1.5, sink); });
  refuses("--difference", [&] { editor().vary(request, input, std::nan(""), sink); });
  refuses("--strength", [&] { editor().redraw(request, input, 0.0, sink); });
  refuses("--frames", [&] { editor().interpolate(request, {input}, {input}, 1, sink); });
  refuses("64x64", [&] { editor().inpaint(request, input, ramps(64, 32), 1, sink); });
  refuses("nothing to draw", [&] {
    editor().inpaint(request, input, image::filled(64, 64, {0, 0, 0, 255}), 1, sink);
  });
  refuses("3 numbers", [&] { editor().draw(request, Embedding{1, 2, 3}, sink); });
  refuses("not finite", [&] {
    editor().draw(request, Embedding(tiny_manifest().embedding.width, INFINITY), sink);
  });
  refuses("is empty", [&] { editor().redraw(small_request(""), input, 0.5, sink); });
}

}  // namespace
}  // namespace dalle2
