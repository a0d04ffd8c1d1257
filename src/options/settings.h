#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dalle2/generator.h"
#include "dalle2/request.h"

namespace dalle2::options {

/// Where pictures go and how they are written.
struct OutputOptions {
  std::string target;               // file, folder, "-" for standard output; empty: current folder
  std::string format;               // png, jpeg, webp; empty: from the target's extension, else png
  std::string if_exists = "error";  // error, skip, rename, overwrite
  int quality = 92;                 // of JPEG; WebP from 1 to 99, and 100 is lossless
  bool no_metadata = false;         // leave prompt and settings out of the file
  std::filesystem::path save_steps;  // folder for what each decoder step sees; empty: not wanted
};

/// How `dalle2 batch` works through a file of prompts.
struct BatchOptions {
  std::filesystem::path out_dir = ".";
  std::string name = "{index:05}-{slug}-{seed}";  // of the files, without extension
  std::string shard;                              // I/N, auto; empty: all
  std::optional<std::uint64_t> shard_count;       // for schedulers that do not say
  bool resume = false;                            // skip what an earlier run has made
  bool keep_going = false;                        // record what fails and go on
};

/// How `dalle2 grid` lays pictures out.
struct SheetOptions {
  int columns = 0;  // 0: as square as possible
  int gap = 8;      // pixels
};

/// What the program says while it works.
struct UiOptions {
  bool quiet = false;    // errors only
  bool verbose = false;  // details of what runs where
  bool json = false;     // one JSON object per result on standard output
  bool no_color = false;
  std::string progress = "auto";  // auto, never
  std::string preview = "off";    // auto, a protocol, off: pictures in the terminal
  bool help = false;
  bool markdown = false;  // help as docs/flags.md
  bool man = false;       // help as a manual page
};

/// What `dalle2 bench` measures.
struct BenchOptions {
  int repeats = 3;  // timed runs after the warm-up
};

/// How pictures are made from other pictures, or from an embedding.
struct EditOptions {
  double difference = 1.0;         // vary
  std::string from;                // edit
  std::string to;                  // edit
  std::optional<double> strength;  // edit, generate --init
  std::string weights;             // mix: a number an argument, with commas; or empty
  std::string mask;                // inpaint: a file
  int extend = 0;                  // inpaint: pixels added at every side
  int resample = 1;                // inpaint: times that each step is made
  int frames = 9;                  // interpolate
  int fps = 8;                     // interpolate: frames a second of the animation
  std::string init;                // generate: a file
  std::string embedding;           // generate: a file
  std::string save_embedding;      // a file
};

/// Everything a command can be told, filled from the option table.
struct Settings {
  GenerateRequest request;
  bool seed_given = false;  // request.seed was set; else the command draws one
  GeneratorOptions generator;
  OutputOptions output;
  BatchOptions batch;
  SheetOptions sheet;
  UiOptions ui;
  BenchOptions bench;
  EditOptions edit;
  std::filesystem::path config;        // --config
  std::vector<std::string> arguments;  // what follows the command and is no option
};

}  // namespace dalle2::options
