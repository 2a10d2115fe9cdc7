import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type ConfigSource, directory, dotenv, env, file } from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import { HotConfigRuntime } from '../../lib/runtime/hot-config.runtime.js';
import { cli } from '../support/cli.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { canary, leaksIn, shownOf } from './support/canary.js';
import { observedApp } from './support/observed-app.js';

/** Texts that cannot be read, each broken right beside a secret that was never read before. */
const BROKEN: Readonly<Record<string, (secret: string) => string>> = {
  'no-quotes.json': (secret) => `{"api_key": ${secret}}`,
  'no-end.json': (secret) => `{"api_key": "${secret}`,
  'no-colon.json': (secret) => `{"api_key" "${secret}"}`,
  'only.json': (secret) => secret,
  'escape.json': (secret) => `{"api_key": "${secret}\\x"}`,
  'twice.json': (secret) => `{"api_key": "${secret}", "api_key": "${secret}"}`,
  'key.json5': (secret) => `{api_key: ${secret}}`,
  'end.json5': (secret) => `{api_key: '${secret}`,
  'comment.jsonc': (secret) => `{/* ${secret} "a": 1}`,
  'indent.yaml': (secret) => `llm:\n  api_key: ${secret}\n more: ${secret}\n`,
  'quote.yaml': (secret) => `api_key: "${secret}\nb: 1\n`,
  'alias.yaml': (secret) => `api_key: *${secret}\n`,
  'tag.yaml': (secret) => `api_key: !!float ${secret}\n`,
  'own-tag.yaml': (secret) => `api_key: !${secret} x\n`,
  'map.yaml': (secret) => `api_key: ${secret}: b: c\n`,
  'tab.yaml': (secret) => `llm:\n\t- ${secret}\n`,
  'escape.yaml': (secret) => `api_key: "\\q${secret}"\n`,
  'list.yaml': (secret) => `- ${secret}\n`,
  'scalar.yaml': (secret) => `${secret}\n`,
  'merge.yaml': (secret) => `llm:\n  <<: ${secret}\n`,
  'documents.yaml': (secret) => `a: 1\n---\napi_key: ${secret}\n`,
  'twice.yaml': (secret) => `api_key: a\napi_key: ${secret}\n`,
  'binary.yaml': (secret) => `api_key: !!binary "${secret}~"\n`,
  'value.toml': (secret) => `api_key = ${secret}\n`,
  'end.toml': (secret) => `api_key = "${secret}\n`,
  'twice.toml': (secret) => `api_key = "a"\napi_key = "${secret}"\n`,
  'table.toml': (secret) => `api_key = "a"\n[api_key.${secret}]\n`,
  'escape.toml': (secret) => `api_key = "\\q${secret}"\n`,
  'date.toml': (secret) => `api_key = 2026-99-99T${secret}\n`,
  'line.env': (secret) => `${secret}\n`,
  'quote.env': (secret) => `API_KEY="${secret}\n`,
  'twice.env': (secret) => `API_KEY=a\nAPI_KEY=${secret}\n`,
  'after.env': (secret) => `API_KEY="a" ${secret}\n`,
  'lines.env': (secret) => `API_KEY=a\n${secret}=\n${secret}/\n`,
  'comment.env': (secret) => `API_KEY=a#${secret}\n`,
  'merge.env': (secret) => `<<<<<<< HEAD\nAPI_KEY=${secret}\n=======\nAPI_KEY=a\n>>>>>>> ${secret}\n`,
  'merge.txt': (secret) => `${secret}\n<<<<<<< ${secret}\n`,
  'import.yaml': (secret) => `api_key: ${secret}\nother:\n  $import: ./none.yaml\n`,
  'extends.json': (secret) => `{"extends": {"token": "${secret}"}, "token": "${secret}"}`,
};

function inFolder(name: string, text: string): ConfigSource {
  const folder = new TempFolder();
  return file(folder.write(name, text));
}

