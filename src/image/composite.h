#pragma once

#include "dalle2/picture.h"
#include "image/color.h"

namespace dalle2::image {

/// Lays the picture over a plain background (the "over" operator of Porter and Duff 1984, on sRGB
/// values as browsers do). kTransparent returns the picture as it is.
Picture with_background(const Picture& picture, Color background);

/// Lays the picture over a chequered ground of light greys, in squares of `square` >= 1 pixels, by
/// which transparency can be told from white.
Picture with_checkerboard(const Picture& picture, int square);

/// Lays `top` over `*bottom` with its left upper corner at (x, y); what falls outside is cut.
void paste(const Picture& top, int x, int y, Picture* bottom);

/// A picture of one colour. Throws Error(kUsage) unless both sides are in [1, 32768].
Picture filled(int width, int height, Color color);

}  // namespace dalle2::image
