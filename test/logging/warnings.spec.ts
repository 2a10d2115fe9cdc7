import { file, HotConfigManager } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { warningsIn, type StatusResponse } from '../../lib/cli/output/status-problems.js';
import { WarningLog } from '../../lib/logging/warning-log.js';
import { booted } from '../reload/support/runtime.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';

const schema = z.object({ port: z.int().default(1), mode: z.string().optional(), perm: z.int().optional() });

/** An app with this YAML file, and its warnings so far. */
async function appWith(yaml: string) {
  const folder = new TempFolder();
  const path = folder.write('app.yaml', yaml);
  const own = Object.assign(new MemorySource({}), { onError: 'keep' });
  const { log, reload, runtime } = await booted([file(path), own], { schema });
  const short = (line: string) => line.replace(path, 'app.yaml');
  return {
    reload,
    own,
    manager: new HotConfigManager(runtime),
    save: (text: string) => {
      folder.write('app.yaml', text);
      return reload();
    },
    /** The warnings that were logged. */
    logged: () =>
      log.filter((line) => line.startsWith('warn: ')).map((line) => short(line.slice('warn: '.length))),
    /** The warnings that the command shows. */
    shown: () => warningsIn(runtime.status() as unknown as StatusResponse).map(short),
  };
}

describe('A warning', () => {
  const TYPO = 'app.yaml:1:1  prot is not a known key; did you mean port?';

  it('is logged once, although edits move its line', async () => {
    const { save, logged, shown } = await appWith('prot: 2\nperm: 0644\n');
    const first = [expect.stringMatching(/^app\.yaml:2:7 {2}perm is 0644/), TYPO];
    expect(logged()).toEqual(first);
    await save('# moved\n\nprot: 2\nport: 3\nperm: 0644\n');
    await save('prot: 2\nport: 4\nperm: 0644\n');
    expect(logged()).toEqual(first);
    expect(shown()).toEqual([expect.stringContaining('app.yaml:3:7  perm'), TYPO]);
  });

  it('is logged once, although reloads in between do not read the files', async () => {
    const { save, logged, manager } = await appWith('prot: 2\nperm: 0644\n');
    await manager.set('port', 7);
    await save('prot: 2\nperm: 0644\nport: 3\n');
    await manager.unset('port');
    await manager.rollback(1);
    await save('prot: 2\nperm: 0644\nport: 4\n');
    expect(logged()).toHaveLength(2);
  });

  it('is logged again when it was gone, even if the app reads the same', async () => {
    const { save, logged, shown } = await appWith('prot: 2\n');
    await save('{}\n');
    expect(shown()).toEqual([]);
    await save('prot: 2\n');
    expect(logged()).toEqual([TYPO, TYPO]);
    expect(shown()).toEqual([TYPO]);
  });

  it('of a source that keeps failing is logged once, although other sources change', async () => {
    const { own, save, manager, logged } = await appWith('port: 2\n');
    own.set(new Error('the disk is gone'));
    await save('port: 3\n');
    await manager.set('mode', 'x');
    await save('port: 4\n');
    expect(logged()).toEqual([
      'memory  could not be loaded: the disk is gone; its last good content stays in force',
    ]);
  });

  it('that comes a second time in the same file is another one', () => {
    const lines: string[] = [];
    const log = new WarningLog({ warn: (line) => void lines.push(line) });
    const at = (line: number) => ({ path: '', message: 'is odd', origin: { source: 'f', file: 'f', line } });
    log.write([at(1)], true);
    log.write([at(2)], true);
    log.write([at(1), at(3)], true);
    log.write([at(4), at(1)], true);
    expect(lines).toEqual(['f:1  is odd', 'f:3  is odd']);
  });

  it('is one of at most ten of its kind in one record; the command shows all', async () => {
    const keys = Array.from({ length: 52 }, (_, at) => `key${at}: 1\n`);
    const { logged, save, shown } = await appWith(keys.slice(0, 11).join(''));
    expect(logged()).toHaveLength(1);
    await save(keys.join('') + 'perm: 0644\n');
    const [, octal, unknown, ...others] = logged();
    expect(octal).toContain('perm is 0644');
    expect(others).toEqual([]);
    expect(unknown!.split('\n')).toEqual([
      '41 warnings about the configuration:',
      ...keys.slice(11, 21).map((_, at) => expect.stringMatching(`^  .*key${at + 11} is not a known key`)),
      '  and 31 more like these; hot-config status lists all',
    ]);
    expect(shown()).toHaveLength(53);
  });
});
