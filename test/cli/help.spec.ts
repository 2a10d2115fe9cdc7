import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { visibleCommands } from '../../lib/cli/completion/typed-command.js';
import { createProgram } from '../../lib/cli/program.js';
import { cli } from '../support/cli.js';

const names = visibleCommands(createProgram(process, false)).map((command) => command.name());

/** Returns the command lines below "Examples:" in a help, as a shell splits them. */
function examplesIn(help: string): string[][] {
  const [, part = ''] = /\nExamples:\n((?: {2}\S.*\n?)+)/.exec(help) ?? [];
  return part
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => [...line.trim().matchAll(/'([^']*)'|(\S+)/g)].map((word) => word[1] ?? word[2]!));
}

/** Parses a command line with the program, whose commands do nothing. Returns the command that would run. */
async function parsed(words: readonly string[]): Promise<string> {
  const program = createProgram(process, true);
  const called: Command[] = [];
  for (const command of program.commands) command.action(() => void called.push(command));
  await program.parseAsync(words, { from: 'user' });
  return called.map((command) => command.name()).join();
}

describe('The help of hot-config', () => {
  it.each(names)('has examples that are valid command lines: %s', async (name) => {
    const examples = examplesIn((await cli(['help', name])).stdout);
    expect(examples).not.toEqual([]);
    for (const [program, ...words] of examples) {
      expect(program).toBe('hot-config');
      expect(await parsed(words), words.join(' ')).toBe(name);
    }
  });

  it('has examples of its own, and before the exit codes', async () => {
    const { stdout } = await cli(['--help']);
    const examples = examplesIn(stdout);
    expect(stdout.indexOf('Examples:')).toBeLessThan(stdout.indexOf('Exit codes:'));
    expect(examples.length).toBeGreaterThan(3);
    for (const [program, ...words] of examples) {
      expect(program).toBe('hot-config');
      expect(names).toContain(await parsed(words));
    }
  });

  it('would fail for an example that is not valid', async () => {
    await expect(parsed(['set', 'llm.model'])).rejects.toThrow("missing required argument 'value'");
    await expect(parsed(['get', '--jsn'])).rejects.toThrow('unknown option');
    await expect(parsed(['status', '--wait', 'soon'])).rejects.toThrow('It must be a time');
  });
});
