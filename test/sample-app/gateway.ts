import { cpSync, readFileSync } from 'node:fs';
import type { INestApplication } from '@nestjs/common';
import type { HotConfigManager, HotConfigStatus } from 'nestjs-hot-config';
import { afterAll, afterEach, beforeAll, onTestFinished, vi } from 'vitest';
import type { Completion } from '../../sample-app/src/completion/completion.js';
import type { ReloadReport } from '../../sample-app/src/status/reload-report.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

type Edit = readonly [file: 'app.yaml' | 'llm.yaml', key: string, value: string];

interface Beginning {
  readonly folder?: TempFolder;
  readonly edits?: readonly Edit[];
}

/** The sample app, listening, on a copy of its configuration folder. */
export class Gateway {
  #app!: INestApplication;
  #manager!: HotConfigManager;
  #url!: string;
  /** All log output so far. */
  log = '';

  private constructor(private readonly folder: TempFolder) {}

  /** Starts a gateway for one test, and stops it after the test; `edits` are applied before the start. */
  static async start({ folder = new TempFolder(), edits = [] }: Beginning = {}): Promise<Gateway> {
    const gateway = new Gateway(folder);
    await gateway.#start(edits);
    onTestFinished(() => gateway.#stop());
    return gateway;
  }

  /** Starts a gateway for all tests of a file, because its database takes seconds to start; restored for each test. */
  static shared(): Gateway {
    const gateway = new Gateway(new TempFolder(afterAll));
    // The import takes 11 s of CPU time, and a busy machine can be ten times slower.
    beforeAll(() => gateway.#start(), 120_000);
    afterEach(() => gateway.#restore());
    afterAll(() => gateway.#stop());
    return gateway;
  }

  get app(): INestApplication {
    return this.#app;
  }

  /** Changes the value of a key in the first line that contains it. */
  edit(file: 'app.yaml' | 'llm.yaml', key: string, value: string): void {
    const text = readFileSync(this.folder.file(file), 'utf8');
    this.folder.write(file, text.replace(new RegExp(`^( *${key}): .*$`, 'm'), `$1: ${value}`));
  }

  /** Edits, and waits until a new version is in force. */
  async apply(file: 'app.yaml' | 'llm.yaml', key: string, value: string): Promise<void> {
    const { version } = await this.status();
    this.edit(file, key, value);
    await until(`${key} is ${value}`, async () => (await this.status()).version > version);
  }

  /** Edits, and waits until that was rejected. */
  async beRefused(file: 'app.yaml' | 'llm.yaml', key: string, value: string): Promise<HotConfigStatus> {
    const { rejected } = (await this.status()).reloads;
    this.edit(file, key, value);
    await until(
      `${key}: ${value} is rejected`,
      async () => (await this.status()).reloads.rejected > rejected,
    );
    return this.status();
  }

  async complete(prompt: string, delay = 0): Promise<Completion> {
    return (await this.post(`/v1/complete?delay=${delay}`, { prompt })).json() as Promise<Completion>;
  }

  async status(): Promise<HotConfigStatus> {
    return (await this.get('/config/status')).json() as Promise<HotConfigStatus>;
  }

  async reload(): Promise<ReloadReport> {
    return (await this.post('/config/reload', {})).json() as Promise<ReloadReport>;
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.#url}${path}`);
  }

  post(path: string, body: object): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async #start(edits: readonly Edit[] = []): Promise<void> {
    this.#copyConfiguration();
    for (const edit of edits) this.edit(...edit);
    this.#captureLog();
    vi.stubEnv('CONFIG_DIR', this.folder.path);
    vi.resetModules();
    const { createApp } = await import('../../sample-app/src/create-app.js');
    const { listen } = await import('../../sample-app/src/listen.js');
    const { HotConfigManager } = await import('nestjs-hot-config');
    this.#app = await createApp();
    this.#manager = this.#app.get(HotConfigManager);
    this.#url = await listen(this.#app, 0);
  }

  async #stop(): Promise<void> {
    await this.#app.close();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }

  /** Restores the initial configuration, and empties the log. */
  async #restore(): Promise<void> {
    this.#copyConfiguration();
    await this.#manager.reload();
    await this.#manager.settled();
    this.log = '';
  }

  #copyConfiguration(): void {
    cpSync('sample-app/config', this.folder.path, { recursive: true });
    // The demo edits these values.
    this.edit('app.yaml', 'log_level', 'log');
    this.edit('app.yaml', 'url', 'memory://first');
    this.edit('llm.yaml', 'model', 'local-small');
    this.edit('llm.yaml', 'temperature', '0.7');
  }

  #captureLog(): void {
    const write = (chunk: string | Uint8Array) => {
      this.log += String(chunk);
      return true;
    };
    vi.spyOn(process.stdout, 'write').mockImplementation(write);
    vi.spyOn(process.stderr, 'write').mockImplementation(write);
  }
}
