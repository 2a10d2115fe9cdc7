import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { ConfigOptionsError, type HotConfigModuleOptions } from 'nestjs-hot-config';
import type { ControlCall, ControlMethod } from '../../lib/runtime/control-method.interface.js';
import { until } from '../support/until.js';
import { openChannel } from './open-channel.js';

const SECRET = 'canary-7f3a9b';

type App = Awaited<ReturnType<typeof openChannel>>;

/** Starts an app to which another part has added the method `fleet.act`. */
async function appWith(method: (app: App) => ControlMethod, options: HotConfigModuleOptions = {}) {
  const app = await openChannel({}, 'gateway', options);
  const remove = app.port.controlMethods.add('fleet.act', method(app));
  return { ...app, remove };
}

/** Calls the method, and returns the answer. */
async function answerOf(app: App, params: object = {}, method = 'fleet.act') {
  const client = await app.client();
  client.request(7, method, params);
  await until('it is answered', () => client.messages.some(({ id, event }) => id === 7 && !event));
  return client.messages.at(-1)!;
}

describe('A method that another part adds to the control channel', () => {
  it('is called with the parameters, the client and the reason, and not logged if it only reads', async () => {
    const calls: ControlCall[] = [];
    const app = await appWith(({ port }) => ({
      changes: false,
      call: (call) => (calls.push(call), port.secrets.redactTexts({ release: 42 })),
    }));
    const params = { share: 5, reason: ' look\nhere ' };
    expect(await answerOf(app, params)).toEqual({ id: 7, result: { release: 42 } });
    expect(await answerOf(app)).toMatchObject({ result: { release: 42 } });
    expect(calls[0]).toMatchObject({ params, reason: 'look\\u000ahere', actor: 'unknown user (unverified)' });
    expect(calls[1]).not.toHaveProperty('reason');
    expect(app.lines.filter((line) => line.includes('requested by'))).toEqual([]);
  });

  it('is logged with the client and the reason if it changes something', async () => {
    const app = await appWith(({ port, manager }) => ({
      changes: true,
      call: async ({ actor, reason = '' }) => {
        const { version } = await manager.set('n', 2, { actor, reason });
        return port.secrets.redactTexts({ version });
      },
    }));
    expect(await answerOf(app, { path: 'n', reason: 'better' })).toMatchObject({ result: { version: 2 } });
    await answerOf(app);
    expect(app.lines).toEqual([
      'Control channel: fleet.act "n" requested by unknown user (unverified)',
      'Control channel: fleet.act "n" by unknown user (unverified) ended, reason: better',
      'Control channel: fleet.act requested by unknown user (unverified)',
      'Control channel: fleet.act by unknown user (unverified) ended, without a reason',
    ]);
    expect(app.manager.history()[1]).toMatchObject({ actor: 'unknown user (unverified)', reason: 'better' });
  });

  it('sends events before its answer, and learns when the client has disconnected', async () => {
    let gone = false;
    const app = await appWith(({ port }) => ({
      changes: false,
      call: async ({ emit, signal }) => {
        for (const step of [1, 2]) emit(port.secrets.redactTexts({ step }));
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        gone = true;
        return port.secrets.redactTexts(null);
      },
    }));
    const client = await app.client();
    client.request(7, 'fleet.act');
    await until('it has sent both', () => client.messages.length === 3);
    expect(client.messages.slice(1)).toEqual([
      { id: 7, event: { step: 1 } },
      { id: 7, event: { step: 2 } },
    ]);
    expect(gone).toBe(false);
    client.socket.destroy();
    await until('it learns about it', () => gone);
  });

  it.each<[string, unknown, object]>([
    ['an error', new TypeError('x is null'), { code: 'FAILED', message: 'fleet.act failed: x is null' }],
    ['nothing', undefined, { code: 'FAILED', message: 'fleet.act failed: undefined' }],
    [
      'an error of this library',
      new ConfigOptionsError('no such release'),
      { code: 'CONFIG_OPTIONS', message: 'no such release' },
    ],
    [
      'an error that quotes a secret',
      new Error(`401 for ${SECRET}`),
      { code: 'FAILED', message: 'fleet.act failed: 401 for [hidden]' },
    ],
  ])('fails clearly, without a stack, if it throws %s', async (_what, thrown, error) => {
    const app = await appWith(() => ({
      changes: true,
      call: () => {
        throw thrown;
      },
    }));
    await app.change({ n: 1, password: SECRET });
    expect(await answerOf(app)).toEqual({ id: 7, error });
    expect(await answerOf(app, { path: 'n' }, 'get')).toMatchObject({ result: { value: 1 } });
  });

  it('answers with null if it returns nothing', async () => {
    const app = await appWith(() => ({ changes: false, call: () => undefined as never }));
    expect(await answerOf(app)).toEqual({ id: 7, result: null });
  });

  it('does not exist before it is added and after it is removed', async () => {
    const app = await appWith(({ port }) => ({ changes: true, call: () => port.secrets.redactTexts({}) }));
    expect(await answerOf(app, {}, 'fleet.other')).toMatchObject({ error: { code: 'UNKNOWN_METHOD' } });
    app.remove();
    expect(await answerOf(app)).toMatchObject({ error: { code: 'UNKNOWN_METHOD' } });
    expect(app.lines.filter((line) => line.includes('requested by'))).toEqual([]);
  });

  it.each<[string, object]>([
    ['a reason that is not a string', { reason: 7 }],
    ['a path that is too long', { path: 'x'.repeat(3_000) }],
    ['an empty path', { path: '' }],
  ])('is not called with %s: the limits of built-in methods apply', async (_what, params) => {
    let calls = 0;
    const app = await appWith(({ port }) => ({
      changes: true,
      call: () => ((calls += 1), port.secrets.redactTexts({})),
    }));
    expect(await answerOf(app, params)).toMatchObject({ error: { code: 'BAD_PARAMS' } });
    expect(calls).toBe(0);
  });

  it('cannot have the name of a built-in method, or one that a built-in method may have later', async () => {
    const { port } = await openChannel();
    const method: ControlMethod = { changes: false, call: () => port.secrets.redactTexts({}) };
    for (const name of ['set', 'status', 'fleet', '', 'fleet.', '.status', 'fleet.a.b', 'fleet status'])
      expect(() => port.controlMethods.add(name, method)).toThrow(ConfigOptionsError);
    port.controlMethods.add('fleet.status', method);
    expect(() => port.controlMethods.add('fleet.status', method)).toThrow('the name is taken');
  });
});

