import { describe, expect, it, vi } from 'vitest';
import { useFakeClock } from '../../support/fake-clock.js';
import { TempFolder } from '../../support/temp-folder.js';
import { body, startWebServer } from '../../support/web-server.js';
import { readerOf } from './support.js';

/** Files on a dead mount: each call for one waits until the mount is back. */
const { calls, mount } = vi.hoisted(() => ({ calls: [] as (() => void)[], mount: { isDead: true } }));

// No real mount can be made here.
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const stat = async (path: string, options: { bigint: true }) => {
    if (mount.isDead && path.endsWith('mounted')) await new Promise<void>((resolve) => calls.push(resolve));
    return original.stat(path, options);
  };
  return { ...original, stat };
});

describe('A credential on a dead mount', () => {
  it('does not hold up a request longer than its timeout, and is read once at a time', async () => {
    useFakeClock();
    const server = await startWebServer(body('{}'));
    const file = new TempFolder().write('mounted', 'canary');
    const reader = readerOf(server.origin, { token: { file }, timeout: 3_000 });
    for (let requests = 0; requests < 3; requests += 1) {
      const failure = reader.failure();
      await vi.advanceTimersByTimeAsync(3_000);
      expect(await failure).toBe('has not answered within 3000 ms');
    }
    const controller = new AbortController();
    const failure = reader.failure({ signal: controller.signal });
    controller.abort(new Error('the app shuts down'));
    expect(await failure).toBe('the app shuts down');
    expect(calls).toHaveLength(1);
    mount.isDead = false;
    const read = reader.read();
    calls[0]!();
    expect(await read).toBe('{}');
    expect(server.requests).toHaveLength(1);
  });
});
