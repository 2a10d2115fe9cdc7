import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordedFile } from '../../lib/history/recorded-file.js';

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é'), maxLength: 40 });
const fileOf = (content: string) => new RecordedFile({ path: '/app.yaml', bytes: Buffer.from(content) });

describe('A recorded file', () => {
  it('returns its content, however many newer versions of it there are', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 12 }), (texts) => {
        const files = texts.map(fileOf);
        for (let index = 1; index < files.length; index += 1)
          files[index - 1]!.keepDifferenceFrom(files[index]!);
        expect(files.map((file) => file.bytes.toString())).toEqual(texts);
      }),
    );
  });

  it('does not change if it is compared again, or with itself', () => {
    const [old, newer, newest] = [fileOf('abc'), fileOf('abd'), fileOf('x')];
    old!.keepDifferenceFrom(old!);
    old!.keepDifferenceFrom(newer!);
    old!.keepDifferenceFrom(newest!);
    newer!.keepDifferenceFrom(newest!);
    newest!.keepDifferenceFrom(old!);
    expect([old, newer, newest].map((file) => file!.bytes.toString())).toEqual(['abc', 'abd', 'x']);
  });
});
