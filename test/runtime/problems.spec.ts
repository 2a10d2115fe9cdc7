import { HotConfigManager } from 'nestjs-hot-config';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { findPort } from '../../lib/module/find-port.js';
import { scrape } from '../metrics/scrape.js';
import { startApp } from '../support/start-app.js';

declare module 'nestjs-hot-config' {
  interface ConfigProblemKinds {
    readonly probe_lost: true;
    readonly probe_late: true;
  }
}

/** An app with its errors in the log. */
async function start() {
  const errors: string[] = [];
  const ignore = () => undefined;
  const logger = { log: ignore, warn: ignore, error: (message: string) => errors.push(message) };
  const registry = new Registry();
  const started = await startApp(
    { n: 1, password: 'hunter2-secret' },
    { imports: [HotConfigMetricsModule.forRoot({ registry })] },
    { logger, validators: [(value) => ('bad' in value ? 'it is bad' : undefined)] },
  );
  const port = findPort(started.app, 'a test');
  const degraded = async () =>
    [...(await scrape(registry))].flatMap(([name, value]) => {
      const reason = /^hot_config_degraded\{reason="(.*)"\}$/.exec(name)?.[1];
      return reason?.startsWith('probe') ? [[reason, value]] : [];
    });
  return { ...started, errors, port, degraded };
}

describe('A problem that a part detects', () => {
  it('is in the status and the metrics while it lasts', async () => {
    const { manager, port, degraded } = await start();
    expect(manager.status().problems).toEqual([]);
    expect(await degraded()).toEqual([]);
    let message: string | undefined;
    const remove = port.problemDetectors.add('probe_lost', () => message);
    expect(manager.status().problems).toEqual([]);
    expect(await degraded()).toEqual([['probe_lost', 0]]);
    message = 'The probe has been lost for a minute';
    expect(manager.status().problems).toEqual([{ kind: 'probe_lost', message }]);
    expect(await degraded()).toEqual([['probe_lost', 1]]);
    remove();
    expect(manager.status().problems).toEqual([]);
    expect(await degraded()).toEqual([]);
  });

  it('is listed after the built-in ones', async () => {
    const { manager, port, change } = await start();
    port.problemDetectors.add('probe_lost', () => 'The probe is lost');
    await change({ bad: true });
    expect(manager.status().problems.map(({ kind }) => kind)).toEqual(['rejected', 'probe_lost']);
  });

  it('is redacted', async () => {
    const { manager, port } = await start();
    port.problemDetectors.add('probe_lost', () => 'The store answered: hunter2-secret is wrong');
    expect(manager.status().problems).toHaveLength(1);
    expect(JSON.stringify(manager.status())).not.toContain('hunter2');
  });

  it('is assumed if its detector throws, which is logged once, and other problems are still found', async () => {
    const { manager, port, degraded, errors } = await start();
    let fails = true;
    port.problemDetectors.add('probe_lost', () => {
      if (fails) throw new Error('cannot connect with hunter2-secret');
      return undefined;
    });
    port.problemDetectors.add('probe_late', () => 'The probe is late');
    for (let read = 0; read < 3; read += 1)
      expect(manager.status().problems).toEqual([
        {
          kind: 'probe_lost',
          message:
            "It is unknown whether there is the problem 'probe_lost': its detector failed, see the log",
        },
        { kind: 'probe_late', message: 'The probe is late' },
      ]);
    expect(await degraded()).toEqual([
      ['probe_lost', 1],
      ['probe_late', 1],
    ]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^The detector of the problem 'probe_lost' failed: cannot connect with /);
    expect(errors[0]).not.toContain('hunter2');
    fails = false;
    expect(manager.status().problems.map(({ kind }) => kind)).toEqual(['probe_late']);
  });

  it('may depend on the status, whichever way its detector reads it', async () => {
    const { app, manager, port } = await start();
    port.problemDetectors.add('probe_late', ({ version }) =>
      version === 1 ? 'Version 1 is in force' : undefined,
    );
    port.problemDetectors.add('probe_lost', () =>
      app.get(HotConfigManager).status().version === 1 ? 'It is version 1' : undefined,
    );
    expect(manager.status().problems.map(({ kind }) => kind)).toEqual(['probe_late', 'probe_lost']);
  });

  it('cannot have a kind that is taken, or that is no name', async () => {
    const { port } = await start();
    const none = () => undefined;
    expect(() => port.problemDetectors.add('rejected', none)).toThrow(
      "The kind of problem 'rejected' cannot be added: the name is taken",
    );
    expect(() => port.problemDetectors.add('Probe lost' as never, none)).toThrow(
      "a kind is named like 'fleet_behind'",
    );
    // @ts-expect-error a kind must be declared
    port.problemDetectors.add('probe_undeclared', none);
  });
});
