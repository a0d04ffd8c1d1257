#pragma once

#include <string>

#include "dalle2/picture.h"

namespace dalle2::image {

/// An opaque picture as text: a "▀" for two pixels, one above the other, in the colours of both.
/// Lines end in the terminal's own colours. Without `true_color`, in the 256 colours of xterm.
std::string half_blocks(const Picture& opaque, bool true_color);

/// The nearest of xterm's colours 16 to 255: a cube of 6 × 6 × 6, and 24 greys.
int xterm_color(int red, int green, int blue);

}  // namespace dalle2::image
