import { readFileSync } from 'node:fs';
import { rolldown } from 'rolldown';

/**
 * Bundles the entry of the thread that parses large files into dist/parser.worker.js, which `#parser-worker` in package.json
 * names. The specs of lib/ need it: a thread cannot run TypeScript. That of the package is made by scripts/build.mjs.
 */
export default async function buildParserWorker() {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const packages = Object.keys({ ...dependencies, ...peerDependencies });
  const bundle = await rolldown({
    input: 'lib/sources/content/parser.worker.ts',
    platform: 'node',
    external: packages.map((name) => new RegExp(`^${name}($|/)`)),
    resolve: { extensionAlias: { '.js': ['.ts'] } },
  });
  await bundle.write({
    dir: 'dist',
    format: 'es',
    entryFileNames: 'parser.worker.js',
    chunkFileNames: 'chunks/parser-[name].js',
  });
  await bundle.close();
}
