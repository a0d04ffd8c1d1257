#include "cli/name_template.h"

#include <gmock/gmock.h>

#include "unit/expect_error.h"

namespace dalle2::cli {
namespace {

using testing::HasSubstr;

const NameFields kFields{.index = 42, .number = 3, .seed = 7, .id = "", .prompt = "A Red/Fox!"};

TEST(NameTemplate, PutsInWhatIsKnownOfAPicture) {
  EXPECT_EQ(NameTemplate("{index:05}-{slug}-{seed}").fill(kFields), "00042-a-red-fox-7");
  EXPECT_EQ(NameTemplate("{index}/{number:02}").fill(kFields), "42/03");
  EXPECT_EQ(NameTemplate("{{{seed}}}").fill(kFields), "{7}");
  EXPECT_EQ(NameTemplate("{index:01}").fill(kFields), "42");
}

TEST(NameTemplate, UsesTheIndexForPromptsWithoutId) {
  EXPECT_EQ(NameTemplate("{id}").fill(kFields), "42");
}

TEST(NameTemplate, KeepsIdsInsideTheirFolder) {
  NameFields fields = kFields;
  fields.id = "../../etc/passwd";
  EXPECT_EQ(NameTemplate("x/{id}").fill(fields), "x/-.-..-etc-passwd");
  fields.id = ".hidden\n";
  EXPECT_EQ(NameTemplate("{id}").fill(fields), "-hidden-");
}

TEST(NameTemplate, RefusesWhatItDoesNotUnderstand) {
  for (const char* text :
       {"", "{indx}", "{index", "index}", "{index:5}", "{slug:05}", "{index:099}", "{index:0x}",
        "/tmp/{index}", "../{index}", "a/../{index}", "{index}/"}) {
    expect_error(ErrorKind::kUsage, HasSubstr("--name"), [&] { NameTemplate{text}; });
  }
}

}  // namespace
}  // namespace dalle2::cli
