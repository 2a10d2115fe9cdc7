import { describe, expect, it } from 'vitest';
import { responseValue } from '../../lib/control/responses.js';
import { parsePathOrKey } from '../../lib/model/paths.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';

const SECRETS = new SecretPolicy();

describe('A value in a response', () => {
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
    expect(JSON.parse(JSON.stringify(responseValue(value, SECRETS)))).toMatchObject({
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
    expect(responseValue('x', SECRETS, ['secrets', 'github'])).toBe('[hidden]');
    expect(responseValue({ a: 1 }, SECRETS, parsePathOrKey("modules['api.key']"))).toBe('[hidden]');
    expect(responseValue('x', SECRETS, parsePathOrKey('a..token'))).toBe('[hidden]');
    expect(responseValue(undefined, SECRETS)).toBeUndefined();
  });

  it('cannot change a prototype by its keys', () => {
    const shown = responseValue(JSON.parse('{"__proto__":{"polluted":1}}'), SECRETS) as object;
    expect(Object.getPrototypeOf(shown)).toBe(Object.prototype);
    expect(JSON.stringify(shown)).toBe('{"__proto__":{"polluted":1}}');
  });
});
