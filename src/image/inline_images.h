#pragma once

#include <string>
#include <string_view>

/// Pictures in a terminal that reads picture files itself, transparency included. Both draw at the
/// cursor and end with a new line.
namespace dalle2::image {

/// kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol): a PNG in pieces, with
/// replies turned off.
std::string kitty_image(std::string_view png);

/// iTerm2's inline images (iterm2.com/documentation-images.html); also WezTerm, mintty, Konsole.
std::string iterm_image(std::string_view file);

}  // namespace dalle2::image
