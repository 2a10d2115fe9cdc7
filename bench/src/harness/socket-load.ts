import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from './connection.js';

/** Loads a server over connections that are kept alive. */
export class SocketLoad {
  private readonly lost: Promise<never>;

  private constructor(private readonly connections: readonly Connection[]) {
    this.lost = Promise.race(connections.map((connection) => connection.lost));
    this.lost.catch(() => undefined); // a failure only for a load in progress
  }

  static async connect(port: number, count: number): Promise<SocketLoad> {
    return new SocketLoad(await Promise.all(Array.from({ length: count }, () => Connection.open(port))));
  }

  /** Sends so many requests over each connection, each after the answer to the one before. */
  async run(requestsEach: number): Promise<void> {
    const all = Promise.all(this.connections.map((connection) => chain(connection, requestsEach)));
    await Promise.race([all, this.lost]);
  }

  /**
   * Sends requests at a rate, also while the server does not answer, and returns the time until each was answered, in ms. A
   * request that finds no free connection waits for one, and its time counts from when it should have been sent.
   */
  async pace(perSecond: number, ms: number): Promise<number[]> {
    const times: number[] = [];
    const waiting: number[] = [];
    const free = [...this.connections];
    const send = (connection: Connection, due: number) =>
      connection.send(() => {
        times.push(performance.now() - due);
        const next = waiting.shift();
        if (next === undefined) free.push(connection);
        else send(connection, next);
      });
    const started = performance.now();
    let sent = 0;
    for (let now = started; now < started + ms; now = performance.now()) {
      for (const due = ((now - started) * perSecond) / 1_000; sent < due; sent += 1) {
        const connection = free.pop();
        if (connection === undefined) waiting.push(now);
        else send(connection, now);
      }
      await Promise.race([delay(1), this.lost]);
    }
    while (times.length < sent) await Promise.race([delay(1), this.lost]);
    return times;
  }
}

function chain(connection: Connection, requests: number): Promise<void> {
  return new Promise((resolve) => {
    let left = requests;
    const next = () => {
      left -= 1;
      if (left >= 0) connection.send(next);
      else resolve();
    };
    next();
  });
}
