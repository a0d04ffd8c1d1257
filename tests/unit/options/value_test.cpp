#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "options/option.h"

namespace dalle2::options {
namespace {

std::string refusal(const Domain& domain, std::string_view text) {
  try {
    parse_value(domain, text, "--x");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "accepted";
}

TEST(Value, IntegersAreReadUpToTheLargestSeed) {
  const Domain any = Integer{0, std::numeric_limits<std::uint64_t>::max()};
  EXPECT_EQ(parse_value(any, "18446744073709551615", "--seed"),
            Value(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(parse_value(any, "007", "--seed"), Value(std::uint64_t{7}));
}

TEST(Value, NumbersOutOfRangeAreRefusedWithTheRange) {
  const Domain steps = Integer{1, 1000};
  const std::string range = " is out of range: 1 to 1000";
  for (const std::string text : {"0", "1001", "-1", "99999999999999999999999"}) {
    EXPECT_EQ(refusal(steps, text), "--x: '" + text + "'" + range);
  }
  EXPECT_EQ(refusal(Real{0, 1}, "1.5"), "--x: '1.5' is out of range: 0 to 1");
  EXPECT_EQ(refusal(Real{0, 1}, "1e999"), "--x: '1e999' is out of range: 0 to 1");
}

TEST(Value, TextsThatAreNoNumbersAreRefusedWithTheRange) {
  for (const std::string text : {"", "ten", "1x", "1.5", "0x10", " 1", "1e3", "-"}) {
    EXPECT_EQ(refusal(Integer{1, 9}, text),
              "--x: '" + text + "' is not a whole number; give 1 to 9");
  }
  for (const std::string text : {"", "x", "1,5", "1.5.1"}) {
    EXPECT_EQ(refusal(Real{0, 9}, text), "--x: '" + text + "' is not a number; give 0 to 9");
  }
}

TEST(Value, NotANumberAndInfinityAreOutOfRange) {
  for (const std::string text : {"nan", "inf", "-inf"}) {
    EXPECT_NE(refusal(Real{0, 9}, text).find("out of range: 0 to 9"), std::string::npos) << text;
  }
}

TEST(Value, ChoicesAreRefusedWithTheNames) {
  EXPECT_EQ(refusal(Choice{{"png", "jpeg", "webp"}}, "gif"),
            "--x: 'gif' is not one of png, jpeg or webp");
}

TEST(Value, LongTextsAreShortenedInTheMessage) {
  EXPECT_LT(refusal(Integer{1, 9}, std::string(100'000, 'x')).size(), 200U);
  EXPECT_LT(refusal(Text{10}, std::string(100'000, 'x')).size(), 200U);
}

TEST(Value, FlagsFromVariablesMayBeSaidInSeveralWays) {
  for (const char* yes : {"1", "true", "yes", "on"}) {
    EXPECT_EQ(parse_value(Flag{}, yes, "DALLE2_JSON"), Value(true));
  }
  for (const char* no : {"0", "false", "no", "off"}) {
    EXPECT_EQ(parse_value(Flag{}, no, "DALLE2_JSON"), Value(false));
  }
  EXPECT_EQ(refusal(Flag{}, "maybe"), "--x: 'maybe' is neither true nor false");
}

}  // namespace
}  // namespace dalle2::options
