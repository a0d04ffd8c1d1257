#include "image/exif.h"

#include <string>

#include <gtest/gtest.h>

namespace dalle2::image {
namespace {

using namespace std::string_literals;

const Metadata kTexts = {{"parameters", "лиса\nSteps: 20"}, {"dalle2", "{\"a\": 1}"}, {"more", ""}};

TEST(Exif, ReadsBackWhatItWrites) {
  const Exif exif = parse_exif(make_exif(kTexts));
  EXPECT_EQ(exif.metadata, kTexts);
  EXPECT_EQ(exif.orientation, 1);
}

TEST(Exif, PutsParametersFirst) {
  EXPECT_EQ(parse_exif(make_exif({{"dalle2", "x"}, {"parameters", "y"}})).metadata,
            (Metadata{{"parameters", "y"}, {"dalle2", "x"}}));
}

TEST(Exif, ReadsTheOrientationInBothByteOrders) {
  EXPECT_EQ(
      parse_exif("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"s).orientation,
      6);
  EXPECT_EQ(
      parse_exif("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"s).orientation,
      6);
}

TEST(Exif, TakesAnOrientationThatIsNoneForUpright) {
  EXPECT_EQ(
      parse_exif("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0"s).orientation,
      1);
}

TEST(Exif, IsEmptyWhenItIsSomethingElse) {
  for (const auto& bytes :
       {""s, "MM"s, "Exif\0\0"s, std::string(100, '\xff'), "MM\0*\xff\xff\xff\xff"s}) {
    EXPECT_TRUE(parse_exif(bytes).metadata.empty());
    EXPECT_EQ(parse_exif(bytes).orientation, 1);
  }
}

// An IFD that points at itself must not be followed for ever.
TEST(Exif, EndsWhenItGoesInCircles) {
  const std::string loop =
      "MM\0*\0\0\0\x08\0\x02\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\x87\x69\0\x04\0\0\0\x01\0\0\0\x08"s;
  EXPECT_TRUE(parse_exif(loop).metadata.empty());
}

TEST(Exif, SurvivesTruncationAndWrongBytes) {
  const std::string whole = make_exif(kTexts);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    EXPECT_LE(parse_exif(whole.substr(0, at)).metadata.size(), kTexts.size());
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0xFF);
    const Exif exif = parse_exif(bytes);
    EXPECT_TRUE(exif.orientation >= 1 && exif.orientation <= 8);
  }
}

}  // namespace
}  // namespace dalle2::image
