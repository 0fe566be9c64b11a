// Light or dark: as chosen, or as the page around has it.

const THEMES = ["auto", "light", "dark"];
const MARKS = { auto: "◐ auto", light: "○ light", dark: "● dark" };

export function followTheme(button, chosen) {
  const prefers = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const dark = chosen === "auto" ? (darkAround() ?? prefers.matches) : chosen === "dark";
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.textContent = MARKS[chosen];
    button.setAttribute("aria-label", `theme: ${chosen}`);
  };
  button.addEventListener("click", () => {
    chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];
    apply();
  });
  prefers.addEventListener("change", apply);
  const body = bodyAround();
  if (body)
    new MutationObserver(apply).observe(body, {
      attributes: true,
      attributeFilter: ["class", "data-jp-theme-light", "data-vscode-theme-kind"],
    });
  apply();
}

// The body of the notebook's page, null where there is none or where it may not be looked at.
function bodyAround() {
  try {
    return window.parent === window ? null : window.parent.document.body;
  } catch {
    return null;
  }
}

// What JupyterLab and VS Code say of themselves; null where neither does.
function darkAround() {
  const body = bodyAround();
  if (!body) return null;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  if (body.classList.contains("vscode-dark") || body.classList.contains("vscode-high-contrast")) return true;
  return body.classList.contains("vscode-light") ? false : null;
}
