import { Expose, Type } from 'class-transformer';
import { IsString, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { secretPatterns } from '../../lib/patterns/secret-patterns.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import { declaredSecrets } from '../../lib/validation/schema-secrets.js';
import { Secret } from 'nestjs-hot-config';

const byPatterns = (...patterns: (string | RegExp)[]) => new SecretPolicy(secretPatterns(patterns));

class Client {
  @IsString()
  @Secret()
  openai = '';

  @IsString()
  model = '';
}

class Special extends Client {
  @Expose({ name: 'kept_back' })
  @Secret()
  keptBack = '';
}

class AppConfig {
  @ValidateNested()
  @Type(() => Client)
  nested = new Client();

  @ValidateNested()
  @Type(() => Special)
  list: Special[] = [];

  @ValidateNested()
  @Type(() => Client)
  map = new Map<string, Client>();

  // Found by its initialiser.
  untyped: unknown = new Client();

  @Type(() => Client)
  record: Record<string, Client> = {};

  @Secret()
  whole: unknown = {};
}

describe('A secret policy', () => {
  it.each(['llm', 'llm.openai', 'llm.openai.eu', 'deep.down.pin', 'pin', 'a_url'])(
    'finds secrets by patterns: %s',
    (path) => {
      const policy = byPatterns('llm', '**.pin', /_url$/);
      expect(policy.isSecret(path.split('.'))).toBe(true);
    },
  );

  it('does not redact what no pattern selects', () => {
    const policy = byPatterns('llm.*', '**.pin', /_url$/);
    for (const path of ['', 'llm', 'lll.openai', 'spin', 'pins', 'url'])
      expect(policy.isSecret(path === '' ? [] : path.split('.')), path).toBe(false);
  });

  it('finds secrets by their names too', () => {
    expect(byPatterns('llm.*').isSecret(['db', 'password'])).toBe(true);
  });

  it('does not redact what an exception names', () => {
    const policy = byPatterns('llm.*', '!llm.model', '!**.max_tokens', '!public');
    const isSecret = (path: string) => policy.isSecret(path.split('.'));
    expect(isSecret('llm.openai')).toBe(true);
    expect(isSecret('llm.model')).toBe(false);
    expect(isSecret('other.max_tokens')).toBe(false);
    expect(isSecret('public.key.token')).toBe(false);
    expect(isSecret('other.token')).toBe(true);
  });

  it('applies exceptions to what a RegExp selects, but not to what the schema declares', () => {
    const policy = new SecretPolicy({
      declared: declaredSecrets([{ path: [], schema: AppConfig }]),
      ...secretPatterns([/e/, '!nested', '!map.*.model']),
    });
    const isSecret = (path: string) => policy.isSecret(path.split('.'));
    expect(isSecret('other')).toBe(true);
    expect(isSecret('nested.model')).toBe(false);
    expect(isSecret('nested.openai')).toBe(true);
    expect(isSecret('map.a.model')).toBe(false);
    expect(isSecret('map.a.never')).toBe(true);
    expect(isSecret('map.a.token')).toBe(true);
  });

  it('redacts what one of several RegExps selects', () => {
    const policy = byPatterns(/^first[.]place$/, /^second[.]place$/);
    const places = ['first', 'second', 'third'].map((key) => policy.isSecret([key, 'place']));
    expect(places).toEqual([true, true, false]);
  });

  it('keeps places of the same class apart if an exception applies to one of them', () => {
    const declared = declaredSecrets([{ path: [], schema: AppConfig }]);
    const policy = new SecretPolicy({ declared, ...secretPatterns(['!nested']) });
    const isSecret = (path: string) => policy.isSecret(path.split('.'));
    expect(['nested.token', 'list.0.token', 'map.a.token'].map(isSecret)).toEqual([false, true, true]);
    expect(['nested.openai', 'list.0.openai'].map(isSecret)).toEqual([true, true]);
  });

  it('is correct for more keys than it remembers', () => {
    const policy = byPatterns('**.pin', 'a.*.b');
    for (let index = 0; index < 50_000; index += 1) policy.isSecret(['a', `key${index}`, 'c']);
    expect(policy.isSecret(['a', 'key49999', 'b'])).toBe(true);
    expect(policy.isSecret(['x', 'key49999', 'pin'])).toBe(true);
    expect(policy.isSecret(['x', 'key49999', 'b'])).toBe(false);
  });

  it.each([
    'nested.openai',
    'list.0.openai',
    'list.12.kept_back',
    'list.12.keptBack',
    'map.eu.openai',
    'untyped.openai',
    'record.eu.openai',
    'whole',
    'whole.of.it',
  ])('finds secrets that the schema declares: %s', (path) => {
    const policy = new SecretPolicy({ declared: declaredSecrets([{ path: [], schema: AppConfig }]) });
    expect(policy.isSecret(path.split('.'))).toBe(true);
  });

  it.each(['nested', 'nested.model', 'list.0.model', 'map.openai.model', 'openai', 'kept_back'])(
    'does not redact what the schema does not declare: %s',
    (path) => {
      const policy = new SecretPolicy({ declared: declaredSecrets([{ path: [], schema: AppConfig }]) });
      expect(policy.isSecret(path.split('.'))).toBe(false);
    },
  );

  it.each(['!**', '!nested', '!nested.*', '!nested.openai', '!**.openai'])(
    'applies the exception %s not to what the schema declares',
    (exception) => {
      const declared = declaredSecrets([{ path: [], schema: AppConfig }]);
      const policy = new SecretPolicy({ declared, ...secretPatterns([exception, '!token']) });
      expect(policy.isSecret(['nested', 'openai'])).toBe(true);
      expect(policy.isSecret(['nested', 'openai', 'below'])).toBe(true);
      expect(policy.isSecret(['token'])).toBe(false);
    },
  );

  it('redacts a secret in a reason before it cuts the reason, which would leave a part of it', () => {
    const policy = new SecretPolicy();
    policy.remember({ api_key: 'canary-in-a-reason' });
    for (const length of [480, 485, 490, 495, 499]) {
      const note = policy.redactNote(`${'x'.repeat(length)} canary-in-a-reason`);
      expect(note).not.toContain('can');
      expect(note.length).toBeLessThanOrEqual(501);
    }
  });

  it('redacts secrets in trees, lists, maps and the credentials of URLs, and copies nothing else', () => {
    const policy = byPatterns('**.pin');
    const open = { a: [1, { b: 2 }] };
    const tree = {
      open,
      list: [{ pin: 1, other: 2 }],
      map: new Map([['x', { pin: 1 }]]),
      url: 'redis://user:pw@host/0',
    };
    const shown = policy.redact(tree) as unknown as typeof tree;
    expect(shown).toEqual({
      open,
      list: [{ pin: '[hidden]', other: 2 }],
      map: new Map([['x', { pin: '[hidden]' }]]),
      url: 'redis://[hidden]@host/0',
    });
    expect(shown.open).toBe(open);
    expect(policy.redact(open)).toBe(open);
  });

  it('redacts each text of data, and no name with the same characters', () => {
    const policy = byPatterns('pin', 'password');
    policy.remember({ password: 'postgres', pin: 'sk-4711-0815' });
    const data = {
      path: 'postgres.host',
      sources: [{ name: 'postgres', detail: 'postgres said no' }, { name: 'https://ann:pa55@host/a' }],
      note: { reason: 'for sk-4711-0815', lines: ['a sk-4711-0815'] },
      time: new Date(0),
      count: 7,
      left: undefined,
    };
    expect(policy.redactTexts(data)).toEqual({
      path: 'postgres.host',
      sources: [{ name: 'postgres', detail: '[hidden] said no' }, { name: 'https://[hidden]@host/a' }],
      note: { reason: 'for [hidden]', lines: ['a [hidden]'] },
      time: '1970-01-01T00:00:00.000Z',
      count: 7,
    });
    expect(policy.redactTexts({ a: 'sk-4711-0815' }, { value: policy.redact('x', ['pin']) })).toEqual({
      a: '[hidden]',
      value: '[hidden]',
    });
  });

  it('redacts a known value in any message, in any spelling', () => {
    const policy = byPatterns('pin', 'text');
    policy.remember({ pin: 47110815, text: 'a "b" c/d & more', key: 'abc', other: 'visible' });
    expect(policy.redactText('47110815, 147110815 and visible')).toBe('[hidden], 147110815 and visible');
    for (const spelt of [
      'a "b" c/d & more',
      'a \\"b\\" c/d & more',
      encodeURIComponent('a "b" c/d & more'),
      Buffer.from('a "b" c/d & more').toString('base64'),
    ])
      expect(policy.redactText(`<${spelt}>`)).toBe('<[hidden]>');
  });

  it('does not redact short words that only have the name of a secret, or a value that equals its key', () => {
    const policy = new SecretPolicy();
    policy.remember({ sort_key: 'name', password: 'password' });
    expect(policy.redactText('the name of the password')).toBe('the name of the password');
  });

  it('finds a password that is a plain word as a whole word, not within others', () => {
    const policy = new SecretPolicy();
    policy.remember({
      DATABASE_URL: 'postgresql://postgres:postgres@localhost/app',
      password: 'changemenow',
    });
    expect(policy.redactText('must use postgresql://, got "postgres"')).toBe(
      'must use postgresql://, got "[hidden]"',
    );
    expect(policy.redact('postgresql://postgres:postgres@localhost/app')).toBe(
      'postgresql://[hidden]@localhost/app',
    );
    expect(policy.redactText('xchangemenowx')).toBe('x[hidden]x');
  });

  it('leaves the names of secrets readable when an example uses one as its value', () => {
    const policy = byPatterns('pin');
    policy.remember({ AUTH_JWT_SECRET: 'credential', DATABASE_PASSWORD: 'password', pin: 'passphrase' });
    const text = 'auth.credential changed: the password and the passphrase';
    expect(policy.redactText(text)).toBe(text);
    expect(policy.redact({ AUTH_JWT_SECRET: 'secret' })).toEqual({ AUTH_JWT_SECRET: '[hidden]' });
  });

  it('redacts the password of a URL when it is quoted alone, and when it is put into other values', () => {
    const policy = new SecretPolicy();
    policy.remember({ url: 'postgres://ann:p%40ss-word@db/app', api_key: 'sk-4711-0815' });
    expect(policy.redactText('p%40ss-word and p@ss-word')).toBe('[hidden] and [hidden]');
    expect(policy.redact({ note: 'see sk-4711-0815', same: 'no key' })).toEqual({
      note: 'see [hidden]',
      same: 'no key',
    });
  });

  it('still finds the secrets in force after it remembered many others, and forgets these', () => {
    const policy = new SecretPolicy();
    const inForce = { api_key: 'in-force-all-the-time', note: 'open' };
    policy.follow(() => ({ values: [{ value: inForce }], paths: [] }));
    policy.remember(inForce);
    for (let round = 0; round < 10; round += 1)
      policy.remember({ tokens: Array.from({ length: 20_000 }, (_, index) => `gone-${round}-${index}`) });
    expect(policy.redactText('<in-force-all-the-time>')).toBe('<[hidden]>');
    expect(policy.redactText('<gone-9-19999>')).toBe('<[hidden]>');
    expect(policy.redactText('<gone-0-19999>')).toBe('<gone-0-19999>');
  });

  it.each([
    ['one secret of 5 MB', () => ['q7'.repeat(2_500_000)]],
    ['10,000 secrets', () => Array.from({ length: 10_000 }, (_, at) => `${at}-${'canary-'.repeat(60)}${at}`)],
  ])('finds all that is in force, however large it is: %s', (_name, make) => {
    const policy = new SecretPolicy();
    const tokens = make();
    policy.follow(() => ({ values: [{ value: { tokens } }], paths: [] }));
    policy.remember({ tokens });
    for (let round = 0; round < 5; round += 1)
      policy.remember({ token: `${round}`.repeat(1_000_000) + 'and-more' });
    expect(policy.redactText(`<${tokens[0]}>`)).toBe('<[hidden]>');
    expect(policy.redactText(`<${tokens.at(-1)}>`)).toBe('<[hidden]>');
  });

  it('answers no guess of a short secret by what it redacts in other values', () => {
    const policy = byPatterns('pin');
    const guesses = Array.from({ length: 10_000 }, (_, guess) => String(guess).padStart(4, '0')).join(' ');
    for (const pin of ['4711', 4711, 'abc1234', ' 4711 ']) {
      policy.remember({ pin, url: `https://ann:${pin}@host/`, passwords: [pin], db: { password: pin } });
      const encoded = Buffer.from(String(pin)).toString('base64');
      const text = `${guesses} abc1234 ${encoded} ${encodeURIComponent(pin)}`;
      expect(policy.redactText(text)).toBe(text);
      expect(policy.redact({ probe: text })).toEqual({ probe: text });
    }
    expect(policy.redact({ pin: '4711' })).toEqual({ pin: '[hidden]' });
  });

  it('redacts a part of a long secret too, as far as a message quotes it', () => {
    const policy = new SecretPolicy();
    const token = Array.from({ length: 300 }, (_, at) => String.fromCharCode(97 + ((at * 7) % 26))).join('');
    policy.remember({ token: `canary-${token}` });
    expect(policy.redactText(`<${`canary-${token}`.slice(0, 150)}…>`)).toBe('<[hidden]…>');
  });

  it('makes paths secret that references name, without a cost for each of them', () => {
    const policy = new SecretPolicy(secretPatterns(['!note']));
    policy.protect(Array.from({ length: 5_000 }, (_, at) => ['deep', `key${at}`]));
    policy.protect([['note'], ['url', '0']]);
    for (let at = 0; at < 100_000; at += 1) policy.isSecret(['deep', `other${at}`]);
    expect(policy.isSecret(['deep', 'key4999', 'below'])).toBe(true);
    expect(policy.isSecret(['url', '0'])).toBe(true);
    expect(policy.isSecret(['note'])).toBe(false);
    expect(policy.isSecret(['deep'])).toBe(false);
  });

  it('forgets such paths if there are too many, and none that is in force', () => {
    const policy = new SecretPolicy();
    policy.follow(() => ({ values: [], paths: [['in', 'force']] }));
    policy.protect([['in', 'force']]);
    for (let at = 0; at < 30_000; at += 1) policy.protect([[`key${at}`]]);
    expect(policy.isSecret(['in', 'force'])).toBe(true);
    expect(policy.isSecret(['key29999'])).toBe(true);
    expect(policy.isSecret(['key0'])).toBe(false);
  });

  it('redacts the whole of a known value that contains credentials', () => {
    const policy = new SecretPolicy();
    policy.remember({ password: 'key=walrus lagoon pewter' });
    expect(policy.redactText('connect to <key=walrus lagoon pewter> failed')).toBe(
      'connect to <[hidden]> failed',
    );
  });

  it('finds each line of a key of several lines', () => {
    const policy = new SecretPolicy();
    policy.remember({ private_key: '-----BEGIN-----\nMIIEvQIBADANBgkqhkiG\n-----END-----' });
    expect(policy.redactText('at MIIEvQIBADANBgkqhkiG!')).toBe('at [hidden]!');
  });

  it('redacts what JSON.parse quotes of content that it cannot read', () => {
    const policy = new SecretPolicy();
    const message = (text: string) => {
      try {
        return JSON.parse(text) as string;
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const text of [
      'hunter2hunter2',
      '{"a": hunter2hunter2 }',
      '["aaaaaaaaaaaaaaaaaaaaaaaaa", hunter2hunter2 ]',
    ])
      expect(policy.redactText(`refused: ${message(text)}`)).not.toMatch(/hun|aaa/);
  });

  it('redacts a secret in a set that contains the text of a redacted value too', () => {
    const policy = new SecretPolicy();
    policy.remember({ token: 'sk-4711-0815' });
    expect(policy.redact(new Set(['sk-4711-0815', '[hidden]']))).toEqual(new Set(['[hidden]']));
  });

  it('creates hashes that cannot be repeated without the key', () => {
    const key = 'k'.repeat(32);
    expect(new SecretPolicy({ key }).digest('a')).toBe(new SecretPolicy({ key }).digest('a'));
    expect(new SecretPolicy().digest('a')).not.toBe(new SecretPolicy().digest('a'));
  });
});
