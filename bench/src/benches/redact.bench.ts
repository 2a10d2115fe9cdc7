import assert from 'node:assert/strict';
import { SecretPolicy } from '../../hot-config.js';
import { interleave, type Measure } from '../harness/interleave.js';
import type { Bench, Row } from '../harness/result.interface.js';
import { medianOf, row } from '../harness/stats.js';

const SMALL = '256 KiB';
const LARGE = '1 MiB';
const SIZES: Readonly<Record<string, number>> = { [SMALL]: 2 ** 18, [LARGE]: 2 ** 20 };

/** Number of known secrets. They begin alike, as the tokens of one provider do. */
const SECRETS = 20_000;

const secretOf = (index: number) =>
  `sk-proj-0123456789abcdef0123456789abcdef-${String(index).padStart(6, '0')}`;

/** What texts consist of: ordinary, and hostile to a search that starts again and again. */
const CONTENTS: Readonly<Record<string, string>> = {
  'sentences of a log': 'the request of a client took 12 ms and was answered with 200\n',
  'a list of addresses': '"https://host.example/path?page=2",',
  'addresses with credentials': 'postgres://user:correct-horse@host.example/app ',
  'connection strings': 'Server=db.example;User Id=app;Password=correct horse;Encrypt=yes\n',
  'beginnings of addresses': '://',
  'names without an end': "password='",
  'beginnings of known secrets': secretOf(0).slice(0, -6),
  'known secrets': `${secretOf(1)} `,
};

/** The search for secrets in the texts of messages, and in strings of a configuration. */
export const redact: Bench = {
  name: 'redact',
  async run(quick) {
    const policy = new SecretPolicy();
    policy.remember({ tokens: Array.from({ length: SECRETS }, (_, index) => secretOf(index)) });
    const rows: Row[] = [];
    for (const [content, unit] of Object.entries(CONTENTS)) {
      const contestants = new Map<string, Measure>(
        Object.entries(SIZES).map(([size, length]) => {
          const text = unit.repeat(length / unit.length);
          return [size, () => milliseconds(() => policy.redactText(text))];
        }),
      );
      for (const [size, samples] of await interleave(contestants, quick ? 3 : 15))
        rows.push(row(content, size, 'ms', samples));
    }
    const growth = Object.keys(CONTENTS).map(
      (content) => medianOf(rows, content, LARGE) / medianOf(rows, content, SMALL),
    );
    return {
      name: 'redact',
      title: 'Hiding secrets in a text',
      method: `Each text is searched for the credentials in it, and for ${SECRETS.toLocaleString('en')} known secrets that begin alike. This is done for each message of other code, and for each string that is shown. The texts repeat one line, up to their size.`,
      rows,
      targets: [
        {
          text: 'a text of 1 MiB against one of 256 KiB, worst content (linear: 4 ×, quadratic: 16 ×)',
          measured: Math.max(...growth),
          atMost: 8,
          unit: '×',
        },
      ],
    };
  },
};

function milliseconds(run: () => string): number {
  const started = process.hrtime.bigint();
  const text = run();
  const took = Number(process.hrtime.bigint() - started) / 1_000_000;
  assert.notEqual(text, '');
  return took;
}
