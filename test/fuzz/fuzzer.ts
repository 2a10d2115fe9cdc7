import { BranchCounters } from './branch-counters.js';
import { mutate } from './mutate.js';
import type { Random } from './random.js';
import type { FuzzTarget } from './target.interface.js';

/** CPU time of one input that is too long, in microseconds. Real ones take about one millisecond. */
const TOO_LONG = 5_000_000;

/** Most attempts to make an input shorter. */
const MAX_ATTEMPTS = 1_000;

/** Work that every input may cause, however short it is, in branches. */
const FREE_WORK = 300_000;

/** An input that breaks a promise. */
export interface Fault {
  readonly input: Buffer;
  readonly error: unknown;
}

/** Finds inputs of one target that reach new code, and the first one that breaks a promise. */
export class Fuzzer {
  readonly #counters = new BranchCounters();
  readonly #inputs: Buffer[] = [];
  readonly #words: readonly Buffer[];
  runs = 0;
  /** The most work for a byte that was seen. */
  mostWork = 0;

  /** @param onRun is called before each run: what does not end must be known */
  constructor(
    private readonly target: FuzzTarget,
    private readonly random: Random,
    private readonly onRun: (input: Buffer) => void = () => undefined,
  ) {
    this.#words = target.words.map((word) => Buffer.from(word));
  }

  /** Number of branches that the inputs reach. */
  get reached(): number {
    return this.#counters.reached;
  }

  /** Inputs that reach code that those before them do not reach. */
  get inputs(): readonly Buffer[] {
    return this.#inputs;
  }

  /** Runs an input, and keeps it if it reaches new code. */
  async try(input: Buffer): Promise<Fault | undefined> {
    const error = await this.#errorOf(input);
    if (error !== undefined) return { input, error };
    // The first one is kept whatever it reaches: mutations need one.
    if (this.#counters.learn() || this.#inputs.length === 0) this.#inputs.push(input);
    return undefined;
  }

  /** Runs a new input. */
  tryNext(): Promise<Fault | undefined> {
    const { random } = this;
    return this.try(mutate(this.#next(), { random, other: random.pick(this.#inputs), words: this.#words }));
  }

  /** Returns the shortest input that was found to break a promise too. */
  async minimize(fault: Fault): Promise<Fault> {
    let least = fault;
    let attempts = 0;
    for (let size = fault.input.length; size >= 1; size = Math.floor(size / 2)) {
      for (let start = 0; start < least.input.length && attempts < MAX_ATTEMPTS; attempts += 1) {
        const input = Buffer.concat([least.input.subarray(0, start), least.input.subarray(start + size)]);
        const error = await this.#errorOf(input);
        if (error === undefined) start += size;
        else least = { input, error };
      }
    }
    return least;
  }

  /** Returns those of `candidates` that reach branches which `known` do not reach; the shortest first. */
  async covering(known: readonly Buffer[], candidates: readonly Buffer[]): Promise<Buffer[]> {
    const reached = new Set<number>();
    const chosen: Buffer[] = [];
    for (const input of [...known, ...candidates.toSorted((a, b) => a.length - b.length)]) {
      if ((await this.#errorOf(input)) !== undefined) continue;
      const before = reached.size;
      for (const branch of this.#counters.branches) reached.add(branch);
      if (reached.size > before && !known.includes(input)) chosen.push(input);
    }
    return chosen;
  }

  /** Half of the time one of the newest, which are the furthest. */
  #next(): Buffer {
    const from = this.random.below(2) === 0 ? 0 : Math.floor(this.#inputs.length * 0.8);
    return this.#inputs[from + this.random.below(this.#inputs.length - from)] ?? Buffer.alloc(0);
  }

  async #errorOf(input: Buffer): Promise<unknown> {
    this.runs += 1;
    this.onRun(input);
    try {
      const time = await this.#timeOf(input);
      this.#checkWork(input);
      // Other work of the process may have disturbed it.
      if (time > TOO_LONG && (await this.#timeOf(input)) > TOO_LONG && (await this.#timeOf(input)) > TOO_LONG)
        throw new Error(`it takes ${time / 1e6} s of CPU time`);
      return undefined;
    } catch (error) {
      return error ?? new Error('it throws nothing');
    }
  }

  async #timeOf(input: Buffer): Promise<number> {
    this.#counters.reset();
    const start = process.cpuUsage();
    // A copy: the code must not keep or change the input of the next run.
    await this.target.run(Buffer.from(input));
    const { user, system } = process.cpuUsage(start);
    return user + system;
  }

  #checkWork({ length }: Buffer): void {
    const { work } = this.#counters;
    this.mostWork = Math.max(this.mostWork, work / (length + 100));
    const { workPerByte = Infinity } = this.target;
    if (work > FREE_WORK + length * workPerByte)
      throw new Error(`it runs ${work} branches for ${length} bytes`);
  }
}