describe('A secret in a call', () => {
  it.each([true, false])('of another part is shown nowhere (changing: %s)', async (changes) => {
    const app = await appWith(({ port }) => ({
      changes,
      call: ({ params, reason, emit }) => {
        port.logger.warn(`got ${reason} and ${JSON.stringify(params)}`);
        emit(port.secrets.redactTexts({ note: reason }));
        return port.secrets.redactTexts({ params });
      },
    }));
    const client = await app.client();
    client.request(7, 'fleet.act', { path: 'llm.api_key', value: SECRET, reason: `use ${SECRET}` });
    await client.message('result');
    expect(client.received).toContain('use [hidden]');
    expect(client.received + app.lines.join()).not.toContain(SECRET);
    expect(app.lines.join()).toContain('use [hidden]');
  });

  it('of a built-in method is shown nowhere, even if only a later version says that it is one', async () => {
    const app = await openChannel();
    const client = await app.client();
    client.request(1, 'set', { path: 'n', value: 2, reason: `not yet ${SECRET}` });
    await client.message('result');
    await app.change({ n: 1, password: SECRET });
    const answers = client.messages.length;
    for (const [index, method] of ['status', 'history', 'explain', 'plan', 'diff'].entries())
      client.request(index + 2, method, method === 'explain' ? { path: 'n' } : {});
    client.request(7, 'set', { path: 'n', value: SECRET, ttl: SECRET });
    await until('all are answered', () => client.messages.length === answers + 6);
    const later = client.messages.slice(answers).map((message) => JSON.stringify(message));
    expect(later.join('\n')).toContain('not yet [hidden]');
    expect(later.join('\n')).not.toContain(SECRET);
  });

  it('does not make names unreadable that have the same characters', async () => {
    const app = await openChannel();
    await app.change({ postgres: { host: 'db', password: 'postgres' }, note: 'ask postgres' });
    const result = async (method: string, params: object = {}) =>
      (await answerOf(app, params, method)) as { result: Record<string, unknown> };
    expect(await result('explain', { path: 'postgres.host' })).toMatchObject({
      result: { path: 'postgres.host', value: 'db' },
    });
    expect(await result('get', { path: 'note' })).toMatchObject({ result: { value: 'ask [hidden]' } });
  });
});
