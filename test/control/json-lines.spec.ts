import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { writeMessage } from '../../lib/control/json-lines.js';

describe('A response that is too long', () => {
  it('is replaced by an error with the id of its request', async () => {
    const stream = new PassThrough();
    writeMessage(stream, { id: 7, result: 'x'.repeat(200) }, 100);
    writeMessage(stream, { bye: 'x'.repeat(200) }, 100);
    stream.end();
    expect(() => writeMessage(stream, { bye: '' }, 100)).not.toThrow();
    const [first, second, ...more] = (await text(stream))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(first).toMatchObject({ id: 7, error: { code: 'ANSWER_TOO_LARGE' } });
    expect(second).toMatchObject({ error: { code: 'ANSWER_TOO_LARGE' } });
    expect(more).toEqual([]);
  });
});
