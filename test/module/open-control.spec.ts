import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HotConfigModuleOptions } from 'nestjs-hot-config';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

type Control = HotConfigModuleOptions['control'];

/** Returns the names of the sockets of an app in this environment. */
async function socketsOf(env: Record<string, string | undefined>, control?: Control): Promise<string[]> {
  const folder = new TempFolder();
  vi.stubEnv('HOT_CONFIG_SOCKET_DIR', folder.path);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  await startApp({ n: 1 }, {}, control === undefined ? {} : { control });
  return readdirSync(folder.path);
}

afterEach(() => void vi.unstubAllEnvs());

describe('The control channel', () => {
  it.each<[string, Record<string, string | undefined>, Control?]>([
    ['in development', { NODE_ENV: 'development' }],
    ['without NODE_ENV', { NODE_ENV: undefined }],
    ['in production with control: true', { NODE_ENV: 'production' }, true],
    ['in production with enabled: true', { NODE_ENV: 'production' }, { enabled: true }],
    ['in production with HOT_CONFIG_CONTROL', { NODE_ENV: 'production', HOT_CONFIG_CONTROL: 'true' }],
    ['in development with a name only', { NODE_ENV: 'development' }, { name: 'x' }],
  ])('is open %s', async (_when, env, control) => {
    expect(await socketsOf(env, control)).toHaveLength(1);
  });

  it.each<[string, Record<string, string | undefined>, Control?]>([
    ['in production', { NODE_ENV: 'production' }],
    ['in production with a name only', { NODE_ENV: 'production' }, { name: 'x' }],
    ['in tests', { NODE_ENV: 'test' }],
    ['with control: false', { NODE_ENV: 'development' }, false],
    ['with control: false, even if the variable opens it', { HOT_CONFIG_CONTROL: '1' }, false],
    ['with HOT_CONFIG_CONTROL=off, even if the options open it', { HOT_CONFIG_CONTROL: ' OFF ' }, true],
    ['without a socket', { NODE_ENV: 'development' }, { socketDir: false }],
  ])('is closed %s', async (_when, env, control) => {
    expect(await socketsOf(env, control)).toEqual([]);
  });

  it('has the name of the package of the app, unless the options contain a name', async () => {
    expect(await socketsOf({ NODE_ENV: 'development' })).toEqual([
      `${await packageName()}-${process.pid}.sock`,
    ]);
    expect(await socketsOf({ NODE_ENV: 'development' }, { name: 'gateway' })).toEqual([
      `gateway-${process.pid}.sock`,
    ]);
    expect((await cli(['status', '--json'])).stdout).toContain('"name":"gateway"');
  });

  it('logs no secret that a client repeats in its reason', async () => {
    const socketDir = new TempFolder().path;
    vi.stubEnv('HOT_CONFIG_SOCKET_DIR', socketDir);
    const lines: string[] = [];
    const log = (message: unknown) => void lines.push(String(message));
    const logger = { log, warn: log, error: log, fatal: log };
    await startApp(
      { db: { password: 'canary-before' } },
      {},
      { control: { enabled: true, socketDir }, logger },
    );
    const reason = 'canary-before becomes canary-after';
    await cli(['set', 'db.password', 'canary-after', '--string', '--reason', reason]);
    expect(lines.join('\n')).toContain('requested by');
    expect(lines.join('\n')).not.toMatch(/canary/);
  });
});

/** The package whose script this process runs. */
async function packageName(): Promise<string> {
  const { defaultAppName } = await import('../../lib/control/app-identity.js');
  return defaultAppName();
}
