import { setTimeout as delay } from 'node:timers/promises';
import { RESTART } from '../../apps/stall/contestant-names.js';
import { Child } from '../../harness/child.js';
import { REQUEST, isAnswer } from '../../harness/exchange.js';
import { freePort } from '../../harness/free-port.js';
import { connect } from 'node:net';
import { fileOf, type Config } from './case.js';

/** Time between two requests, in ms. */
const EVERY = 5;

export interface Restarts {
  /** Time in which no request is answered, in ms. */
  readonly without: number[];
  /** Requests that were lost, of one every 5 ms. */
  readonly lost: number[];
}

/** Kills the app at each save, and starts it again on the same port. */
export async function measureRestarts(config: Config, times: number): Promise<Restarts> {
  const file = await fileOf(RESTART, config);
  const port = await freePort();
  const args = [RESTART, config.format, String(config.keys), file.path, String(port)];
  let app = await Child.start('stall.app', args);
  const restarts: Restarts = { without: [], lost: [] };
  for (let time = 0; time < times; time += 1) {
    const answers = new Answers(port);
    await answers.next();
    await file.save();
    await app.stop();
    app = await Child.start('stall.app', args);
    await answers.next();
    const { longestPause, lost } = await answers.stop();
    restarts.without.push(longestPause);
    restarts.lost.push(lost);
  }
  await app.stop();
  await file.remove();
  return restarts;
}

/** Sends requests at an interval, each over a connection of its own, and counts those that fail. */
class Answers {
  private last = performance.now();
  private longestPause = 0;
  private lost = 0;
  private isStopped = false;
  private noteNext: () => void = () => undefined;
  private readonly ended: Promise<void>;

  constructor(private readonly port: number) {
    this.ended = this.run();
  }

  /** Resolves at the next answer. */
  next(): Promise<void> {
    return new Promise((resolve) => (this.noteNext = resolve));
  }

  async stop(): Promise<{ longestPause: number; lost: number }> {
    this.isStopped = true;
    await this.ended;
    const { longestPause, lost } = this;
    return { longestPause, lost };
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      const pause = delay(EVERY);
      if (await isAnswered(this.port)) this.note();
      else this.lost += 1;
      await pause;
    }
  }

  private note(): void {
    const now = performance.now();
    this.longestPause = Math.max(this.longestPause, now - this.last);
    this.last = now;
    this.noteNext();
  }
}

function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      if (!isAnswer(received)) return;
      resolve(true);
      socket.destroy();
    });
    socket.on('connect', () => socket.write(REQUEST));
    socket.on('error', () => resolve(false)).on('close', () => resolve(false));
  });
}
