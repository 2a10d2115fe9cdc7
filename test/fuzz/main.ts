import { inspect, parseArgs } from 'node:util';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { addToCorpus, readCorpus } from './corpus.js';
import { CurrentInput } from './current-input.js';
import { Fuzzer, type Fault } from './fuzzer.js';
import { Random } from './random.js';
import type { FuzzTarget } from './target.interface.js';
import { TARGETS } from './targets/index.js';

/** Time after which an input does not end, in ms. Real ones end within milliseconds, on the slowest machine in seconds. */
const ENDLESS = 120_000;

const { values: options, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    save: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

// The package json5 warns of characters that are unusual.
console.warn = () => undefined;

if (isMainThread) process.exitCode = await watchOver();
else process.exitCode = await fuzzAll(new CurrentInput(workerData as SharedArrayBuffer));

/** Fuzzes in another thread, which may not end. */
async function watchOver(): Promise<number> {
  const current = new CurrentInput();
  const worker = new Worker(new URL(import.meta.url), {
    workerData: current.memory,
    argv: process.argv.slice(2),
  });
  let [runs, since] = [0, Date.now()];
  const timer = setInterval(() => {
    if (current.runs !== runs) [runs, since] = [current.runs, Date.now()];
    if (Date.now() - since < ENDLESS) return;
    const path = addToCorpus(current.target, current.input);
    console.log(`${current.target}: an input does not end: ${path}`);
    process.exit(1);
  }, 1_000);
  const code = await new Promise<number>((resolve, reject) =>
    worker.once('exit', resolve).once('error', reject),
  );
  clearInterval(timer);
  return code;
}

async function fuzzAll(current: CurrentInput): Promise<number> {
  const targets = TARGETS.filter(
    ({ name }) => positionals.length === 0 || positionals.some((each) => name.startsWith(each)),
  );
  if (targets.length === 0) throw new Error(`No target begins with ${positionals.join(' or ')}`);
  console.log('target              runs   per s  corpus   found  branches  work/byte');
  let faults = 0;
  for (const target of targets) {
    const fault = await fuzz(target, current, (Number(options.seconds) * 1_000) / targets.length);
    if (fault === undefined) continue;
    report(target, fault);
    faults += 1;
  }
  return faults === 0 ? 0 : 1;
}

/** Runs the corpus, and then new inputs for a time. */
async function fuzz(target: FuzzTarget, current: CurrentInput, time: number): Promise<Fault | undefined> {
  const { name } = target;
  const fuzzer = new Fuzzer(target, new Random(Number(options.seed)), (input) => current.set(name, input));
  const start = Date.now();
  let fault = await fuzzer.try(Buffer.alloc(0));
  const corpus = readCorpus(name).map(({ input }) => input);
  for (const input of corpus) fault ??= await fuzzer.try(input);
  const known = fuzzer.inputs.length;
  while (fault === undefined && Date.now() - start < time) fault = await fuzzer.tryNext();
  const { runs, inputs, reached, mostWork } = fuzzer;
  const perSecond = Math.round((runs * 1_000) / (Date.now() - start + 1));
  const numbers: [unknown, number][] = [
    [runs, 10],
    [perSecond, 8],
    [corpus.length, 8],
    [inputs.length - known, 8],
    [reached, 10],
    [Math.round(mostWork), 11],
  ];
  console.log(name.padEnd(14) + numbers.map(([number, width]) => String(number).padStart(width)).join(''));
  if (options.save)
    for (const input of await fuzzer.covering(corpus, inputs.slice(known))) addToCorpus(name, input);
  return fault && fuzzer.minimize(fault);
}

function report({ name }: FuzzTarget, { input, error }: Fault): void {
  const path = addToCorpus(name, input);
  console.log(`\n${name} breaks a promise (seed ${options.seed}): ${inspect(error)}`);
  console.log(`The input is ${path}: ${JSON.stringify(input.toString('latin1').slice(0, 300))}`);
  console.log(`Run it again: npm run fuzz -- ${name} --seconds 0\n`);
}
