import { plainToInstance } from 'class-transformer';
import { IsInt, Min, validateSync } from 'class-validator';
import Joi from 'joi';
import type { HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startApp } from '../../support/start-app.js';
import { startEnvApp } from './support/env-app.js';

type Variables = Record<string, unknown>;
type Validate = NonNullable<HotConfigModuleOptions['validate']>;

class Environment {
  @IsInt()
  @Min(1)
  HC_PORT!: number;
}

const byZod = z.looseObject({ HC_PORT: z.coerce.number().int().min(1) });
const byJoi = Joi.object({ HC_PORT: Joi.number().integer().min(1) }).unknown();

function wrapped(cause: unknown): Error {
  return new Error('Invalid environment', { cause: new Error('see the cause', { cause }) });
}

function classErrors(variables: Variables) {
  const instance = plainToInstance(Environment, variables, { enableImplicitConversion: true });
  return validateSync(instance, { skipMissingProperties: false });
}

function rethrow(check: (variables: Variables) => Variables, wrap: (error: unknown) => unknown): Validate {
  return (variables) => {
    try {
      return check(variables);
    } catch (error) {
      throw wrap(error);
    }
  };
}

const same = (error: unknown) => error;

describe('An error of validate()', () => {
  it.each<[string, Validate]>([
    ['of zod', rethrow((variables) => byZod.parse(variables), same)],
    ['with one of zod as its cause', rethrow((variables) => byZod.parse(variables), wrapped)],
    ['of Joi', rethrow((variables) => Joi.attempt(variables, byJoi) as Variables, same)],
    [
      'with one of Joi as its cause',
      rethrow((variables) => Joi.attempt(variables, byJoi) as Variables, wrapped),
    ],
    [
      'of class-validator, as a text',
      (variables) => {
        const errors = classErrors(variables);
        if (errors.length > 0) throw new Error(errors.toString());
        return variables;
      },
    ],
    [
      'of class-validator, as a list',
      (variables) => {
        const errors = classErrors(variables);
        if (errors.length > 0) throw errors;
        return variables;
      },
    ],
    [
      'of class-validator, as a cause',
      (variables) => {
        const errors = classErrors(variables);
        if (errors.length > 0) throw wrapped(errors);
        return variables;
      },
    ],
    [
      'that names a variable',
      (variables) => {
        if (Number(variables['HC_PORT']) < 1) throw new Error('HC_PORT must be positive');
        return variables;
      },
    ],
  ])('has the place of the variable: %s', async (_of, validate) => {
    const { save } = await startEnvApp('# port\nHC_PORT=1\n', { validate });
    const result = await save('# port\n\nHC_PORT=0\n');
    expect(result.outcome).toBe('rejected');
    expect(result.issues.map(({ path, origin }) => [path, origin?.line])).toContainEqual(['HC_PORT', 3]);
    expect(result.issues.filter(({ path }) => path === 'HC_PORT')[0]!.message).toMatch(/HC_PORT/);
  });

  it('has a place for each line that names a variable, and none for a word like a variable', async () => {
    const validate: Validate = (variables) => {
      if (variables['HC_A'] === '2')
        throw new Error(
          'invalid environment:\n- HC_A is too big\n  (at most 1)\n- HC_B and HC_A differ, see the port\n\n',
        );
      return variables;
    };
    const { save } = await startEnvApp('HC_A=1\nHC_B=1\nport=1\n', { validate });
    const { issues } = await save('HC_A=2\nHC_B=1\nport=1\n');
    expect(issues.map(({ path, message, origin }) => [path, origin?.line, message])).toEqual([
      ['', undefined, 'invalid environment:'],
      ['HC_A', 1, '- HC_A is too big\n  (at most 1)'],
      ['HC_B', 2, '- HC_B and HC_A differ, see the port'],
    ]);
  });
});

describe('An error of a schema that is a function', () => {
  it('has the places of its cause', async () => {
    const { change } = await startApp(
      { HC_PORT: 1 },
      {},
      { schema: rethrow((variables) => byZod.parse(variables), wrapped) },
    );
    expect((await change({ HC_PORT: 0 })).issues.map(({ path }) => path)).toEqual(['HC_PORT']);
  });
});
