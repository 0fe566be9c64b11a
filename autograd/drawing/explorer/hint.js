// One hint for who sees the page for the first time; gone for good with the first step, or when it is dismissed.

const KEY = "autograd explorer: hint seen";

export function showHint({ at, steps }) {
  at("hint").hidden = steps.last === 0 || steps.forwardNodes.length === 0 || wasSeen();
  at("hint-close").addEventListener("click", () => dismissHint(at));
}

export function dismissHint(at) {
  if (at("hint").hidden) return;
  at("hint").hidden = true;
  try {
    localStorage.setItem(KEY, "yes");
  } catch {
    // a page in a frame may not remember anything: the hint comes again
  }
}

function wasSeen() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}
