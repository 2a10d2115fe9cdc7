import { describe, expect, it } from 'vitest';
import { directory } from '../../lib/sources/directory.source.js';
import { file } from '../../lib/sources/file.source.js';
import { failureOf } from './support/loading.js';
import { useWorkspace, write } from './support/workspace.js';

/** Messages as an operator reads them. The reload adds its own line above. */
describe('The error message of a source', () => {
  useWorkspace();

  it('shows the position of a YAML syntax error', async () => {
    write('config/llm.yaml', 'llm:\n  model: "local\n  temperature: 1\n');
    expect((await failureOf(file('config/llm.yaml'))).message).toMatchInlineSnapshot(`
      "config/llm.yaml is not valid YAML
        config/llm.yaml:3:3  this line is not indented enough for the quoted string, [ or { above; add the closing quote or bracket, or indent the line"
    `);
  });

  it('shows the position of a JSON syntax error', async () => {
    write('config/app.json', '{\n  "port": 3000,\n  "host": "::",\n}\n');
    expect((await failureOf(file('config/app.json'))).message).toMatchInlineSnapshot(`
      "config/app.json is not valid JSON
        config/app.json:4:1  expected double-quoted property name"
    `);
  });

  it('shows the position of a repeated key', async () => {
    write('config/llm.yaml', 'llm:\n  model: a\n  retries: 2\n  model: b\n');
    expect((await failureOf(file('config/llm.yaml'))).message).toMatchInlineSnapshot(`
      "config/llm.yaml is not valid YAML
        config/llm.yaml:4:3  the key "model" appears a second time here (first on line 2); remove one of them"
    `);
  });

  it('shows the position of a forbidden key', async () => {
    write('config/llm.yaml', 'llm:\n  __proto__: {admin: true}\n');
    expect((await failureOf(file('config/llm.yaml'))).message).toMatchInlineSnapshot(`
      "config/llm.yaml cannot be used
        config/llm.yaml:2:3  llm has the key "__proto__", which is not allowed because it could change an object prototype; rename it"
    `);
  });

  it.each([
    ['app.json', '{\n  "bot": {"chat_id": 738529527931269425}\n}', '2:22'],
    ['app.jsonc', '// bots\n{"bot": {"chat_id": 738529527931269425,}}', '2:21'],
    ['app.json5', '{bot: {\n  chat_id: 738529527931269425,\n}}', '2:12'],
    ['app.toml', '[bot]\nchat_id = 738529527931269425\n', '2:11'],
  ])('shows the position of a number that would become another one in %s', async (name, text, place) => {
    write(name, text);
    expect((await failureOf(file(name))).message.split('\n')[1]).toBe(
      `  ${name}:${place}  bot.chat_id is 738529527931269425, which has more digits than a number can hold exactly; put it in quotes`,
    );
  });

  it('says how to fix a missing file', async () => {
    expect((await failureOf(file('config/app.yaml'))).message).toMatchInlineSnapshot(`
      "config/app.yaml could not be read
        config/app.yaml  does not exist; create it, correct its path, or make the source optional"
    `);
  });

  it('says how to fix an empty file', async () => {
    write('config/app.yaml', '\n');
    expect((await failureOf(file('config/app.yaml'))).message).toMatchInlineSnapshot(`
      "config/app.yaml is empty
        config/app.yaml  is empty; restore its content, or allow this with { allowEmpty: true }"
    `);
  });

  it('says how to fix a file without keys', async () => {
    write('prompt.txt', 'You are a poet.\n');
    expect((await failureOf(file('prompt.txt'))).message).toMatchInlineSnapshot(`
      "prompt.txt cannot be used
        prompt.txt  must have keys at its top level, but is a single value; add keys, or set { mount: 'some.path' }"
    `);
  });

  it('lists all unusable files of a directory, with aligned positions', async () => {
    write('modules/npc/casual.json', '{"lines": ["hi",]}');
    write('modules/shop.yaml', 'open: yes\nopen: no\n');
    write('modules/quest.json', '{"a": 1}');
    write('modules/quest.yaml', 'a: 1');
    expect((await failureOf(directory('modules', { mount: 'modules' }))).message).toMatchInlineSnapshot(`
      "3 files of modules cannot be used
        modules/quest.yaml            modules.quest comes from two files, modules/quest.json and modules/quest.yaml; remove one
        modules/npc/casual.json:1:17  unexpected token ']'
        modules/shop.yaml:2:1         the key "open" appears a second time here (first on line 1); remove one of them"
    `);
  });

  it('shows positions in a manifest', async () => {
    write('modules/manifest.yaml', 'modules:\n  - id: a\n    file: ../../etc/passwd\n  - file: b.json\n');
    expect((await failureOf(directory('modules', { manifest: 'manifest.yaml' }))).message)
      .toMatchInlineSnapshot(`
      "modules/manifest.yaml cannot be used
        modules/manifest.yaml:3:11  a must name a file within the directory, not "../../etc/passwd"
        modules/manifest.yaml:4:5   an entry needs an \`id\`, a string"
    `);
  });
});
