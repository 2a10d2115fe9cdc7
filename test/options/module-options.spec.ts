import 'reflect-metadata';
import { ConfigOptionsError, HotConfigModule, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/start-app.js';

class LlmConfig {}

/** What somebody wrote whom no compiler held back. */
function forRoot(options: unknown): Promise<unknown> {
  return HotConfigModule.forRoot(options as HotConfigModuleOptions);
}

describe('Options of the module', () => {
  it.each([
    [null, 'The options must be an object, but are null'],
    ['app.yaml', 'The options must be an object, but are "app.yaml"'],
    [{ debounse: 5 }, 'There is no option "debounse"; did you mean "debounce"?'],
    [{ secret: ['llm.pin'] }, 'There is no option "secret"; did you mean "secrets"?'],
    [{ history: { directory: 'x' } }, 'There is no option "history.directory"; there are max, dir, maxAge,'],
    [{ limits: { maxKey: 5 } }, 'There is no option "limits.maxKey"; did you mean "limits.maxKeys"?'],
    [{ enabled: 'false' }, 'The option "enabled" must be true or false, but is "false"'],
    [{ history: { max: 0 } }, 'The option "history.max" must be a count from 1, but is 0'],
    [{ safetyPoll: '30s' }, 'The option "safetyPoll" must be milliseconds from 0, but is "30s"'],
    [{ circuitBreaker: true }, 'The option "circuitBreaker" must be an object, but is true'],
    [{ rateLimit: {} }, 'The option "rateLimit.max" is missing'],
    [{ requestVersion: { header: 'x-version' } }, 'The option "requestVersion.allow" is missing'],
    [{ probation: { healthCheck: () => true } }, 'The option "probation.for" is missing'],
    [{ history: { dir: 'x', key: 7 } }, 'The option "history.key" must be a text or bytes'],
    [{ control: { http: { port: 1, token: 5 } } }, 'The option "control.http.token" must be a text'],
    [{ interpolate: 'env' }, 'The option "interpolate" must be an object, but is "env"'],
    [{ envFilePath: 7 }, 'The option "envFilePath" must be a path, or a list of paths, but is 7'],
  ])('that make no sense are refused with what they have to be: %j', async (options, message) => {
    const refused = forRoot(options);
    await expect(refused).rejects.toBeInstanceOf(ConfigOptionsError);
    await expect(refused).rejects.toThrow(message);
  });

  it('may be undefined, all of them', async () => {
    const names = ['debounce', 'history', 'control', 'limits', 'files', 'schema', 'rateLimit', 'load'];
    const undefinedOptions = Object.fromEntries(names.map((name) => [name, undefined]));
    const { config } = await startApp({ n: 1 }, {}, {
      ...undefinedOptions,
      limits: { maxDepth: undefined },
    } as never);
    expect(config.get('n')).toBe(1);
  });

  it('may lack the token of the control channel, which comes from the environment: the port stays closed', async () => {
    const token = process.env['NO_SUCH_VARIABLE']!;
    const control = { enabled: true, socketDir: false, http: { port: 0, token } } as const;
    const { config } = await startApp({ n: 1 }, {}, { control });
    expect(config.get('n')).toBe(1);
  });

  it('are looked at where they come from a factory, too', async () => {
    const imports = [HotConfigModule.forRootAsync({ useFactory: () => ({ filse: [] }) as never })];
    await expect(startApp({ n: 1 }, { imports })).rejects.toThrow(
      'There is no option "filse"; did you mean "files"?',
    );
  });

  it('come from one maker', () => {
    const both = { useFactory: () => ({}), useClass: LlmConfig };
    expect(() => HotConfigModule.forRootAsync(both as never)).toThrow('got useFactory and useClass');
    expect(() => HotConfigModule.forRootAsync({})).toThrow('got none of them');
  });
});

describe('forFeature()', () => {
  it.each([
    [[undefined], 'do two files import each other?'],
    [[LlmConfig], 'forFeature(LlmConfig) needs the path'],
    [[LlmConfig, 7], 'takes a path'],
    [['llm'], 'takes a class or a factory'],
  ])('says what it takes: %j', (parameters, message) => {
    const call = () => HotConfigModule.forFeature(...(parameters as unknown as [never, never]));
    expect(call).toThrow(ConfigOptionsError);
    expect(call).toThrow(message);
  });
});
