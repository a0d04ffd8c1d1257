#include "image/sheet.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "dalle2/error.h"
#include "image/composite.h"

namespace dalle2::image {
namespace {

constexpr std::int64_t kMaxSide = 32768;
constexpr int kMaxGap = 1024;

}  // namespace

Picture contact_sheet(std::span<const Picture> pictures, const SheetOptions& options) {
  if (pictures.empty())
    throw Error(ErrorKind::kUsage, "a contact sheet needs at least one picture");
  if (options.gap < 0 || options.gap > kMaxGap) {
    throw Error(ErrorKind::kUsage, "a contact sheet's gap is 0 to " + std::to_string(kMaxGap) +
                                       " pixels, not " + std::to_string(options.gap));
  }
  const auto count = static_cast<std::int64_t>(pictures.size());
  std::int64_t columns = options.columns;
  if (columns <= 0) columns = std::int64_t(std::ceil(std::sqrt(double(count))));
  columns = std::min(columns, count);
  const std::int64_t rows = (count + columns - 1) / columns;

  std::int64_t cell_width = 0;
  std::int64_t cell_height = 0;
  for (const Picture& picture : pictures) {
    cell_width = std::max<std::int64_t>(cell_width, picture.width);
    cell_height = std::max<std::int64_t>(cell_height, picture.height);
  }
  const std::int64_t width = columns * (cell_width + options.gap) + options.gap;
  const std::int64_t height = rows * (cell_height + options.gap) + options.gap;
  if (width > kMaxSide || height > kMaxSide) {
    throw Error(ErrorKind::kUsage, "a contact sheet of " + std::to_string(width) + "x" +
                                       std::to_string(height) + " pixels is too large (at most " +
                                       std::to_string(kMaxSide) +
                                       " a side): use fewer or smaller pictures");
  }

  Picture sheet = filled(int(width), int(height), options.background);
  for (std::int64_t i = 0; i < count; ++i) {
    const Picture& picture = pictures[std::size_t(i)];
    const std::int64_t x =
        options.gap + i % columns * (cell_width + options.gap) + (cell_width - picture.width) / 2;
    const std::int64_t y = options.gap + i / columns * (cell_height + options.gap) +
                           (cell_height - picture.height) / 2;
    paste(picture, int(x), int(y), &sheet);
  }
  return sheet;
}

}  // namespace dalle2::image
