import { describe, expect, it } from 'vitest';
import { redactCredentials } from '../../lib/secrets/credentials.js';
import { describeValue } from '../../lib/secrets/describe-value.js';
import { isSecretPath } from '../../lib/secrets/secret-names.js';

describe('A secret', () => {
  it.each([
    'password',
    'db.userPassword',
    'passphrase',
    'DB_PWD',
    'jwt.secret',
    'client_secret',
    'secrets.github',
    'llm.api_key',
    'llm.apiKey',
    'apikey',
    'aws.accessKeyId',
    'tls.privateKey',
    'tls.key',
    'signingKey',
    'auth.token',
    'credentials.user',
    'headers.Authorization',
    'cookie',
    'sentry.dsn',
    'SENTRY_DSN',
    'connectionString',
    'keys.0',
    'tokens',
    'token',
    'session_token',
    'tokenizer_api_key',
    'public_key_password',
    'passwords_per_tenant',
    'api_key_1',
    'OPENAI_API_KEY',
    'maxmind.license_key',
    'refreshTokens',
    'DB_PASS',
    'MAIL_PASS',
    'smtpPass',
    'SMTPPass',
    'database.pass',
    'DBPASS',
    'AWS_CREDS',
    'HTTP_BASIC_AUTH',
    'passcode',
    'WALLET_MNEMONIC',
    'HASH_SALT',
    'SASL_JAAS_CONFIG',
    'MYSQL_PWD',
    'pwd',
  ])('is recognized by its name: %s', (path) => {
    expect(isSecretPath(path.split('.'))).toBe(true);
  });

  it.each(
    `llm.model port host keyboard keywords monkeys_count author path url max_tokens maxOutputTokens
     MAX_TOKENS max_completion_tokens min_tokens prompt_tokens token_limit tokenLimit tokens_per_minute
     tokenizer tokenizer_model token_count token_ttl token_expires_in password_min_length secret_name
     tokenBudget public_key primaryKey sort_key cache_key partition_keys routing-key authorization_enabled
     PWD OLDPWD bypass compass passenger PASSENGERS pass_through passThrough passport password_enabled encompass
     BCRYPT_SALT_ROUNDS sasl.mechanism jwt.expiresIn JWT_ISSUER auth.url credit_limit accredited`.split(
      /\s+/,
    ),
  )('is not seen in %s', (path) => {
    expect(isSecretPath(path.split('.'))).toBe(false);
  });

  it('is redacted, whatever its type', () => {
    for (const value of ['s3cret', 42, true, null, { a: 1 }, ['x']])
      expect(describeValue(['api_key'], value)).toBe('[hidden]');
    expect(describeValue(['api_key'], undefined)).toBe('missing');
  });

  it('is redacted in the URLs of other values', () => {
    expect(redactCredentials('cannot reach https://u:p@a.example and https://b.example/x')).toBe(
      'cannot reach https://[hidden]@a.example and https://b.example/x',
    );
  });
});

describe('A described value', () => {
  it.each<[unknown, string]>([
    [7, '7'],
    ['x', '"x"'],
    ['a\nb', '"a\\nb"'],
    [null, 'null'],
    [false, 'false'],
    [10n, '10'],
    [[1], 'an array'],
    [{}, 'an object'],
    [() => 'source code', 'a function'],
    [Symbol('s'), 'Symbol(s)'],
  ])('is short and on one line: %o', (value, text) => {
    expect(describeValue(['n'], value)).toBe(text);
  });

  it('is not quoted if it is long: a part of a secret would not be found', () => {
    expect(describeValue(['n'], 'x'.repeat(58))).toBe(`"${'x'.repeat(58)}"`);
    expect(describeValue(['n'], 'x'.repeat(100))).toBe('a string of 100 characters');
  });

  it('is hidden if it contains credentials: it may be a secret as a whole', () => {
    expect(describeValue(['url'], 'redis://:p@ss/w@rd@host:1/0')).toBe('[hidden]');
  });
});
