#include "image/inline_images.h"

#include "base/base64.h"

namespace dalle2::image {

std::string kitty_image(std::string_view png) {
  constexpr std::size_t kPiece = 4096;  // as much as one escape sequence may hold
  const std::string data = base64(png);
  std::string out;
  for (std::size_t at = 0; at < data.size(); at += kPiece) {
    const bool more = at + kPiece < data.size();
    out += at == 0 ? "\x1b_Ga=T,f=100,q=2," : "\x1b_Gq=2,";
    out += std::string("m=") + (more ? "1" : "0") + ";" + data.substr(at, kPiece) + "\x1b\\";
  }
  return out + "\n";
}

std::string iterm_image(std::string_view file) {
  return "\x1b]1337;File=inline=1;size=" + std::to_string(file.size()) + ":" + base64(file) +
         "\a\n";
}

}  // namespace dalle2::image
