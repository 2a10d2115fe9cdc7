// What `get('a.b.c')` costs the compiler: type-checks a configuration of some 500 keys with and without calls that read
// it, in turn, and prints both and the difference. Usage: node scripts/type-check-cost.mjs [--calls 500] [--runs 3] [--json]
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const ROOT = dirname(import.meta.dirname);
const FILE = join(ROOT, 'lib/large-config.ts'); // it exists in memory only

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '500' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});

/** The sections of the configuration, and the paths of what each holds. */
const SECTIONS = Array.from({ length: 25 }, (_, index) => `section${index}`);
const SECTION_PATHS = [
  'enabled',
  'name',
  'limit',
  'tags',
  'level',
  'since',
  'headers.accept',
  'servers',
  'servers.0.host',
  'servers.0.tls.cert',
  'routes.home.target',
  'client',
  'client.host',
  'client.port',
  'client.timeout',
  'client.mode',
  'client.retry.max',
  'client.retry.delay',
  'client.retry.on',
  'client.retry.on.0',
  'client.auth.kind',
  'client.auth.token',
];

function configuration() {
  const classes = SECTIONS.map(
    (_, index) => `
class Retry${index} { max = 1; delay?: number; on: string[] = []; jitter = true; }
class Client${index} {
  host = 'localhost'; port = 1; timeout?: number; mode: 'a' | 'b' = 'a'; retry = new Retry${index}();
  auth: { kind: 'none' } | { kind: 'token'; token: string } = { kind: 'none' };
}
class Section${index} {
  enabled = true; name = ''; limit: number | null = null; tags: string[] = []; level: 'debug' | 'info' = 'info';
  since?: Date; headers: Record<string, string> = {}; client = new Client${index}();
  servers: { host: string; port?: number; tls: { on: boolean; cert?: string } }[] = [];
  routes: Record<string, { target: string; weight: number }> = {};
}`,
  );
  const members = SECTIONS.map((name, index) => `  ${name} = new Section${index}();`);
  return `${classes.join('')}\nclass Config {\n${members.join('\n')}\n}\n`;
}

/** A program that reads as many values, each by a path of its own for as long as there are some. */
function programWith(calls) {
  const paths = SECTION_PATHS.flatMap((path) => SECTIONS.map((section) => `${section}.${path}`));
  const reads = Array.from({ length: calls }, (_, index) => {
    const path = paths[index % paths.length];
    if (index % 10 === 9) return `config.getOrThrow('${path}')`;
    return path.endsWith('host') ? `config.get('${path}', 'localhost')` : `config.get('${path}')`;
  });
  return `import type { HotConfigService } from './index.js';
${configuration()}
export function read(config: HotConfigService<Config>): unknown[] {
  return [config, ${reads.join(',\n')}];
}
`;
}

function options() {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options, noEmit: true };
}

const compilerOptions = options();
const sources = new Map();

/** Checks one program, as `tsc` checks this one file of it. */
function check(text) {
  const host = ts.createCompilerHost(compilerOptions);
  const onDisk = { ...host };
  host.fileExists = (path) => path === FILE || onDisk.fileExists(path);
  host.getSourceFile = (path, ...rest) => {
    if (path === FILE) return ts.createSourceFile(path, text, rest[0]);
    if (!sources.has(path)) sources.set(path, onDisk.getSourceFile(path, ...rest));
    return sources.get(path);
  };
  const program = ts.createProgram([FILE], compilerOptions, host);
  const before = process.cpuUsage();
  const complaints = program.getSemanticDiagnostics(program.getSourceFile(FILE));
  const { user, system } = process.cpuUsage(before);
  if (complaints.length > 0) throw new Error(ts.formatDiagnostics(complaints, host));
  return { seconds: (user + system) / 1e6, instantiations: program.getInstantiationCount() };
}

const calls = Number(values.calls);
const samples = { without: [], with: [] };
check(programWith(0)); // what a compiler does once is no part of this
for (let run = 0; run < Number(values.runs); run += 1) {
  samples.without.push(check(programWith(0)));
  samples.with.push(check(programWith(calls)));
}

function median(numbers) {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)];
}

const [without, withCalls] = [samples.without, samples.with].map((all) => ({
  seconds: Number(median(all.map(({ seconds }) => seconds)).toFixed(3)),
  instantiations: all[0].instantiations,
}));
const more = {
  seconds: Number((withCalls.seconds - without.seconds).toFixed(3)),
  instantiations: withCalls.instantiations - without.instantiations,
};
const keys = SECTIONS.length * SECTION_PATHS.length;
if (values.json) {
  console.log(JSON.stringify({ keys, calls, without, with: withCalls, more }));
} else {
  console.log(`A configuration of ${keys} paths, medians of ${values.runs} runs, CPU time:`);
  console.log(`  without calls   ${without.seconds} s, ${without.instantiations} instantiations`);
  console.log(`  with ${calls} calls  ${withCalls.seconds} s, ${withCalls.instantiations} instantiations`);
  console.log(`  more            ${more.seconds} s, ${more.instantiations} instantiations`);
}
