import 'reflect-metadata';
import type { LoggerService } from '@nestjs/common';
import { HOT_CONFIG_RUNTIME } from '../../lib/model/tokens.js';
import type { HotConfigPort } from '../../lib/runtime/port.interface.js';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { RawClient } from './raw-client.js';

/** The secret in force, one that only the next reload reads, and those that clients offer. */
const KNOWN = 'Canary-known-swordfish';
const NEXT = 'Canary-next-marlin';
const OFFERED = 'Canary-offered-tuna';
const SHORT = 'hake';

/** An app with a channel. Keeps each line of its log, at each level. */
async function loggedApp() {
  const logs: string[] = [];
  const write = (line: unknown) => void logs.push(String(line));
  const logger: LoggerService = { log: write, warn: write, error: write, verbose: write, debug: write };
  const socketDir = new TempFolder().file('run');
  const started = await startApp(
    { n: 1, list: [{ api_key: KNOWN }], llm: { api_key: KNOWN } },
    {},
    { enabled: false, logger, control: { enabled: true, name: 'gateway', socketDir } },
  );
  const port = started.app.get<HotConfigPort>(HOT_CONFIG_RUNTIME);
  for (const changes of [true, false])
    port.controlMethods.add(changes ? 'fleet.act' : 'fleet.look', {
      changes,
      call: ({ reason, actor, params }) => {
        port.logger.warn(`${actor} asks: ${reason}`);
        if (params['fails'] === true) throw new Error(`refused: ${reason}`);
        return port.secrets.redactTexts({ reason });
      },
    });
  const client = await RawClient.connect(`${socketDir}/gateway-${process.pid}.sock`);
  let id = 0;
  const call = async (method: string, params: object = {}) => {
    const now = (id += 1);
    client.request(now, method, params);
    await until('it is answered', () => client.messages.some((message) => message['id'] === now));
    return client.messages.find((message) => message['id'] === now)!;
  };
  return {
    ...started,
    logs,
    client,
    call,
    lines: () => logs.filter((line) => line.startsWith('Control channel: ')),
  };
}

describe('The log of calls', () => {
  it('has the client before a call, and the outcome and the reason after it', async () => {
    const { call, lines } = await loggedApp();
    await call('hello', { user: 'ann', pid: 42 });
    await call('set', { path: 'n', value: 2, reason: 'trying\nit ' });
    await call('disable');
    await call('set', { path: 'list.0', value: 2, reason: 'it' });
    await call('get');
    expect(lines()).toEqual([
      'Control channel: set "n" requested by ann (unverified), pid 42 (unverified)',
      'Control channel: set "n" by ann (unverified) ended: applied, reason: trying\\u000ait',
      'Control channel: disable requested by ann (unverified), pid 42 (unverified)',
      'Control channel: disable by ann (unverified) ended, without a reason',
      'Control channel: set "list.0" requested by ann (unverified), pid 42 (unverified)',
      'Control channel: set "list.0" by ann (unverified) failed: CONFIG_OPTIONS',
    ]);
  });

  it('has no secret that only the reload reads', async () => {
    const { call, source, logs, lines } = await loggedApp();
    source.set({ n: 1, llm: { api_key: NEXT } });
    await call('reload', { reason: `the key is now ${NEXT}` });
    expect(lines().at(-1)).toMatch(
      /^Control channel: reload by .* ended: applied, reason: the key is now \[hidden\]$/,
    );
    expect(logs.join('\n')).not.toContain('Canary');
  });

  it('has no secret in any text of a client, whatever it calls, accepted or refused', async () => {
    const { call, client, logs, manager } = await loggedApp();
    const texts = [KNOWN, OFFERED, SHORT].map((secret) => `use ${secret}, not ${encodeURIComponent(secret)}`);
    for (const reason of texts) {
      for (const method of ['reload', 'rollback', 'unset', 'enable', 'disable', 'fleet.act', 'fleet.look'])
        for (const params of [{}, { fails: true }, { path: 'llm.model' }, { path: '' }, { version: 0 }])
          if (reason.includes(KNOWN)) await call(method, { ...params, reason });
      const [, secret = ''] = / (\S+),/.exec(reason) ?? [];
      await call('hello', { user: secret, pid: 1 });
      await call('set', { path: 'llm.api_key', value: secret, reason });
      await call('set', { path: 'llm', value: { api_key: secret }, reason });
      if (reason.includes(KNOWN)) await call(`set ${secret}`, { reason });
    }
    await call('hello', { user: 'ann' });
    await call('set', { path: 'llm.api_key', value: OFFERED, ttl: OFFERED, reason: OFFERED });
    await call('set', { path: 'list.0.api_key', value: SHORT, reason: SHORT });
    await call('fleet.act', { path: 'llm.api_key', value: SHORT, fails: true, reason: SHORT });
    client.send(`{"id":1,"method":${KNOWN}}\n`);
    await client.untilDisconnected();
    const shown = [logs.join('\n'), client.received, JSON.stringify([manager.status(), manager.history()])];
    for (const text of shown) {
      expect(text).not.toContain('Canary');
      expect(text).not.toMatch(/\bhake\b/);
    }
    expect(logs.join('\n')).toContain('reason: use [hidden], not [hidden]');
  });

  it('cuts a reason only after its secrets are hidden: no part of one is left', async () => {
    const { call, logs, manager } = await loggedApp();
    for (let at = 480; at <= 500; at += 4)
      await call('set', { path: 'n', value: at, reason: `${'r'.repeat(at - 1)} ${KNOWN}` });
    await manager.set('n', 7, {
      reason: `${'r'.repeat(490)} ${KNOWN}`,
      actor: `${'a'.repeat(490)} ${KNOWN}`,
    });
    expect(`${logs.join('\n')}${JSON.stringify([manager.status(), manager.history()])}`).not.toContain('Can');
  });

  it('is bounded, and has no control characters, whoever gives the reason', async () => {
    const { call, logs, manager } = await loggedApp();
    const reason = `a\nERROR forged \u001b[2J\u009b\u202e${'x'.repeat(200_000)}`;
    await call('set', { path: 'n', value: 2, reason });
    await call('reload', { reason });
    await manager.set('n', 3, { reason, actor: reason });
    for (const line of logs) {
      expect(line.length).toBeLessThan(1_500);
      expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    const { reason: kept = '', actor = '' } = manager.history().at(-1)!;
    for (const text of [kept, actor]) {
      expect(text.length).toBeLessThanOrEqual(500);
      expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
    }
  });
});
