#pragma once

#include <string>

#include "cli/output_plan.h"
#include "dalle2/generator.h"
#include "options/settings.h"

namespace dalle2::cli {

/// Encodes finished pictures, writes them to their places in the plan and reports each on standard
/// output: its path, or with --json an object of path, settings and similarity.
class PictureWriter {
 public:
  PictureWriter(const options::Settings& settings, const OutputPlan& plan);

  /// Throws Error(kOutput). What was written before stays.
  void write(int index, const GeneratedPicture& picture) const;

  /// Reports the files that --if-exists skip leaves as they are.
  void report_skipped() const;

 private:
  std::string encoded(const GeneratedPicture& picture) const;

  const options::Settings& settings_;
  const OutputPlan& plan_;
};

}  // namespace dalle2::cli
