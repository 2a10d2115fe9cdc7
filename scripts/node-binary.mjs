// Other versions of Node, from npm: the packages node-<platform>-<arch> carry the binary itself, without an install
// script. They live in .matrix/, apart from node_modules: a `node` in node_modules/.bin would be the one that every
// `npm run` picks.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const platform = process.platform === 'win32' ? 'win' : process.platform;

/** Returns the path of the binary of that version; what an earlier run has installed is used again. */
export async function installNode(version) {
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

/** Runs a command in a folder (the root), shows its output and returns it. */
export async function run(command, args, { cwd = root, env = process.env, mayFail = false } = {}) {
  const shell = process.platform === 'win32' && command === 'npm';
  const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const [code] = await once(child, 'close');
  if (code !== 0 && !mayFail) throw new Error(`${command} ${args.join(' ')} ended with code ${code}`);
  return { code, output };
}
