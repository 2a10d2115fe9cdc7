import { createRequire } from 'node:module';
import { clearTimeout, setTimeout } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { deserialize, getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { formatPath } from '../../model/paths.js';
import { isBuiltIn } from '../../formats/format-registry.js';
import type { ConfigFormat } from '../../formats/config-format.interface.js';
import { isSecretPath } from '../../secrets/secret-names.js';
import { unlessAborted } from '../../util/timeouts.js';
import { decodeUtf8 } from './decode-utf8.js';
import {
  placesOf,
  type ContentContext,
  type ContentLocation,
  type FileContent,
  type UnusableContent,
} from './parse-content.js';
import type { ParserAnswer, ParserJob } from './parser-job.js';

/** Time without a job after which the thread ends, in ms: several saves in a row share one. */
const IDLE_TIME = 5_000;

/** Rounds of questions about secrets. The second one asks nothing new, unless a format depends on the answers. */
const MAX_ROUNDS = 2;

const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';

/**
 * A thread that parses large texts, so that requests do not wait for them. It starts with the first one, and ends when it
 * has had nothing to do for a while. Its heap has a limit of its own: a text that exhausts it is refused, and the process
 * goes on, unless V8 cannot allocate one large object, which always ends a process.
 */
export class ParserThread {
  #worker: Worker | undefined;
  /** Jobs one after another: each would wait for the processor anyway, and the memory is that of one. */
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #isUnavailable = false;

  constructor(
    private readonly idleTime = IDLE_TIME,
    /** Limit of its heap, in MiB. Default: that of the process, which is the one that people set. */
    private readonly maxHeap = Math.ceil(getHeapStatistics().heap_size_limit / 2 ** 20),
  ) {}

  /**
   * Does what `parseContent` does, in the thread.
   *
   * @returns undefined if the thread does not parse this format, or if there is none: the app is bundled into one file, or may
   * not start one
   * @throws the reason of `signal` when that is aborted; the thread ends then, as the text may be what takes so long
   */
  async parse(
    bytes: Buffer,
    hash: string,
    format: ConfigFormat,
    place: ContentLocation,
    context: ContentContext,
    signal?: AbortSignal,
  ): Promise<FileContent | UnusableContent | undefined> {
    if (format.placesIn === undefined || !isBuiltIn(format)) return undefined;
    const { limits, isSecret = isSecretPath, hasSchema = false, conflicts = 'refuse' } = context;
    const secrets = new Map<string, boolean>();
    const given = { limits, hasSchema, conflicts, secrets };
    for (let round = 1; ; round += 1) {
      const answer = await this.#ask({ bytes, hash, format: format.name, place, context: given }, signal);
      if (answer === undefined) return undefined;
      if (answer === OUT_OF_MEMORY) return tooLarge(hash, place);
      if ('unusable' in answer) return answer.unusable;
      if ('value' in answer) {
        const { value, isEmpty, keys, warnings } = answer;
        const places = placesOf(await format.placesIn(decodeUtf8(bytes), context), place);
        const { stringsOnly = false } = format;
        const { file } = place;
        const content = { file, hash, bytes, value: deserialize(value) as unknown, isEmpty, keys, warnings };
        await nextTurn();
        return { ...content, stringsOnly, ...places };
      }
      if (round > MAX_ROUNDS) return undefined;
      for (const path of answer.asked) secrets.set(JSON.stringify(path), isSecret(path));
    }
  }

  /** Ends the thread. A job that it has is done by the caller. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #ask(job: ParserJob, signal?: AbortSignal): Promise<ParserAnswer | typeof OUT_OF_MEMORY | undefined> {
    const asked = this.#last.then(() => this.#run(job, signal));
    // Without the answer: it has the value of a large file.
    this.#last = asked.then(
      () => undefined,
      () => undefined,
    );
    // A load that is given up does not wait for the texts before it.
    return signal === undefined ? asked : unlessAborted(signal, asked);
  }

  async #run(job: ParserJob, signal?: AbortSignal) {
    signal?.throwIfAborted();
    const worker = (this.#worker ??= this.#start());
    if (worker === undefined) return undefined;
    clearTimeout(this.#idle);
    worker.ref();
    try {
      return await answerOf(worker, job, signal);
    } catch (error) {
      if (this.#worker === worker) this.#worker = undefined;
      void worker.terminate();
      if (signal?.aborted) throw error;
      // Otherwise it has been closed, or it has failed. The next text starts another one.
      return (error as NodeJS.ErrnoException).code === OUT_OF_MEMORY ? OUT_OF_MEMORY : undefined;
    } finally {
      worker.unref();
      if (this.#worker === worker) this.#idle = setTimeout(() => void this.close(), this.idleTime).unref();
    }
  }

  #start(): Worker | undefined {
    if (this.#isUnavailable) return undefined;
    try {
      const path = createRequire(import.meta.url).resolve('#parser-worker');
      const worker = new Worker(pathToFileURL(path), {
        name: 'nestjs-hot-config parser',
        // What the app preloads, such as tracing, is not for this thread.
        execArgv: [],
        env: {},
        resourceLimits: { maxOldGenerationSizeMb: this.maxHeap },
      });
      // Errors are those of a job, or nobody's: without a listener they would end the process.
      worker.on('error', () => undefined);
      return worker;
    } catch {
      this.#isUnavailable = true;
      return undefined;
    }
  }
}

function answerOf(worker: Worker, job: ParserJob, signal?: AbortSignal): Promise<ParserAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      worker.off('message', answered).off('messageerror', failed).off('error', failed).off('exit', ended);
      signal?.removeEventListener('abort', stopped);
      outcome();
    };
    const answered = (answer: ParserAnswer) => settle(() => resolve(answer));
    const failed = (error: Error) => settle(() => reject(error));
    const ended = () => settle(() => reject(new Error('The thread that parses has ended')));
    const stopped = () => settle(() => reject(signal?.reason as Error));
    worker.once('message', answered).once('messageerror', failed).once('error', failed).once('exit', ended);
    signal?.addEventListener('abort', stopped, { once: true });
    worker.postMessage(job);
  });
}

function tooLarge(hash: string, { source, file, mount }: ContentLocation): UnusableContent {
  const message =
    'needs more memory than the process may use; shorten it, or raise the limit (--max-old-space-size)';
  const issue = { path: formatPath(mount), message, origin: { source, file } };
  return { file, hash, summary: `${file} cannot be used`, issues: [issue], isTransient: false };
}
