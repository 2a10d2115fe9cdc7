import Joi from 'joi';
import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { restoreEnvironment, startEnvApp } from './support/env-app.js';

const CONFLICT = 'HC_B=0\n<<<<<<< HEAD\nHC_A=1\n=======\nHC_A=2\n>>>>>>> topic\n';

describe('An env file of @nestjs/config with problems', () => {
  it('boots as with @nestjs/config, and each problem is a warning with its place', async () => {
    const { config, manager } = await startEnvApp('HC_A=1\nHC_A=2\nword\nHC_B="x" y\nHC_C=a#b\nHC_D="z\n');
    const read = ['HC_A', 'HC_B', 'HC_C', 'HC_D'].map((name) => config.get<string>(name));
    expect(read).toEqual(['2', '"x" y', 'a', '"z']);
    expect(places(await manager.reload())).toEqual([
      ['HC_A', 2, 1],
      ['', 3, 1],
      ['HC_B', 4, 9],
      ['HC_D', 6, 6],
      ['HC_C', 5, 7],
    ]);
  });

  it('is live with such problems too', async () => {
    const { config, save } = await startEnvApp('HC_A=1\n');
    const result = await save('HC_A=2\nHC_A=3\n');
    expect(result.outcome).toBe('applied');
    expect(config.get('HC_A')).toBe('3');
    expect(places(result)).toEqual([['HC_A', 2, 1]]);
  });

  it('boots with an unfinished merge, with a warning, and stays with it until the file is whole', async () => {
    const { config, manager, save } = await startEnvApp(CONFLICT);
    expect(config.get('HC_A')).toBe('2');
    expect(places(await manager.reload())).toEqual([['', 2, 1]]);
    expect(await save(CONFLICT.replace('HC_A=2', 'HC_A=3'))).toMatchObject({ outcome: 'rejected' });
    expect(config.get('HC_A')).toBe('2');
    expect(await save('HC_A=3\n')).toMatchObject({ outcome: 'applied' });
  });

  it('refuses an unfinished merge while it runs', async () => {
    const { config, save } = await startEnvApp('HC_A=1\n');
    const result = await save(CONFLICT);
    expect(result).toMatchObject({ outcome: 'rejected' });
    expect(places(result)).toEqual([['', 2, 1]]);
    expect([config.get('HC_A'), process.env['HC_A']]).toEqual(['1', '1']);
  });

  it('is not checked if the app has its own parser', async () => {
    const parser = (content: Buffer) => ({ HC_TEXT: content.toString() });
    const { config, save } = await startEnvApp('HC_A=1\nHC_A=2\n', { parser });
    const result = await save(CONFLICT);
    expect(result).toMatchObject({ outcome: 'applied', issues: [] });
    expect(config.get('HC_TEXT')).toBe(CONFLICT);
  });
});

function places({ issues }: { issues: readonly { path: string; origin?: object }[] }) {
  return issues.map(({ path, origin }) => {
    const { line, column } = origin as { line: number; column: number };
    return [path, line, column];
  });
}

describe('A variable that the app was started with', () => {
  it('has a warning if it ends with a line break, and stays as it is', async () => {
    restoreEnvironment();
    process.env['HC_MODEL'] = 'gpt\r';
    const { config, manager } = await startEnvApp('HC_A=1\r\n');
    expect([config.get('HC_MODEL'), config.get('HC_A')]).toEqual(['gpt\r', '1']);
    const { issues } = await manager.reload();
    expect(issues).toMatchObject([{ path: 'HC_MODEL', origin: { variable: 'HC_MODEL' } }]);
    expect(issues[0]?.message).toContain('HC_MODEL ends with a line break that is a part of the value');
  });
});

describe('A warning about an env file', () => {
  const validationSchema = Joi.object({
    HC_ENV: Joi.string().valid('production', 'test').required(),
    HC_PORT: Joi.number(),
  });

  it('is part of a rejection if it is about the line of a refused variable', async () => {
    const { save } = await startEnvApp('HC_ENV=test\n', { validationSchema });
    const { issues } = await save('HC_NOTE=a #b\nHC_PORT=1\nHC_ENV="production\n');
    expect(issues.map(({ origin }) => origin?.line)).toEqual([3, 3]);
    expect(issues[1]?.message).toMatch(/quote/);
  });

  it('is part of a rejection if a variable is missing, which may be a part of another one', async () => {
    const { save } = await startEnvApp('HC_ENV=test\n', { validationSchema });
    const { issues } = await save('HC_NOTE="a\nHC_ENV=test\nHC_LAST="\n');
    expect(issues[0]).toMatchObject({
      path: 'HC_ENV',
      message: expect.stringContaining('required') as unknown,
    });
    expect(issues.slice(1).length).toBeGreaterThan(0);
  });

  it('is not part of a rejection of another line', async () => {
    const { save } = await startEnvApp('HC_ENV=test\n', { validationSchema });
    const { issues } = await save('HC_NOTE=a #b\nHC_PORT=x\nHC_ENV=test\n');
    expect(issues.map(({ path }) => path)).toEqual(['HC_PORT']);
  });
});
