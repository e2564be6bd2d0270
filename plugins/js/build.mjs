//! Builds a project of this SDK: `node sdk/build.mjs plugin.js` writes `dist/NAME.wasm`, NAME being the `name` of package.json.
//! The component imports the contract and nothing else.

import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is no source. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'tests', '.git']);

const [main] = process.argv.slice(2);
if (main === undefined) stop('expected the file that exports `source`: node sdk/build.mjs plugin.js');
const project = process.cwd();
const { name } = JSON.parse(readFileSync('package.json', 'utf8'));
if (typeof name !== 'string') stop('expected package.json to have a name');
// The SDK may be a link; packages are the project's.
const { componentize } = await import(componentizer());

const dist = join(project, 'dist');
const staged = join(dist, '.staged');
rmSync(staged, { recursive: true, force: true });
mkdirSync(staged, { recursive: true });
try {
  // The engine sees one folder, and follows no link out of it.
  for (const entry of readdirSync(project).filter((it) => !LEFT_OUT.has(it))) {
    cpSync(realpathSync(join(project, entry)), join(staged, entry), { recursive: true, dereference: true });
  }
  process.chdir(staged);
  const { component } = await componentize({
    sourcePath: join(staged, main),
    witPath: resolve(staged, 'sdk/wit/source.wit'),
    worldName: 'source-plugin',
    // Without these nothing of WASI is imported: the contract has a clock and a log.
    disableFeatures: ['random', 'stdio', 'clocks', 'http', 'fetch-event'],
  });
  const wasm = join(dist, `${name}.wasm`);
  writeFileSync(`${wasm}.new`, component);
  renameSync(`${wasm}.new`, wasm);
  console.log(`dist/${name}.wasm: ${component.length} bytes`);
} catch (error) {
  console.error(String(error?.message ?? error));
  process.exitCode = 1;
} finally {
  rmSync(staged, { recursive: true, force: true });
}

/** The entry of the project's componentize-js. A bare import would be looked for beside this file, which may be a link. */
function componentizer() {
  const folder = join(project, 'node_modules', '@bytecodealliance', 'componentize-js');
  try {
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return pathToFileURL(join(folder, exports.import)).href;
  } catch {
    return stop('componentize-js is missing: run "npm ci" first');
  }
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
