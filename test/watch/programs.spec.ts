import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { content, Scene, type Witness } from './support/scene.js';
import { isMissing } from '../support/programs.js';
import { run, typeInto } from './support/programs.js';

const old = content('old');

describe('A file that a real program changes', () => {
  let scene: Scene;
  let file: Witness;
  beforeEach(async () => {
    scene = new Scene();
    file = await scene.watchFile(scene.write('config/app.yaml', old));
  });
  afterEach(() => scene.closeCalm());

  it.skipIf(isMissing('vim'))('settles once when vim saves it', async () => {
    const commands = ['-c', '%s/old/vim/g', '-c', 'wq'];
    await run('vim', ['-N', '-u', 'NONE', '-i', 'NONE', '-es', ...commands, file.target.path]);
    expect(await scene.seenBy(file, content('vim'))).toEqual([content('vim')]);
  });

  it.skipIf(isMissing('vim'))('settles once when vim saves it in place', async () => {
    const commands = ['-c', 'set backupcopy=yes', '-c', '%s/old/vim/g', '-c', 'wq'];
    await run('vim', ['-N', '-u', 'NONE', '-i', 'NONE', '-es', ...commands, file.target.path]);
    expect(await scene.seenBy(file, content('vim'))).toEqual([content('vim')]);
  });

  it.skipIf(isMissing('vim'))('settles once for each of several saves in one session of vim', async () => {
    const texts = ['one', 'two', 'six'];
    // vim saves again when a file says that the watcher has seen the save before.
    const saves = texts.flatMap((text, index) => [
      `%s/${texts[index - 1] ?? 'old'}/${text}/g`,
      'w',
      `while !filereadable("${scene.path(`seen-${text}`)}") | sleep 10m | endwhile`,
    ]);
    const commands = [...saves, 'q'].flatMap((command) => ['-c', command]);
    const vim = run('vim', ['-N', '-u', 'NONE', '-i', 'NONE', '-es', ...commands, file.target.path]);
    for (const text of texts) {
      await file.sees(content(text));
      scene.write(`seen-${text}`, '');
    }
    await vim;
    expect(await scene.seenBy(file, content('six'))).toEqual(texts.map((text) => content(text)));
  });

  it.skipIf(isMissing('nano', 'script'))('settles once when nano saves it', async () => {
    const [toWrite, enter, toExit] = ['\x0f', '\r', '\x18'];
    const command = `nano --ignorercfiles '${file.target.path}'`;
    await typeInto(command, /app\.yaml/, `nano was here${toWrite}${enter}${toExit}`);
    expect(await scene.seenBy(file, `nano was here${old}`)).toEqual([`nano was here${old}`]);
  });

  it.skipIf(isMissing('emacs'))('settles once when emacs saves it', async () => {
    const edit = '(progn (goto-char (point-max)) (insert "emacs was here\n") (save-buffer))';
    await run('emacs', ['--batch', '-Q', file.target.path, '--eval', edit]);
    expect(await scene.seenBy(file, `${old}emacs was here\n`)).toEqual([`${old}emacs was here\n`]);
  });

  it.skipIf(isMissing('sed'))('settles once when sed -i edits it', async () => {
    await run('sed', ['-i', 's/old/sed/g', file.target.path]);
    expect(await scene.seenBy(file, content('sed'))).toEqual([content('sed')]);
  });

  it.skipIf(isMissing('sh', 'cat'))('settles once when a shell redirects into it', async () => {
    scene.write('text', content('shell'));
    await run('sh', ['-c', 'cat "$0" > "$1"', scene.path('text'), file.target.path]);
    expect(await scene.seenBy(file, content('shell'))).toEqual([content('shell')]);
  });

  it.skipIf(isMissing('sh', 'sleep'))(
    'settles once, after the last line, when a shell writes into it with pauses',
    async () => {
      const script =
        '{ echo a: 1; sleep 0.2; echo b: 2; sleep 0.2; echo c: 3; sleep 0.2; echo d: 4; } > "$0"';
      await run('sh', ['-c', script, file.target.path]);
      expect(await scene.seenBy(file, 'a: 1\nb: 2\nc: 3\nd: 4\n')).toEqual(['a: 1\nb: 2\nc: 3\nd: 4\n']);
    },
  );

  it.skipIf(isMissing('rsync'))('settles once when rsync replaces it together with other files', async () => {
    const names = ['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml'];
    const others = await Promise.all(
      names.map((name) => scene.watchFile(scene.write(`config/${name}`, old))),
    );
    for (const name of [...names, 'app.yaml']) scene.write(`incoming/${name}`, content('rsync'));
    await run('rsync', ['-a', '--checksum', `${scene.path('incoming')}/`, `${scene.path('config')}/`]);
    expect(await scene.seenBy(file, content('rsync'))).toEqual([content('rsync')]);
    for (const other of others) expect(other.seen).toEqual([content('rsync')]);
  });

  it.skipIf(isMissing('rsync'))('settles once when rsync --inplace writes into it', async () => {
    const incoming = scene.write('incoming/app.yaml', content('rsync'));
    await run('rsync', ['--inplace', '--checksum', incoming, file.target.path]);
    expect(await scene.seenBy(file, content('rsync'))).toEqual([content('rsync')]);
  });

  it.skipIf(isMissing('git'))('settles once for each git checkout, back and forth', async () => {
    const git = (...options: string[]) =>
      run('git', ['-C', scene.path('config'), '-c', 'user.name=t', '-c', 'user.email=t@t', ...options]);
    await git('init', '-q', '-b', 'one');
    await git('add', 'app.yaml');
    await git('commit', '-qm', 'one');
    await git('checkout', '-qb', 'two');
    writeFileSync(file.target.path, content('two'));
    await git('commit', '-qam', 'two');
    await file.sees(content('two'));
    for (let times = 0; times < 5; times += 1) {
      await git('checkout', '-q', 'one');
      await file.sees(old);
      await git('checkout', '-q', 'two');
      await file.sees(content('two'));
    }
    const backAndForth = Array.from({ length: 5 }, () => [old, content('two')]).flat();
    expect(await scene.seenBy(file, content('two'))).toEqual([content('two'), ...backAndForth]);
  });
});
