import { describe, expect, it } from 'vitest';
import { passwordsIn, redactCredentials } from '../../lib/secrets/credentials.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import { growth, LINEAR } from '../support/growth.js';

describe('Credentials in a text', () => {
  it.each([
    // user info
    [
      'cannot reach https://u:p@a.example and https://b.example/x',
      'https://[hidden]@a.example and https://b.example/x',
    ],
    ['redis://:p@ss/w@rd@host:1/0', 'redis://[hidden]@host:1/0'],
    ['https://ghp_0a1b2c@github.com/x', 'https://[hidden]@github.com/x'],
    ['jdbc:oracle:thin:scott/tiger@h:1521:x', 'jdbc:oracle:thin:[hidden]@h:1521:x'],
    // queries
    ['jdbc:postgresql://db/app?user=u&password=correct-horse', '?user=u&password=[hidden]'],
    ['jdbc:mysql://db/app?password=a;b#c&ssl=true', '?password=[hidden]&ssl=true'],
    ['https://h/blob?sv=2024&sig=aGk%3D&se=2026-01-01', '?sv=2024&sig=[hidden]&se=2026-01-01'],
    ['https://h/?X-Amz-Signature=0a1b&X-Amz-Date=2026', '?X-Amz-Signature=[hidden]&X-Amz-Date=2026'],
    ['https://h/f?code=0a1b', 'https://h/f?code=[hidden]'],
    ['https://h/f?a=1&amp;access_token=0a1b', '&amp;access_token=[hidden]'],
    // lists with semicolons
    ['Server=h;Password=P;', 'Server=h;Password=[hidden];'],
    ['Server=h; Pwd = two words ; Encrypt=yes', 'Server=h; Pwd = [hidden]; Encrypt=yes'],
    ['Server=h;Password=two words', 'Server=h;Password=[hidden]'],
    ['Password=two words;Server=h', 'Password=[hidden];Server=h'],
    ['Driver={ODBC};Pwd={a;b}}c};Server=x', 'Driver={ODBC};Pwd=[hidden];Server=x'],
    ['jdbc:sqlserver://h;user=sa;password=a&b;encrypt=true', ';password=[hidden];encrypt=true'],
    ['AccountName=a;AccountKey=aGk+/==;EndpointSuffix=x', 'AccountKey=[hidden];EndpointSuffix=x'],
    [
      'SharedAccessKeyName=n;SharedAccessKey=aGk=;EntityPath=q',
      'Name=n;SharedAccessKey=[hidden];EntityPath=q',
    ],
    // lists with blanks
    ['host=h password=a;b', 'host=h password=[hidden]'],
    ["host=h password='two words' dbname=d", 'host=h password=[hidden] dbname=d'],
    ["password = 'it''s it' x", 'password = [hidden] x'],
    ["password = 'it\\'s it' x", 'password = [hidden] x'],
    ['password="two words" x', 'password=[hidden] x'],
    ['//registry.example/:_authToken=0a1b', '_authToken=[hidden]'],
    ['API_KEY=0a1b npm start', 'API_KEY=[hidden] npm start'],
    // headers
    ['Authorization: Bearer 0a1b2c3d4e', 'Authorization: Bearer [hidden]'],
    ['authorization=Basic dTpw', 'authorization=[hidden] dTpw'],
    ['basic dTpwYXNzd29yZA== was refused', 'basic [hidden] was refused'],
    // written as JSON
    [JSON.stringify({ a: 'h password="two words" x' }), '"h password=[hidden] x"'],
    [JSON.stringify(['Server=h;Password=a b', 'c']), '["Server=h;Password=[hidden]","c"]'],
  ])('are redacted: %s', (text, shown) => {
    expect(redactCredentials(text)).toContain(shown);
    expect(redactCredentials(redactCredentials(text))).toContain(shown);
  });

  it.each([
    'https://h/?contact=me&page=2',
    'mongodb://h/?authSource=admin&tls=true',
    'token == null && key => token',
    '?token=${TOKEN}',
    'password=',
    'connect failed: code=ECONNREFUSED',
    'max_tokens=5 token_limit=3 sort_key=x public_key=y',
    'Basic authentication or Bearer authentication',
    'a = b = c',
    'user@example.org',
  ])('are not seen in %s', (text) => {
    expect(redactCredentials(text)).toBe(text);
    expect(passwordsIn(text)).toEqual(new Set());
  });

  it.each<[string, string[]]>([
    ['redis://user:correct-horse@h and ?sig=battery-staple&x', ['correct-horse', 'battery-staple']],
    ["password='correct ''horse''' x", ["correct 'horse'"]],
    ['Server=h;Pwd={correct}}horse};', ['correct}horse']],
    ['jdbc:oracle:thin:scott/tiger@h', ['tiger']],
    ['password=[hidden]', []],
  ])('are found without what surrounds them: %s', (text, passwords) => {
    expect([...passwordsIn(text)]).toEqual(passwords);
  });

  it('are redacted where other code quotes them without the rest', () => {
    const secrets = new SecretPolicy();
    secrets.remember({
      a: 'Server=h;Password=correct horse;',
      b: ['jdbc:x://h?user=u&password=battery%2Fstaple'],
    });
    expect(secrets.redactText('login with correct horse failed')).toBe('login with [hidden] failed');
    expect(secrets.redactText('login with battery/staple failed')).toBe('login with [hidden] failed');
  });
});

describe('The search for credentials', () => {
  /** Ordinary and hostile: beginnings that nothing ends, ends that nothing begins, and many of everything. */
  const UNITS = [
    '://',
    '://a@',
    'https://host.example/path ',
    '"https://host.example/path",',
    'https://u:p@host.example/path ',
    '@',
    '=',
    'a=',
    'key = ;',
    'pwd={',
    'pwd={a}}',
    "password='",
    "password=''",
    'password="',
    'password=\\"',
    '?sig=x&',
    'token=a;',
    'token=a;\n',
    ';      ',
    'jdbc:oracle:',
    'jdbc:oracle:thin:',
    'bearer ',
    'basic dTpwYXNzd29yZA== ',
    '\\',
    '"',
    '"x" is not valid JSON ',
    "Unexpected token 'x', ",
  ];

  it.each(UNITS)('takes a time that follows the length of the text: %j repeated up to 1 MB', async (unit) => {
    const secrets = new SecretPolicy();
    const search = (text: string) => {
      secrets.redactText(`${text} is not valid JSON`);
      passwordsIn(text);
    };
    const large = unit.repeat(1_000_000 / unit.length);
    expect(await growth(search, large.slice(0, 250_000), large)).toBeLessThan(LINEAR);
  });
});
