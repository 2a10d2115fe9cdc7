import { describe, expect, it } from 'vitest';
import { directory } from '../../lib/sources/directory.source.js';
import { file } from '../../lib/sources/file.source.js';
import { failureOf } from './support/loading.js';
import { useWorkspace, write } from './support/workspace.js';

/** As a person reads them; the reload puts its own line above. */
describe('The message of a source that fails', () => {
  useWorkspace();

  it('points at a slip in YAML', async () => {
    write('config/llm.yaml', 'llm:\n  model: "local\n  temperature: 1\n');
    expect((await failureOf(file('config/llm.yaml'))).message).toMatchInlineSnapshot(`
      "config/llm.yaml is not valid YAML
        config/llm.yaml:4:1  missing closing "quote"
    `);
  });

  it('points at a slip in JSON', async () => {
    write('config/app.json', '{\n  "port": 3000,\n  "host": "::",\n}\n');
    expect((await failureOf(file('config/app.json'))).message).toMatchInlineSnapshot(`
      "config/app.json is not valid JSON
        config/app.json:4:1  expected double-quoted property name"
    `);
  });

  it('points at keys that repeat', async () => {
    write('config/llm.yaml', 'llm:\n  model: a\n  retries: 2\n  model: b\n');
    expect((await failureOf(file('config/llm.yaml'))).message).toMatchInlineSnapshot(`
      "config/llm.yaml is not valid YAML
        config/llm.yaml:4:3  the key "model" stands here a second time (first in line 2)"
    `);
  });

  it('points at keys that are not allowed', async () => {
    write('config/llm.yaml', 'llm:\n  __proto__: {admin: true}\n');
    expect((await failureOf(file('config/llm.yaml'))).message).toMatchInlineSnapshot(`
      "config/llm.yaml cannot be used
        config/llm.yaml:2:3  llm has the key "__proto__", which is not allowed: it could reach a prototype"
    `);
  });

  it('says what to do about a missing file', async () => {
    expect((await failureOf(file('config/app.yaml'))).message).toMatchInlineSnapshot(`
      "config/app.yaml could not be read
        config/app.yaml  does not exist; create it, correct its path, or make the source optional"
    `);
  });

  it('says what to do about an empty file', async () => {
    write('config/app.yaml', '\n');
    expect((await failureOf(file('config/app.yaml'))).message).toMatchInlineSnapshot(`
      "config/app.yaml is empty
        config/app.yaml  is empty; restore its content, or allow that with { allowEmpty: true }"
    `);
  });

  it('says what to do about a file without keys', async () => {
    write('prompt.txt', 'You are a poet.\n');
    expect((await failureOf(file('prompt.txt'))).message).toMatchInlineSnapshot(`
      "prompt.txt cannot be used
        prompt.txt  must hold keys and values at its top, not a single value; or give it a place with { mount: 'some.path' }"
    `);
  });

  it('tells all bad files of a directory, places aligned', async () => {
    write('modules/npc/casual.json', '{"lines": ["hi",]}');
    write('modules/shop.yaml', 'open: yes\nopen: no\n');
    write('modules/quest.json', '{"a": 1}');
    write('modules/quest.yaml', 'a: 1');
    expect((await failureOf(directory('modules', { mount: 'modules' }))).message).toMatchInlineSnapshot(`
      "3 files of modules cannot be used
        modules/quest.yaml            modules.quest comes from two files, modules/quest.json and modules/quest.yaml; remove one
        modules/npc/casual.json:1:17  unexpected token ']'
        modules/shop.yaml:2:1         the key "open" stands here a second time (first in line 1)"
    `);
  });

  it('points into a manifest', async () => {
    write('modules/manifest.yaml', 'modules:\n  - id: a\n    file: ../../etc/passwd\n  - file: b.json\n');
    expect((await failureOf(directory('modules', { manifest: 'manifest.yaml' }))).message)
      .toMatchInlineSnapshot(`
      "modules/manifest.yaml cannot be used
        modules/manifest.yaml:3:11  a must name a file within the directory, not "../../etc/passwd"
        modules/manifest.yaml:4:5   an entry needs an \`id\`, a text"
    `);
  });
});
