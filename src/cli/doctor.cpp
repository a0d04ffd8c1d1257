#include "base/json.h"
#include "cli/commands.h"
#include "cli/doctor_checks.h"
#include "cli/exit_code.h"
#include "cli/standard_output.h"

namespace dalle2::cli {
namespace {

const char* status(const Finding& finding) {
  return finding.problem ? "error" : finding.warning ? "warning" : "ok";
}

std::string line(const Finding& finding) {
  std::string out = status(finding);
  out.resize(9, ' ');
  out += finding.name;
  out.resize(std::max<std::size_t>(out.size() + 1, 22), ' ');
  return out + finding.detail + "\n";
}

Json to_json(const Finding& finding) {
  return {{"name", finding.name}, {"status", status(finding)}, {"detail", finding.detail}};
}

}  // namespace

int run_doctor(const options::Invocation& invocation) {
  int code = kSuccess;
  Json report = Json::array();
  for (const Finding& finding : examine(invocation)) {
    if (finding.problem && code == kSuccess) code = exit_code(*finding.problem);
    report.push_back(to_json(finding));
    if (!invocation.settings.ui.json) print(line(finding));
  }
  if (invocation.settings.ui.json) {
    print(Json{{"ok", code == kSuccess}, {"findings", report}}.dump() + "\n");
  }
  return code;
}

}  // namespace dalle2::cli
