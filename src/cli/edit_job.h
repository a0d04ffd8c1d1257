#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "dalle2/editor.h"
#include "options/settings.h"

namespace dalle2::cli {

/// What a command that starts from pictures wants drawn.
struct EditJob {
  GenerateRequest request;
  std::string name;  // what files in a folder are named after
  Json source;       // stored in the pictures
  std::function<void(Editor& editor, const Editor::PictureCallback& on_picture)> draw;
};

/// The request of these settings for a prompt, which may be empty, with a seed.
GenerateRequest make_edit_request(const options::Settings& settings, const std::string& prompt);

/// "fox" for "pictures/fox.png".
std::string stem_of(const std::string& path);

/// Opens the model with progress, warnings and interruption as usual, and calls `work`.
/// `pictures` is what the progress bar counts to; `quiet` empties its line.
void with_editor(
    const options::Settings& settings, int pictures,
    const std::function<void(Editor& editor, const std::function<void()>& quiet)>& work);

/// Plans the files, draws, and writes each picture as it is finished. Returns the exit code.
int run_edit_job(const options::Settings& settings, const EditJob& job);

/// Writes the embedding for --save-embedding, if that was given.
void save_embedding(const options::Settings& settings, const EditJob& job, Editor& editor,
                    const Embedding& embedding);

}  // namespace dalle2::cli
