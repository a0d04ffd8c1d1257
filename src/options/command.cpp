#include "options/command.h"

#include <algorithm>
#include <stdexcept>

namespace dalle2::options {
namespace {

constexpr Example kGenerateExamples[] = {
    {"dalle2 generate \"a red fox\" -o fox.png", "one picture"},
    {"dalle2 generate \"a red fox\" -n 8 -o foxes/", "eight, named after prompt and seed"},
    {"dalle2 generate \"a red fox\" --seed 7 --background '#ffffff' -o fox.jpg",
     "the same one every time, on white, as JPEG"},
    {"echo \"a red fox\" | dalle2 generate - -o - | display", "from and to other programs"},
    {"dalle2 generate \"a red fox\" --preview -o fox.png", "and shown in the terminal"},
};
constexpr Example kBatchExamples[] = {
    {"dalle2 batch prompts.txt --out-dir pictures", "a picture for every line of a file"},
    {"dalle2 batch prompts.txt --out-dir pictures --resume", "go on after an interruption"},
    {"dalle2 batch prompts.jsonl --shard 2/4 --out-dir pictures", "the second of four equal parts"},
};
constexpr Example kVaryExamples[] = {
    {"dalle2 vary fox.png -n 4 -o foxes/", "four pictures of the same, drawn anew"},
    {"dalle2 vary fox.png --difference 0.3 -o fox2.png", "almost the same picture"},
    {"dalle2 generate \"a fox\" -o - | dalle2 vary - -n 4 -o foxes/",
     "of another program's picture"},
};
constexpr Example kInterpolateExamples[] = {
    {"dalle2 interpolate fox.png owl.png -o walk/", "frames, a contact sheet and an animation"},
    {"dalle2 interpolate \"a fox\" \"an owl\" --frames 24 -o walk.webp", "an animation only"},
};
constexpr Example kEditExamples[] = {
    {"dalle2 edit fox.png --from \"a fox\" --to \"a fox in winter\" -o winter.png",
     "what the texts differ in happens to the picture"},
};
constexpr Example kMixExamples[] = {
    {"dalle2 mix fox.png \"a balloon\" -o mix.png", "half of each"},
    {"dalle2 mix fox.png owl.png --weights 3,1 -n 4 -o mixed/", "three parts fox"},
};
constexpr Example kInpaintExamples[] = {
    {"dalle2 inpaint fox.png --mask hat-area.png \"a fox with a hat\" -o hat.png",
     "drawn anew where the mask is white"},
    {"dalle2 inpaint fox.png --mask hat-area.png --resample 5 \"a fox with a hat\" -o hat.png",
     "that fits its surroundings better"},
    {"dalle2 inpaint fox.png --extend 64 \"a fox in a forest\" -o forest.png",
     "64 pixels more at every side"},
};
constexpr Example kGridExamples[] = {
    {"dalle2 grid foxes/*.png -o foxes.png", "all pictures of a folder on one sheet"},
    {"dalle2 grid *.png --columns 4 --background '#ffffff' -o sheet.jpg", "four a row, on white"},
};
constexpr Example kScoreExamples[] = {
    {"dalle2 score fox.png \"a fox\" \"a dog\" \"a house\"", "which of these is it most like?"},
};
constexpr Example kReplayExamples[] = {
    {"dalle2 replay fox.png -o again.png", "the same picture, from what is stored inside it"},
};
constexpr Example kCompletionExamples[] = {
    {"dalle2 completion bash > ~/.local/share/bash-completion/completions/dalle2", "for bash"},
    {"dalle2 completion zsh > \"${fpath[1]}/_dalle2\"", "for zsh"},
    {"dalle2 completion fish > ~/.config/fish/completions/dalle2.fish", "for fish"},
};
constexpr Example kInfoExamples[] = {
    {"dalle2 info fox.png", "prompt, seed and settings of a picture"},
    {"dalle2 info models/emoji --json", "what is in a model package"},
};
constexpr Example kModelsExamples[] = {
    {"dalle2 models list", "models that can be named with --model"},
    {"dalle2 models verify", "check every file of every model against its hash"},
};
constexpr Example kBenchExamples[] = {
    {"dalle2 bench -n 16", "speed with sixteen pictures at once"},
    {"dalle2 bench --device cpu --dtype float32 --json", "for comparing settings in a script"},
};
constexpr Example kDoctorExamples[] = {
    {"dalle2 doctor", "when something does not work, start here"},
};
constexpr Example kHelpExamples[] = {
    {"dalle2 help generate", "all options of one command"},
    {"dalle2 help --man | man -l -", "everything as a manual page"},
};

constexpr CommandSpec kCommands[] = {
    {Command::kGenerate, "generate", "make pictures from a prompt", "PROMPT|-", 1, 1,
     "Makes pictures of what PROMPT says; - reads it from standard input. The path of every "
     "picture "
     "is printed when it is written, messages go to standard error.",
     kGenerateExamples},
    {Command::kVary, "vary", "make pictures like another one", "IMAGE|-", 1, 1,
     "Makes pictures with the content of IMAGE and other details. "
     "--difference says how far they "
     "may go: 0 gives the picture back as well as the model can.",
     kVaryExamples},
    {Command::kInterpolate, "interpolate", "walk from one picture or prompt to another", "A B", 2,
     2,
     "A and B are pictures, prompts, or embeddings (.json). Writes the frames, a contact sheet "
     "and an animated WebP into a folder, or only the animation into a .webp file.",
     kInterpolateExamples},
    {Command::kEdit, "edit", "move a picture along the difference of two prompts", "IMAGE|-", 1, 1,
     "Changes IMAGE by what --to says and --from does not, and keeps the rest as far as it can.",
     kEditExamples},
    {Command::kMix, "mix", "blend pictures and prompts into one idea", "WHAT…", 1, 64,
     "Each WHAT is a picture, a prompt, or an embedding (.json). Makes pictures of their weighted "
     "mean.",
     kMixExamples},
    {Command::kInpaint, "inpaint", "draw a part of a picture anew", "IMAGE|- PROMPT|-", 2, 2,
     "Draws PROMPT where the mask is white, or transparent if it has transparency; without --mask, "
     "where IMAGE is transparent. All other pixels stay exactly as they are.",
     kInpaintExamples},
    {Command::kBatch, "batch", "make pictures from a file of prompts", "FILE|-", 1, 1,
     "Makes pictures for every prompt in FILE: one a line, or JSON objects, one a line. What was "
     "made "
     "is recorded in manifest.jsonl beside the pictures, so that a run can be resumed. A picture "
     "depends on its prompt, its place in the file and the settings, not on the shard or the run "
     "that draws it.",
     kBatchExamples},
    {Command::kGrid, "grid", "put pictures on one sheet", "FILE…", 1, kUnlimited,
     "Puts pictures on a contact sheet, row by row. Each sits in the middle of a cell as large as "
     "the "
     "largest of them.",
     kGridExamples},
    {Command::kScore, "score", "how well prompts fit a picture", "IMAGE|- PROMPT…", 2, kUnlimited,
     "Prints the CLIP similarity of IMAGE and each PROMPT, best first. The numbers compare prompts "
     "for one model; they are not percentages.",
     kScoreExamples},
    {Command::kReplay, "replay", "make a picture again from what is stored in it", "IMAGE|-", 1, 1,
     "Reads the settings in a picture that this program made and makes it again. Refuses if the "
     "model is not the one that made it.",
     kReplayExamples},
    {Command::kInfo, "info", "what made a picture, what is in a model", "IMAGE|-|MODEL", 1, 1,
     "Prints the prompt and settings stored in a picture that this program made, or what a model "
     "package holds. Loads no network.",
     kInfoExamples},
    {Command::kModels, "models", "list models, or check their files", "list|verify [MODEL…]", 1,
     kUnlimited,
     "Lists the model packages that are found, or compares every file with the hash in its "
     "manifest.",
     kModelsExamples},
    {Command::kBench, "bench", "measure the speed of this machine with a model", "", 0, 0,
     "Measures load, warm-up, prior, decoder and upsampler, pictures a second, and the share of "
     "the "
     "fastest matrix product of this machine.",
     kBenchExamples},
    {Command::kDoctor, "doctor", "check that everything needed is there", "", 0, 0,
     "Looks at the processor, LibTorch, CUDA, the models and the folders that are written to. "
     "Exits "
     "with the code of the first thing that is wrong and essential.",
     kDoctorExamples},
    {Command::kCompletion, "completion", "let a shell complete commands and options",
     "bash|zsh|fish", 1, 1,
     "Prints a script that completes this program's commands, options and their values with the "
     "Tab key.",
     kCompletionExamples},
    {Command::kHelp, "help", "show the help of a command", "[COMMAND]", 0, 1,
     "Shows all commands, or all options of one.", kHelpExamples},
    {Command::kVersion,
     "version",
     "show the version",
     "",
     0,
     0,
     "Shows the version of this program and of LibTorch.",
     {}},
};

}  // namespace

std::span<const CommandSpec> commands() { return kCommands; }

const CommandSpec* find_command(std::string_view name) {
  const auto row = std::ranges::find(kCommands, name, &CommandSpec::name);
  return row == std::end(kCommands) ? nullptr : &*row;
}

const CommandSpec& command_spec(Command id) {
  const auto row = std::ranges::find(kCommands, id, &CommandSpec::id);
  if (row == std::end(kCommands)) throw std::logic_error("a command without a row in the table");
  return *row;
}

}  // namespace dalle2::options
