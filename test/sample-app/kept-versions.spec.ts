import { expect, it, vi } from 'vitest';
import { TempFolder } from '../support/temp-folder.js';
import { Gateway } from './gateway.js';

it('The sample gateway starts on its last good version if a file is broken and versions are kept', async () => {
  const [folder, kept] = [new TempFolder(), new TempFolder()];
  vi.stubEnv('HISTORY_DIR', kept.path);
  const before = await Gateway.start({ folder });
  await before.apply('llm.yaml', 'model', 'local-large');
  await before.app.close();

  const after = await Gateway.start({ folder, edits: [['llm.yaml', 'temperature', '7']] });
  expect((await after.complete('Hello')).finished).toMatchObject({ model: 'local-large' });
  expect(await (await after.get('/health')).json()).toMatchObject({
    status: 'degraded',
    details: { config: { problems: { last_known_good: expect.any(String) } } },
  });
});
