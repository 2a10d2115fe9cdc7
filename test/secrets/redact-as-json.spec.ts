import { describe, expect, it } from 'vitest';
import { parsePathOrKey } from '../../lib/model/paths.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';

const SECRETS = new SecretPolicy();

describe('A value as JSON', () => {
  it('is converted to JSON, whatever its type', () => {
    class Money {
      constructor(private readonly cents: bigint) {}
      toJSON() {
        return `${this.cents} ct`;
      }
    }
    const value = {
      date: new Date(0),
      url: new URL('https://ann:pa55@host/a'),
      map: new Map([['a', 1]]),
      set: new Set([1, 'b']),
      big: 10n,
      pattern: /a+/,
      fn: function later() {},
      none: null,
      members: [{ password: 'x' }],
      money: Object.assign(Object.create(Money.prototype) as Money, {}),
    };
    expect(JSON.parse(JSON.stringify(SECRETS.redactAsJson(value)))).toMatchObject({
      date: '1970-01-01T00:00:00.000Z',
      url: 'https://[hidden]@host/a',
      map: { a: 1 },
      set: [1, 'b'],
      big: '10',
      pattern: '/a+/',
      fn: '[function later]',
      none: null,
      members: [{ password: '[hidden]' }],
    });
  });

  it('is redacted at a secret path, below one, and in a key that contains dots', () => {
    expect(SECRETS.redactAsJson('x', ['secrets', 'github'])).toBe('[hidden]');
    expect(SECRETS.redactAsJson({ a: 1 }, parsePathOrKey("modules['api.key']"))).toBe('[hidden]');
    expect(SECRETS.redactAsJson('x', parsePathOrKey('a..token'))).toBe('[hidden]');
    expect(SECRETS.redactAsJson(undefined)).toBeUndefined();
  });

  it('shows no secret that a class repeats in its JSON, as a string, a key or a number', () => {
    const secrets = new SecretPolicy();
    secrets.remember({ password: 'canary-7f3a9b', pinSecret: 98_765_432 });
    class Account {
      readonly #json: unknown;
      constructor(json: unknown) {
        this.#json = json;
      }
      toJSON() {
        return this.#json;
      }
    }
    const repeated = ['has canary-7f3a9b', { 'canary-7f3a9b': 1 }, [98_765_432], { token: 'x' }];
    for (const json of repeated) {
      const value = { account: new Account(json) };
      for (const shown of [secrets.redactAsJson(value), secrets.redact(value)]) {
        const text = JSON.stringify(shown);
        expect(text).toContain('[hidden]');
        expect(text).not.toMatch(/canary-7f3a9b|98765432|"x"/);
      }
    }
    const harmless = new Account({ name: 'ann' });
    expect(secrets.redact(harmless)).toBe(harmless);
    expect(secrets.redactAsJson(harmless)).toEqual({ name: 'ann' });
  });

  it('is redacted without a look at its content if it is secret, or its content cannot be read', () => {
    const broken = Object.create({
      toJSON() {
        throw new Error('canary-7f3a9b');
      },
    }) as object;
    expect(SECRETS.redactAsJson({ password: broken, other: [broken] })).toEqual({
      password: '[hidden]',
      other: ['[hidden]'],
    });
  });

  it('cannot change a prototype by its keys', () => {
    const shown = SECRETS.redactAsJson(JSON.parse('{"__proto__":{"polluted":1}}')) as object;
    expect(Object.getPrototypeOf(shown)).toBe(Object.prototype);
    expect(JSON.stringify(shown)).toBe('{"__proto__":{"polluted":1}}');
  });
});
