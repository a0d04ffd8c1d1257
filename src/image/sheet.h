#pragma once

#include <span>

#include "dalle2/picture.h"
#include "image/color.h"

namespace dalle2::image {

struct SheetOptions {
  int columns = 0;  // 0: as square as possible, wider than high
  int gap = 8;      // pixels between cells and around the sheet, 0 to 1024
  Color background = kTransparent;
};

/// A contact sheet: pictures row by row, each centred in a cell of the largest width and height.
/// Throws Error(kUsage) when there are no pictures, or the sheet would be over 32768 a side.
Picture contact_sheet(std::span<const Picture> pictures, const SheetOptions& options = {});

}  // namespace dalle2::image
