#include "cli/preview.h"

#include <algorithm>
#include <string_view>

#include "image/codec.h"
#include "image/composite.h"
#include "image/half_blocks.h"
#include "image/inline_images.h"
#include "image/resize.h"
#include "image/sixel.h"

namespace dalle2::cli {
namespace {

/// Longer sides, so that a picture leaves room for what was there before.
constexpr int kMaxPixels = 512;
constexpr int kMaxColumns = 64;
constexpr int kSquare = 8;       // of the chequered ground, in pixels
constexpr int kBlockSquare = 4;  // where a pixel is half a character

Picture no_larger(const Picture& picture, int most) {
  const int longer = std::max(picture.width, picture.height);
  if (longer <= most) return picture;
  const auto scaled = [&](int side) { return std::max(1, side * most / longer); };
  return image::resize(picture, scaled(picture.width), scaled(picture.height),
                       image::filter_named("area"));
}

std::string small_png(const Picture& picture) {
  return image::encode(no_larger(picture, kMaxPixels), image::format_named("png"));
}

std::string draw_kitty(const Picture& picture, const Preview& /*preview*/) {
  return image::kitty_image(small_png(picture));
}

std::string draw_iterm(const Picture& picture, const Preview& /*preview*/) {
  return image::iterm_image(small_png(picture));
}

std::string draw_sixel(const Picture& picture, const Preview& /*preview*/) {
  return image::sixel_image(image::with_checkerboard(no_larger(picture, kMaxPixels), kSquare));
}

std::string draw_blocks(const Picture& picture, const Preview& preview) {
  const Picture small = no_larger(picture, std::clamp(preview.columns - 1, 1, kMaxColumns));
  return image::half_blocks(image::with_checkerboard(small, kBlockSquare), preview.true_color);
}

/// What the variables of a terminal say.
struct Signs {
  std::string term;
  std::string program;
  bool kitty_window = false;

  bool is_term(std::string_view name) const { return term.starts_with(name); }
};

struct Protocol {
  std::string_view name;
  std::string (*draw)(const Picture&, const Preview&);
  bool (*is_understood)(const Signs& signs);
};

bool is_multiplexer(const Signs& signs) {
  // They hand on the variables of the terminal around them, but not its pictures.
  return signs.is_term("tmux") || signs.is_term("screen");
}

/// Best first.
constexpr Protocol kProtocols[] = {
    {"kitty", draw_kitty,
     [](const Signs& signs) {
       return !is_multiplexer(signs) && (signs.kitty_window || signs.is_term("xterm-kitty") ||
                                         signs.term.find("ghostty") != std::string::npos);
     }},
    {"iterm", draw_iterm,
     [](const Signs& signs) {
       return !is_multiplexer(signs) &&
              (signs.program == "iTerm.app" || signs.program == "WezTerm");
     }},
    {"sixel", draw_sixel,
     [](const Signs& signs) {
       constexpr std::string_view kTerms[] = {"foot", "mlterm", "yaft", "contour"};
       return std::ranges::any_of(kTerms, [&](auto name) { return signs.is_term(name); });
     }},
    {"blocks", draw_blocks, [](const Signs& signs) { return signs.term != "dumb"; }},
};

}  // namespace

Preview decide_preview(const std::string& name, const options::Environment& environment,
                       bool is_terminal, int columns) {
  const Signs signs{.term = environment("TERM").value_or("dumb"),
                    .program = environment("TERM_PROGRAM").value_or(""),
                    .kitty_window = environment("KITTY_WINDOW_ID").has_value()};
  const std::string colors = environment("COLORTERM").value_or("");
  Preview preview;
  if (columns > 0) preview.columns = columns;
  preview.true_color = colors == "truecolor" || colors == "24bit";
  for (const Protocol& protocol : kProtocols) {
    const bool fits = is_terminal && protocol.is_understood(signs);
    if (name == protocol.name || (name == "auto" && fits)) {
      preview.draw = protocol.draw;
      break;
    }
  }
  return preview;
}

Preview error_preview(const options::UiOptions& ui) {
  const ErrorStream stream = error_stream();
  return decide_preview(ui.preview, options::process_environment(), stream.is_terminal,
                        stream.columns);
}

}  // namespace dalle2::cli
