import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { validateAppModule } from '../../lib/cli/validate/validate-app-module.js';
import { TempFolder } from '../support/temp-folder.js';

const TIMEOUT = 30_000;

function moduleWith(members: string): string {
  const text = `class AppModule {}\nfor (const [member, value] of Object.entries(${members}))\n  Reflect.defineMetadata(member, value, AppModule);\nexport { AppModule };\n`;
  return new TempFolder().write('app.module.mjs', text);
}

describe('A root module', () => {
  it('without HotConfigModule cannot be validated', async () => {
    const path = moduleWith('{ imports: [] }');
    await expect(validateAppModule(path, TIMEOUT)).rejects.toMatchObject({
      code: 'NO_APP_MODULE',
      message: `AppModule in ${path} does not import HotConfigModule, and no module does that it imports.`,
    });
  });

  it('that Nest cannot assemble is no fault of the configuration', async () => {
    const path = moduleWith('{ imports: [undefined] }');
    await expect(validateAppModule(path, TIMEOUT)).rejects.toMatchObject({
      code: 'NOT_VALID',
      message: expect.stringContaining('The app cannot start: ') as string,
    });
  });
});
