#pragma once

#include <string>

#include "cli/output_plan.h"
#include "cli/preview.h"
#include "dalle2/generator.h"
#include "options/settings.h"

namespace dalle2::cli {

/// Encodes finished pictures, writes them to their places in the plan and reports each on standard
/// output: its path, or with --json an object of path, settings and similarity.
/// Shows the picture in the terminal if --preview asks for that, except beside `-o -`.
class PictureWriter {
 public:
  PictureWriter(const options::Settings& settings, const OutputPlan& plan);

  /// Throws Error(kOutput). What was written before stays.
  void write(int index, const GeneratedPicture& picture) const;

  /// Reports the files that --if-exists skip leaves as they are.
  void report_skipped() const;

 private:
  std::string encoded(const GeneratedPicture& picture) const;
  void report(const std::string& path, const GeneratedPicture& picture) const;
  void report_json(const std::string& path, bool skipped, const GeneratedPicture& picture) const;

  const options::Settings& settings_;
  const OutputPlan& plan_;
  Preview preview_;
};

}  // namespace dalle2::cli
