#include "text/clip_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dalle2::text {
namespace {

using testing::ElementsAre;

TEST(ClipWords, KeepLettersTogetherAndNumbersApart) {
  EXPECT_THAT(clip_pieces(U"fox2024лиса"), ElementsAre("fox", "2", "0", "2", "4", "лиса"));
  EXPECT_THAT(clip_pieces(U"½²"), ElementsAre("½", "²"));
}

TEST(ClipWords, KeepEverythingElseTogether) {
  EXPECT_THAT(clip_pieces(U"a--b!?🦊."), ElementsAre("a", "--", "b", "!?🦊."));
}

TEST(ClipWords, CutContractions) {
  EXPECT_THAT(clip_pieces(U"don't"), ElementsAre("don", "'t"));
  EXPECT_THAT(clip_pieces(U"they'll've"), ElementsAre("they", "'ll", "'ve"));
  EXPECT_THAT(clip_pieces(U"'sand"), ElementsAre("'s", "and"));
  EXPECT_THAT(clip_pieces(U"!'s"), ElementsAre("!'", "s"));
}

TEST(ClipWords, CutTheNamesOfSpecialTokens) {
  EXPECT_THAT(clip_pieces(U"<|endoftext|>!"), ElementsAre("<|", "endoftext", "|>", "!"));
  EXPECT_THAT(clip_pieces(U"<|endoftext>"), ElementsAre("<|", "endoftext", ">"));
}

TEST(ClipWords, AreNoneInNothing) { EXPECT_THAT(clip_pieces(U""), ElementsAre()); }

}  // namespace
}  // namespace dalle2::text