describe('Content that cannot be read', () => {
  it.each(Object.entries(BROKEN))('shows no secret: %s', async (name, textOf) => {
    const secret = canary();
    const logs: string[] = [];
    const write = (line: string) => void logs.push(line);
    const boot = new HotConfigRuntime(
      { sources: [inFolder(name, textOf(secret))], settleTimeout: 0 },
      { log: write, warn: write, error: write },
    );
    const thrown: unknown = await boot.boot().catch((error: unknown) => error);
    const outputs = new Map([
      ['boot', thrown === undefined ? shownOf(boot.status()) : shownOf(thrown)],
      ['logs', logs.join('\n')],
    ]);
    const folder = new TempFolder();
    const path = folder.write(name, textOf(secret));
    for (const args of [
      ['validate', path],
      ['validate', path, '--json'],
      ['doctor', path],
    ]) {
      const { stdout, stderr } = await cli(args, { terminal: args.length === 2 });
      outputs.set(`hot-config ${args[0]}`, stdout + stderr);
    }
    expect(leaksIn(outputs, [secret])).toEqual([]);
    await boot.stop();
  });

  it('shows no secret if the app keeps the last good content', async () => {
    const [first, ...others] = Object.keys(BROKEN).map(() => canary());
    const folder = new TempFolder();
    const source = new MemorySource({ api_key: first! });
    const { manager, outputs } = await observedApp({
      sources: [source],
      settleTimeout: 0,
    });
    const [names, texts] = [Object.keys(BROKEN), Object.values(BROKEN)];
    for (const [index, secret] of others.entries()) {
      const path = folder.write(names[index]!, texts[index]!(secret));
      const added = await manager.addSource(file(path));
      if (added.outcome !== 'rejected') await manager.removeSource(path);
    }
    expect(leaksIn(await outputs(), [first!, ...others])).toEqual([]);
  }, 60_000);

  it('shows no secret of directories, env files and the environment', async () => {
    const secrets = [canary(), canary(), canary(), canary()] as const;
    const folder = new TempFolder();
    mkdirSync(folder.file('conf/a'), { recursive: true });
    writeFileSync(folder.file('conf/a/token.json'), `{"x": ${secrets[0]}`);
    writeFileSync(folder.file('conf/manifest.yaml'), `modules: [${secrets[1]}\n`);
    folder.write('.env', `A_TOKEN=${secrets[2]}\nexport ${secrets[2]}`);
    vi.stubEnv('CNRYB_API_KEY', secrets[3]);
    vi.stubEnv('CNRYB_API_KEY__X', secrets[3]);
    const { manager, outputs } = await observedApp({
      sources: [new MemorySource({ n: 1 })],
      settleTimeout: 0,
    });
    const results = [
      await manager.addSource(directory(folder.file('conf'))),
      await manager.addSource(dotenv(folder.file('.env'))),
      await manager.addSource(env({ prefix: 'CNRYB_' })),
    ];
    expect(results.map(({ outcome }) => outcome)).toContain('rejected');
    expect(
      leaksIn(new Map([...(await outputs()), ['results', results.map(shownOf).join('\n')]]), secrets),
    ).toEqual([]);
  });

  it('shows no secret if a reference is missing or circular', async () => {
    const [named, plain] = [canary(), canary()];
    vi.stubEnv('CNRYC_TOKEN', named);
    const folder = new TempFolder();
    const texts = [
      `api_key: ${named}\nurl: \${api_key}\${none_of_these}\n`,
      `api_key: ${named}\nplain: ${plain}\na: \${b}\${api_key}\nb: \${a}\${plain}\n`,
      `list: \${api_key\nplain: ${plain}\n`,
      `a: { api_key: ${named} }\nb: x\${a}\nplain: ${plain}\n`,
      `x: \${CNRYC_TOKEN}\${none:?${plain}}\n`,
      `x: \${none:-\${CNRYC_TOKEN}}\${nothing}\n`,
    ];
    const { manager, outputs } = await observedApp({
      sources: [new MemorySource({ n: 1 })],
      interpolate: { environment: ['CNRYC_TOKEN'] },
      settleTimeout: 0,
    });
    for (const [index, text] of texts.entries()) {
      const result = await manager.addSource(file(folder.write(`${index}.yaml`, text)));
      expect(result.outcome, text).toBe('rejected');
    }
    expect(leaksIn(await outputs(), [named])).toEqual([]);
    expect(leaksIn(await outputs(), [plain])).toEqual([]);
  });
});
