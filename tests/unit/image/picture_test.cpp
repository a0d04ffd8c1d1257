#include "dalle2/picture.h"

#include <gtest/gtest.h>

#include "picture_files.h"

namespace dalle2 {
namespace {

TEST(Picture, IsOpaqueOnlyWhenEveryPixelIs) {
  Picture picture = image::opaque_gradient(3, 2);
  EXPECT_TRUE(picture.is_opaque());
  picture.rgba.back() = 254;
  EXPECT_FALSE(picture.is_opaque());
}

}  // namespace
}  // namespace dalle2
