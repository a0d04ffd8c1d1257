#include "options/config_file.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace dalle2::options {
namespace {

std::string refusal(std::string_view text) {
  try {
    parse_config(text, "c.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ConfigFile, KeysStringsNumbersBooleansCommentsAndSectionsAreRead) {
  const auto entries = parse_config(
      "# mine\r\n"
      "steps = 30   # more\n"
      "\n"
      "background = \"#ffffff\" # white\n"
      "[generate]\n"
      "  json=true\n"
      "model = 'C:\\a # b'\n"
      "negative_prompt = \"a \\\"b\\\" \\\\ \\n\"",
      "c.toml");
  ASSERT_EQ(entries.size(), 5U);
  EXPECT_EQ(entries[0].key, "steps");
  EXPECT_EQ(entries[0].text, "30");
  EXPECT_EQ(entries[0].line, 2);
  EXPECT_EQ(entries[0].section, "");
  EXPECT_EQ(entries[1].text, "#ffffff");
  EXPECT_EQ(entries[2].section, "generate");
  EXPECT_EQ(entries[2].text, "true");
  EXPECT_EQ(entries[3].text, "C:\\a # b");
  EXPECT_EQ(entries[4].text, "a \"b\" \\ \n");
  EXPECT_EQ(entries[4].line, 8);
}

TEST(ConfigFile, WhatIsNotASettingIsRefusedWithItsLine) {
  EXPECT_EQ(refusal("\nsteps"), "c.toml:2: expected 'key = value'");
  EXPECT_EQ(refusal("= 3"), "c.toml:1: expected a key before '='");
  EXPECT_EQ(refusal("steps ="), "c.toml:1: expected a value after '='");
  EXPECT_EQ(refusal("model = a b"), "c.toml:1: texts need quotes: \"a b\"");
  EXPECT_EQ(refusal("model = \"x"), "c.toml:1: the text has no closing \"");
  EXPECT_EQ(refusal("model = 'x"), "c.toml:1: the text has no closing '");
  EXPECT_EQ(refusal("model = \"x\" y"), "c.toml:1: unexpected 'y'");
  EXPECT_EQ(refusal("model = \"\\q\""),
            "c.toml:1: only \\\" \\\\ \\n \\t and \\r may follow a backslash");
  EXPECT_EQ(refusal("model = \"\\"),
            "c.toml:1: only \\\" \\\\ \\n \\t and \\r may follow a backslash");
  EXPECT_EQ(refusal("[generate"), "c.toml:1: a section needs a closing ']'");
}

TEST(ConfigFile, AnEmptyFileHasNoEntries) {
  EXPECT_TRUE(parse_config("", "c.toml").empty());
  EXPECT_TRUE(parse_config("\n# x\n", "c.toml").empty());
}

}  // namespace
}  // namespace dalle2::options
