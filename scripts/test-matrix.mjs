// Runs the test suite under other versions of Node: `npm run test:matrix` or `npm run test:matrix -- 22 24`.
//
// The npm packages node-<platform>-<arch> carry the binary itself, without an install script. They live in .matrix/,
// apart from node_modules: a `node` in node_modules/.bin would be the one that every `npm run` picks.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const platform = process.platform === 'win32' ? 'win' : process.platform;
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24', '26'];

await run('npm', ['run', 'build']);

const outcomes = [];
for (const version of versions) {
  const node = await install(version);
  const { output: exact } = await run(node, ['--version']);
  console.log(`\n==> Node ${exact.trim()}\n`);
  const started = Date.now();
  const vitest = await run(node, ['node_modules/vitest/vitest.mjs', 'run'], {
    env: environmentFor(node),
    mayFail: true,
  });
  const counts = /^\d+ passed, \d+ failed.*$/m.exec(vitest.output)?.[0] ?? 'no closing line';
  const seconds = Math.round((Date.now() - started) / 1000);
  outcomes.push({ ok: vitest.code === 0, text: `Node ${exact.trim()}: ${counts} (${seconds} s)` });
}

console.log('\nTest matrix');
for (const { ok, text } of outcomes) console.log(`  ${ok ? 'ok    ' : 'FAILED'} ${text}`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;

/** Returns the path of the binary of that version; what an earlier run has installed is used again. */
async function install(version) {
  const name = `node-${platform}-${process.arch}`;
  const prefix = join(root, '.matrix', version);
  const binary = join(prefix, 'node_modules', name, 'bin', platform === 'win' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    await mkdir(prefix, { recursive: true });
    const options = ['--prefix', prefix, '--no-save', '--no-package-lock', '--ignore-scripts'];
    await run('npm', ['install', ...options, `${name}@${version}`]);
  }
  return binary;
}

/** What a spec starts by name, `node` or `npm`, must run on the version under test as well. */
function environmentFor(node) {
  return {
    ...process.env,
    PATH: dirname(node) + delimiter + process.env.PATH,
    NODE: node,
    npm_node_execpath: node,
  };
}

/** Runs a command in the root folder, shows its output and returns it. */
async function run(command, args, { env = process.env, mayFail = false } = {}) {
  const shell = process.platform === 'win32' && command === 'npm';
  const child = spawn(command, args, { cwd: root, env, shell, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const [code] = await once(child, 'close');
  if (code !== 0 && !mayFail) throw new Error(`${command} ${args.join(' ')} ended with code ${code}`);
  return { code, output };
}
