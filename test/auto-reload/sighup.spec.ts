import { afterEach, describe, expect, it, vi } from 'vitest';
import { SighupReload } from '../../lib/auto-reload/sighup.js';
import { SafeLogger } from '../../lib/logging/safe-logger.js';

const reload = vi.fn<() => Promise<void>>(() => Promise.resolve());
const warn = vi.fn<(message: string) => void>();
const logger = new SafeLogger({ log() {}, warn, error() {} }, { redactText: (text) => text as never });

afterEach(() => {
  reload.mockClear();
  warn.mockClear();
});

/** Delivers the signal as Node does, without ending the process of the tests. */
function deliver(): void {
  process.emit('SIGHUP', 'SIGHUP');
}

describe.skipIf(process.platform === 'win32')('A reload on SIGHUP', () => {
  it('happens once for each app of the process, until it is closed', () => {
    const apps = [new SighupReload({ logger, reload }), new SighupReload({ logger, reload })];
    for (const app of apps) app.start();
    deliver();
    expect(reload.mock.calls).toEqual(Array(2).fill([{ cause: 'manual', reason: 'SIGHUP' }]));
    for (const app of apps) app.close();
    expect(process.listeners('SIGHUP').filter((listener) => listener.name === '')).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('does not happen, with a warning, if the app listens itself', () => {
    const own = vi.fn<() => void>();
    process.on('SIGHUP', own);
    const app = new SighupReload({ logger, reload });
    app.start();
    deliver();
    app.close();
    process.off('SIGHUP', own);
    expect(own).toHaveBeenCalledTimes(1);
    expect(reload).not.toHaveBeenCalled();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('SIGHUP does not reload the configuration'));
  });
});
