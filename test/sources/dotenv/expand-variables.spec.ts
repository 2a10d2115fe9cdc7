import { describe, expect, it } from 'vitest';
import { expandVariables } from '../../../lib/sources/dotenv/expand-variables.js';

describe('A variable that refers to itself', () => {
  it('is refused by the names of variables only, and not by a part of a value', () => {
    const file = { A: 'walrus ${la\ngoon}$B', B: '${A}' };
    const environment = { A: '$B', B: '$A ${pewter}' };
    const { problems } = expandVariables(file, environment, 1_000);
    expect(problems).toEqual([
      { key: 'A', message: 'A cannot be expanded: it refers to itself through B, A' },
    ]);
  });

  it('is refused without a name if the name is no variable', () => {
    const { problems } = expandVariables({ A: '${walrus:-$&}' }, {}, 1_000);
    expect(problems).toEqual([{ key: 'A', message: 'A cannot be expanded: it refers to itself' }]);
  });
});
