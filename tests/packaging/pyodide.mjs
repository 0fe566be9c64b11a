// Runs a Python file in Pyodide: node pyodide.mjs FOLDER_OF_NODE_MODULES FOLDER_TO_IMPORT_FROM FILE
import { readFileSync } from "node:fs";

const [modules, folder, file] = process.argv.slice(2);
const { loadPyodide } = await import(`${modules}/pyodide/pyodide.mjs`);
const python = await loadPyodide();
python.FS.mkdirTree("/project");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/project");
python.runPython("import sys; sys.dont_write_bytecode = True; sys.path.insert(0, '/project')");
python.runPython(readFileSync(file, "utf8"));
