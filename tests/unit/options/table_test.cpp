#include "options/table.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace dalle2::options {
namespace {

TEST(OptionTable, NamesAreUniqueAndShortNamesAreUniqueWithinACommand) {
  std::set<std::string_view> names;
  for (const Option& option : option_table()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
  }
  for (const CommandSpec& command : commands()) {
    std::set<std::string_view> letters;
    for (const Option* option : options_of(command.id)) {
      if (option->short_name.empty()) continue;
      EXPECT_EQ(option->short_name.size(), 1U);
      EXPECT_TRUE(letters.insert(option->short_name).second) << option->short_name;
    }
  }
}

TEST(OptionTable, EveryOptionBelongsToACommandAndOnlyFlagsHaveNoValueOrDefault) {
  for (const Option& option : option_table()) {
    EXPECT_NE(option.commands, Command::kNone) << option.name;
    EXPECT_EQ(option.value_name.empty(), option.is_flag()) << option.name;
    EXPECT_EQ(option.default_text.empty(), option.is_flag()) << option.name;
  }
}

TEST(OptionTable, HelpTextsStartInLowerCaseAndHaveNoFullStop) {
  for (const Option& option : option_table()) {
    ASSERT_FALSE(option.help.empty()) << option.name;
    EXPECT_FALSE(option.help.front() >= 'A' && option.help.front() <= 'Z' &&
                 !option.help.starts_with("JPEG"))
        << option.name;
    EXPECT_NE(option.help.back(), '.') << option.name;
  }
}

TEST(OptionTable, EveryBindingReadsBackWhatItSets) {
  for (const Option& option : option_table()) {
    if (option.is_flag()) {
      Settings settings;
      option.binding.set(settings, Value(true));
      EXPECT_EQ(option.binding.get(settings), Value(true)) << option.name;
      continue;
    }
    Value sample = std::string("text");
    if (const auto* d = std::get_if<Integer>(&option.domain)) sample = d->high;
    if (const auto* d = std::get_if<Real>(&option.domain)) sample = d->high / 2;
    if (const auto* d = std::get_if<Choice>(&option.domain)) sample = std::string(d->names.back());
    Settings settings;
    option.binding.set(settings, sample);
    EXPECT_EQ(option.binding.get(settings), sample) << option.name;
  }
}

TEST(OptionTable, DefaultsAreInsideTheRanges) {
  const Settings defaults;
  for (const Option& option : option_table()) {
    const auto value = option.binding.get(defaults);
    if (!value || value == Value(std::string())) continue;
    EXPECT_NO_THROW(check_value(option.domain, *value, option.flag())) << option.name;
  }
}

TEST(OptionTable, WhatRunsForeignCodeCannotBeSetByAFileOrVariable) {
  EXPECT_EQ(find_option("trust")->sources, Sources::kCommandLine);
}

TEST(OptionTable, NamesOfVariablesAndJsonKeysFollowFromTheFlag) {
  const Option* option = find_option("prior-steps");
  ASSERT_NE(option, nullptr);
  EXPECT_EQ(option->flag(), "--prior-steps");
  EXPECT_EQ(option->variable(), "DALLE2_PRIOR_STEPS");
  EXPECT_EQ(option->json_key(), "prior_steps");
}

}  // namespace
}  // namespace dalle2::options
