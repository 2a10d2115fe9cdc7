import { Child } from '../harness/child.js';
import type { Bench, Row } from '../harness/result.interface.js';
import { median, row } from '../harness/stats.js';
import { measurePeaks } from './memory/peaks.js';

async function measured(what: string, count: number, times: number): Promise<Record<string, number>[]> {
  const answers: Record<string, number>[] = [];
  for (let time = 0; time < times; time += 1) {
    const child = await Child.start('memory.app', [what, String(count)], ['--expose-gc']);
    answers.push(await child.ask('measure'));
    await child.stop();
  }
  return answers;
}

/** Memory of an app, of a version, and after many reloads. */
export const memory: Bench = {
  name: 'memory',
  async run(quick) {
    const times = quick ? 1 : 3;
    const reloads = 10_000;
    const bytes = (answers: Record<string, number>[], key = 'bytes') =>
      answers.map((answer) => answer[key]! / 1024);
    const bare = bytes(await measured('bare', 0, times));
    const idle = bytes(await measured('idle', 0, times));
    const versions = bytes(await measured('versions', quick ? 10 : 50, times), 'bytesEach');
    const many = await measured('reloads', reloads, 1);
    const peaks = await measurePeaks(quick ? 1 : 2);
    const rows: Row[] = [
      row('an app', 'without the module', 'KiB', bare),
      row('an app', 'with the module, a small configuration', 'KiB', idle),
      row('a version with one changed leaf', 'of 10⁵ keys', 'KiB', versions),
      row(`what ${reloads} reloads leave behind`, 'heap', 'KiB', bytes(many)),
      row(
        `what ${reloads} reloads leave behind`,
        'descriptors',
        '',
        many.map((answer) => answer['descriptors']!),
      ),
      ...peaks.rows,
    ];
    return {
      name: 'memory',
      title: 'Memory',
      method:
        'Each figure comes from a process of its own, after garbage collection. It is the heap and the memory outside the heap that its objects hold. The peak is that of a reload of a file of `maxFileSize` (2 MiB, 82,000 keys) in which one leaf has changed. "Kept afterwards" is more than before it, as soon as the worker that parses has ended. "Memory of the process" is resident: also what the allocator keeps for later.',
      rows,
      targets: [
        { text: 'the module, idle', measured: median(idle) - median(bare), atMost: 1024, unit: 'KiB' },
        {
          text: 'a version with one changed leaf of 10⁵',
          measured: median(versions),
          atMost: 100,
          unit: 'KiB',
        },
        {
          text: `left behind by ${reloads} reloads`,
          measured: median(bytes(many)),
          atMost: 256,
          unit: 'KiB',
          floor:
            'no objects are left (compared by heap snapshots). The memory is the capacity of the weak tables of V8, which grow between two full garbage collections',
        },
        {
          text: `descriptors left behind by ${reloads} reloads`,
          measured: many[0]!['descriptors']!,
          atMost: 0,
          unit: '',
        },
        ...peaks.targets,
      ],
    };
  },
};
