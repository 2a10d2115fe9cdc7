import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { MessageWriter } from '../../lib/control/message-writer.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';

const SECRETS = new SecretPolicy();

describe('A response that is too long', () => {
  it('is replaced by an error with the id of its request', async () => {
    const stream = new PassThrough();
    const writer = new MessageWriter(stream, { responseBytes: 100, unreadBytes: 10_000 }, SECRETS);
    writer.answer(7, SECRETS.redactText('x'.repeat(200)));
    writer.fail(new Error('x'.repeat(200)));
    stream.end();
    expect(() => writer.leave()).not.toThrow();
    const [first, second, ...more] = (await text(stream))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(first).toMatchObject({ id: 7, error: { code: 'ANSWER_TOO_LARGE' } });
    expect(second).toMatchObject({ error: { code: 'ANSWER_TOO_LARGE' } });
    expect(more).toEqual([]);
  });
});
