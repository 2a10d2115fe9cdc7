import 'reflect-metadata';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SecretAttempts } from '../../lib/control/secret-attempts.js';
import { SafeLogger } from '../../lib/logging/safe-logger.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import { cli } from '../support/cli.js';
import { until } from '../support/until.js';
import { openChannel } from './open-channel.js';

const TREE = {
  n: 1,
  pin: { api_key: '0042' },
  url: 'redis://:swordfish@cache',
  'gpt-4.1': { token: 'tuna-tuna' },
};

/** Starts an app, and returns a function that sets a value over its channel and returns the error or the outcome. */
async function guessing(secretsPerMinute = 3) {
  const app = await openChannel({ secretsPerMinute });
  await app.change(TREE);
  const client = await app.client();
  let id = 0;
  const set = async (path: string, value: unknown) => {
    const now = (id += 1);
    client.request(now, 'set', { path, value });
    await until('it is answered', () => client.messages.some((message) => message['id'] === now));
    const { error, result } = client.messages.find((message) => message['id'] === now) as {
      error?: { code: string; message: string };
      result?: { outcome: string };
    };
    return error?.code ?? result!.outcome;
  };
  return { ...app, set };
}

afterEach(() => void vi.useRealTimers());

describe('Values for secrets that clients send', () => {
  it('are refused after a few within a minute, with the time to wait; other paths and the app itself are not', async () => {
    const { set, manager, socketDir, lines } = await guessing();
    for (const guess of ['0001', '0002', '0003'])
      expect(await set('pin.api_key', guess)).not.toBe('RATE_LIMITED');
    expect(await set('pin.api_key', '0004')).toBe('RATE_LIMITED');
    expect(await set('n', 2)).toBe('applied');
    expect((await manager.set('pin.api_key', '0005')).outcome).toBe('applied');
    expect(await cli(['--socket-dir', socketDir, 'set', 'pin.api_key', '0006'])).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(
        /3 values for secrets were sent within a minute, which is the maximum; retry in [1-6]?\d s\n/,
      ),
    });
    expect(lines.filter((line) => line.includes('within a minute'))).toEqual([
      'Control channel: 3 values for secrets were sent within a minute. More are refused until the minute is over.',
    ]);
  });

  it('count alike whether they are right, wrong or not valid', async () => {
    for (const guess of ['0042', '0043', { constructor: 1 }, null]) {
      const { set } = await guessing();
      for (let time = 0; time < 3; time += 1)
        expect(await set('pin.api_key', guess)).not.toBe('RATE_LIMITED');
      expect(await set('pin.api_key', guess)).toBe('RATE_LIMITED');
    }
  });

  it.each<[string, unknown]>([
    ['pin', { api_key: '0042' }],
    ['pin', { other: 1, api_key: null }],
    ['["pin"]["api_key"]', '0042'],
    ['gpt-4.1.token', 'x'],
    ['gpt-4.1', { token: 'x' }],
    ['url', 'redis://:guess@cache'],
    ['url', 'a text'],
    ['new_password', 'x'],
    ['a.b.c', [{ d: { session_token: 1 } }]],
  ])('are recognised at %s: %j', async (path, value) => {
    const { set } = await guessing(1);
    expect(await set(path, value)).not.toBe('RATE_LIMITED');
    expect(await set('pin.api_key', 'x')).toBe('RATE_LIMITED');
  });

  it.each<[string, unknown]>([
    ['n', 2],
    ['n', '0042'],
    ['note', 'tuna-tuna'],
    ['pin.name', 'x'],
    ['pin', { name: 'x' }],
    ['link', 'https://example.org'],
  ])('are not any others: %s: %j', async (path, value) => {
    const { set } = await guessing(1);
    for (let time = 0; time < 3; time += 1) expect(await set(path, value)).not.toBe('RATE_LIMITED');
    expect(await set('pin.api_key', 'x')).not.toBe('RATE_LIMITED');
  });

  it('are accepted again when the minute is over, one for each that is a minute old', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const logger = new SafeLogger({ log: () => {}, warn: () => {}, error: () => {} }, new SecretPolicy());
    const attempts = new SecretAttempts(2, logger);
    attempts.count();
    vi.advanceTimersByTime(20_000);
    attempts.count();
    expect(() => attempts.count()).toThrow('retry in 40 s');
    vi.advanceTimersByTime(40_000);
    attempts.count();
    expect(() => attempts.count()).toThrow('retry in 20 s');
  });
});
