#include "base/json.h"

#include <fstream>

#include "unit/expect_error.h"
#include "unit/temporary_folder.h"

namespace dalle2 {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Json, IsParsed) {
  const Json json = parse_json(R"({"a": [1, {"b": 2}], "b": 3})", "text", ErrorKind::kUsage);
  EXPECT_EQ(json["a"][1]["b"], 2);
  EXPECT_EQ(json["b"], 3);
}

TEST(Json, ErrorsNameTheLineAndColumn) {
  expect_error(ErrorKind::kModel, StartsWith("model.json:2:8: syntax error"),
               [] { parse_json("{\n  \"a\": }", "model.json", ErrorKind::kModel); });
}

TEST(Json, RefusesTextAfterTheValue) {
  expect_error(ErrorKind::kUsage, StartsWith("text:1:4: "),
               [] { parse_json("{} x", "text", ErrorKind::kUsage); });
}

TEST(Json, RefusesAKeyThatIsGivenTwice) {
  expect_error(ErrorKind::kModel, HasSubstr("the key \"steps\" is given twice"), [] {
    parse_json(R"({"a": {"steps": 1, "x": {"steps": 1}, "steps": 2}})", "m", ErrorKind::kModel);
  });
}

TEST(Json, RefusesNumbersThatAreTooLarge) {
  expect_error(ErrorKind::kUsage, testing::HasSubstr("a.json: has a number that is too large"),
               [] { parse_json("[1, 1e400]", "a.json", ErrorKind::kUsage); });
}

TEST(Json, AllowsOneKeyInSeveralObjects) {
  EXPECT_NO_THROW(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])", "text", ErrorKind::kUsage));
}

TEST(Json, RefusesTextThatIsNotUtf8) {
  expect_error(ErrorKind::kUsage, HasSubstr("UTF-8"),
               [] { parse_json("\"\xFF\"", "text", ErrorKind::kUsage); });
}

TEST(Json, OfAFileNamesTheFile) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.json";
  std::ofstream(file) << "[1,]";
  expect_error(ErrorKind::kModel, StartsWith(file.string() + ":1:4: "),
               [&] { read_json(file, ErrorKind::kModel, 100); });
}

TEST(Json, SurvivesDeepNesting) {
  const std::string deep(100'000, '[');
  expect_error(ErrorKind::kUsage, StartsWith("text:1:"),
               [&] { parse_json(deep, "text", ErrorKind::kUsage); });
}

}  // namespace
}  // namespace dalle2
