import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

// Python joins the modules into one script by taking their import lines and the word export away.

const FOLDER = new URL("../../../autograd/drawing/explorer/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".js"));
const source = (name) => readFileSync(new URL(name, FOLDER), "utf8");

test("no two modules declare the same name", () => {
  const owner = new Map();
  for (const file of files) {
    for (const [, name] of source(file).matchAll(/^(?:export )?(?:async )?(?:function|const|let|class)\s+(\w+)/gm)) {
      assert.ok(!owner.has(name), `${name} in ${file} and ${owner.get(name)}`);
      owner.set(name, file);
    }
  }
  assert.ok(owner.has("mount"));
});

test("modules import by name from each other and export functions only", () => {
  for (const file of files) {
    for (const [line] of source(file).matchAll(/^(?:import|export)\b[^;{(]*(?:\{[^}]*\}[^;]*;)?/gm)) {
      assert.match(line, /^import \{[^}]*\} from "\.\/\w+\.js";$|^export (async )?function /, file);
    }
  }
});

test("labels never become markup", () => {
  for (const file of files)
    assert.doesNotMatch(
      source(file),
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/,
      file,
    );
});

test("no file is longer than 400 lines, no function longer than 60", () => {
  for (const file of files) {
    const lines = source(file).split("\n");
    assert.ok(lines.length <= 400, file);
    lines.forEach((line, k) => {
      const [, name] = line.match(/^(?:export )?(?:async )?function (\w+)/) ?? [];
      if (name) assert.ok(lines.indexOf("}", k) - k < 60, `${name} in ${file}`);
    });
  }
});
