import {
  appendFileSync,
  closeSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
  fsyncSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, content, pause, Scene, until } from './support/scene.js';

const old = content('old');
const fresh = content('fresh');

describe('A watched file', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.closeCalm());

  function replace(path: string, text: string): void {
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  }

  it('settles once when it is truncated and written', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    await writeFile(file.target.path, fresh);
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
  });

  it('settles once when it becomes shorter', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    await writeFile(file.target.path, 'short: true\n');
    expect(await scene.seenBy(file, 'short: true\n')).toEqual(['short: true\n']);
  });

  it('settles once when it is replaced by rename', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    replace(file.target.path, fresh);
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
  });

  it('settles once when a file is moved over it from another directory', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    renameSync(scene.write('elsewhere/new.yaml', fresh), file.target.path);
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
  });

  it('settles once when it is written through a hard link in the same directory', async () => {
    const path = scene.write('app.yaml', old);
    const other = scene.path('other.yaml');
    linkSync(path, other);
    const file = await scene.watchFile(path);
    await writeFile(other, fresh);
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
    await writeFile(other, old);
    expect(await scene.seenBy(file, old)).toEqual([fresh, old]);
  });

  it('is found when it is created together with its directories', async () => {
    const file = await scene.watchFile(scene.path('a/b/c/app.yaml'));
    expect(file.look()).toBe(ABSENT);
    scene.write('a/b/c/app.yaml', fresh);
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
  });

  it('settles when it is deleted, and again when it is recreated later', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    rmSync(file.target.path);
    await file.sees(ABSENT);
    writeFileSync(file.target.path, fresh);
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
  });

  it('is followed when its directory is deleted and recreated later', async () => {
    const file = await scene.watchFile(scene.write('config/app.yaml', old));
    for (const text of [content('first'), content('second'), content('third')]) {
      rmSync(scene.path('config'), { recursive: true });
      await file.sees(ABSENT);
      scene.write('config/app.yaml', text);
      await file.sees(text);
    }
    expect(await scene.seenBy(file, content('third'))).toEqual([
      content('first'),
      content('second'),
      content('third'),
    ]);
  });

  it('does not settle while a slow writer keeps it open, and settles once when it is closed', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    let isOpen = true;
    file.onCall(() => expect(isOpen).toBe(false));
    const descriptor = openSync(file.target.path, 'w');
    for (let at = 0; at < fresh.length; at += Math.ceil(fresh.length / 5)) {
      writeSync(descriptor, fresh.slice(at, at + Math.ceil(fresh.length / 5)));
      fsyncSync(descriptor);
      await pause(150);
    }
    isOpen = false;
    closeSync(descriptor);
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
  });

  it('never settles on the first part of a new file that is written under the old name', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    const texts = Array.from({ length: 20 }, (_, save) => content(`save ${save}`, 1));
    for (const text of texts) {
      renameSync(file.target.path, scene.path('app.yaml~'));
      const descriptor = openSync(file.target.path, 'w');
      for (const line of text.split(/(?<=\n)/)) {
        writeSync(descriptor, line);
        await pause(1);
      }
      closeSync(descriptor);
      await file.sees(text);
    }
    expect(file.seen).toEqual(texts);
  });

  it('settles once when a writer opens, appends and closes it for each chunk', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    const chunk = Math.ceil(fresh.length / 6);
    let longestPause = Infinity;
    // Only its pauses reveal such a writer. On a busy machine they may exceed four times the debounce: then try again.
    for (let attempt = 0; attempt < 10 && longestPause > 150; attempt += 1) {
      writeFileSync(file.target.path, old);
      await scene.rest();
      file.read.length = 0;
      longestPause = 0;
      writeFileSync(file.target.path, '');
      for (let at = 0; at < fresh.length; at += chunk) {
        const before = performance.now();
        await pause(70);
        appendFileSync(file.target.path, fresh.slice(at, at + chunk));
        longestPause = Math.max(longestPause, performance.now() - before);
      }
      await file.sees(fresh);
      await scene.rest();
    }
    expect(file.seen).toEqual([fresh]);
  });

  describe.each([
    ['in place', writeFileSync],
    ['by rename', replace],
  ])('saved %s twice', (_, save) => {
    it.each([5, 10, 30, 80])('%i ms apart, settles on the second save', async (gap) => {
      const file = await scene.watchFile(scene.write('app.yaml', old));
      const first = content('first');
      save(file.target.path, first);
      await pause(gap);
      const sawTheFirst = file.seen.length;
      save(file.target.path, fresh);
      expect(await scene.seenBy(file, fresh)).toEqual(sawTheFirst === 0 ? [fresh] : [first, fresh]);
    });
  });

  it('settles on the last of many saves in quick succession, in place or by rename', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    const saved = new Set<string>();
    for (let save = 0; save < 40; save += 1) {
      const text = content(`save ${save}`, 1);
      saved.add(text);
      if (save % 3 === 0) replace(file.target.path, text);
      else writeFileSync(file.target.path, text);
      await pause(save % 7);
    }
    await file.sees(content('save 39', 1));
    await scene.rest();
    expect(file.seen.filter((text) => !saved.has(text))).toEqual([]);
    expect(file.last).toBe(content('save 39', 1));
  });

  it('is followed through a link: the target is written, replaced by rename, or exchanged', async () => {
    scene.write('real/one.yaml', old);
    scene.write('other/two.yaml', content('two'));
    scene.directory('config');
    symlinkSync('../real/one.yaml', scene.path('config/app.yaml'));
    const file = await scene.watchFile(scene.path('config/app.yaml'));

    writeFileSync(scene.path('real/one.yaml'), content('in place'));
    await file.sees(content('in place'));
    replace(scene.path('real/one.yaml'), content('by rename'));
    await file.sees(content('by rename'));
    symlinkSync('../other/two.yaml', scene.path('config/new-link'));
    renameSync(scene.path('config/new-link'), scene.path('config/app.yaml'));
    await file.sees(content('two'));
    writeFileSync(scene.path('other/two.yaml'), fresh);
    expect(await scene.seenBy(file, fresh)).toEqual([
      content('in place'),
      content('by rename'),
      content('two'),
      fresh,
    ]);
  });

  it('settles when a link is removed and created again with another target', async () => {
    scene.write('one.yaml', old);
    scene.write('two.yaml', fresh);
    symlinkSync('one.yaml', scene.path('app.yaml'));
    const file = await scene.watchFile(scene.path('app.yaml'));
    rmSync(scene.path('app.yaml'));
    symlinkSync('two.yaml', scene.path('app.yaml'));
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
  });

  it('settles when a link to a directory above it gets another target', async () => {
    scene.write('releases/1/config/app.yaml', old);
    scene.write('releases/2/config/app.yaml', fresh);
    symlinkSync('releases/1', scene.path('current'));
    const file = await scene.watchFile(scene.path('current/config/app.yaml'));
    symlinkSync('releases/2', scene.path('next'));
    renameSync(scene.path('next'), scene.path('current'));
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
  });

  it('settles each time its directory is swapped by rename, and at each write in the new directory', async () => {
    const file = await scene.watchFile(scene.write('config/app.yaml', old));
    const expected: string[] = [];
    for (let swap = 0; swap < 5; swap += 1) {
      scene.write('config.new/app.yaml', content(`swap ${swap}`));
      renameSync(scene.path('config'), scene.path(`config.${swap}`));
      renameSync(scene.path('config.new'), scene.path('config'));
      await file.sees(content(`swap ${swap}`));
      writeFileSync(scene.path('config/app.yaml'), content(`write ${swap}`));
      await file.sees(content(`write ${swap}`));
      expected.push(content(`swap ${swap}`), content(`write ${swap}`));
    }
    expect(await scene.seenBy(file, expected.at(-1))).toEqual([...expected]);
  });

  it('settles when the directory above its directory is swapped by rename', async () => {
    const file = await scene.watchFile(scene.write('app/config/app.yaml', old));
    scene.write('app.new/config/app.yaml', fresh);
    renameSync(scene.path('app'), scene.path('app.old'));
    renameSync(scene.path('app.new'), scene.path('app'));
    expect(await scene.seenBy(file, fresh)).toEqual([fresh]);
  });

  it('ignores other files in its directory', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', old));
    for (let noise = 0; noise < 20; noise += 1) scene.write(`noise-${noise}`, 'noise');
    await scene.rest();
    expect(file.read).toEqual([]);
  });

  it('settles together with other files that change at the same time', async () => {
    const names = ['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml'];
    const files = await Promise.all(names.map((name) => scene.watchFile(scene.write(name, old))));
    const rounds: number[] = [];
    for (const file of files) {
      file.onCall(() => {
        rounds.push(files.filter((other) => other.read.length > 0).length);
      });
    }
    files.forEach((file, index) => (index % 2 === 0 ? replace : writeFileSync)(file.target.path, fresh));
    await until('all were notified', () => files.every((file) => file.last === fresh));
    await scene.rest();
    // One synchronous round: at the first call one target was notified, at the last call all four.
    expect(rounds).toEqual([1, 2, 3, 4]);
  });
});

describe('A ConfigMap volume', () => {
  it('settles once for each of twenty swaps of ..data in a row', async () => {
    const scene = new Scene();
    scene.write('volume/..2026_0/app.yaml', old);
    symlinkSync('..2026_0', scene.path('volume/..data'));
    symlinkSync('..data/app.yaml', scene.path('volume/app.yaml'));
    const file = await scene.watchFile(scene.path('volume/app.yaml'));
    const expected: string[] = [];
    for (let version = 1; version <= 20; version += 1) {
      const text = content(`version ${version}`);
      // The steps of the kubelet's AtomicWriter.
      scene.write(`volume/..2026_${version}/app.yaml`, text);
      symlinkSync(`..2026_${version}`, scene.path('volume/..data_tmp'));
      renameSync(scene.path('volume/..data_tmp'), scene.path('volume/..data'));
      rmSync(scene.path(`volume/..2026_${version - 1}`), { recursive: true });
      expected.push(text);
      await file.sees(text);
    }
    await scene.rest();
    expect(file.seen).toEqual(expected);
    expect(scene.missed).toEqual([]);
    await scene.close();
  });
});
