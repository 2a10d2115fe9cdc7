import 'reflect-metadata';
import { existsSync, readdirSync } from 'node:fs';
import { Global, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import { dotenv, env, file, HotConfigModule, HotConfigService } from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { validateApp } from '../../lib/module/validate-app.js';
import { TempFolder } from '../support/temp-folder.js';

function folderWith(files: Readonly<Record<string, string>>): TempFolder {
  const folder = new TempFolder();
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  return folder;
}

/** Records what of an app has run. */
function tracedModule(imports: NonNullable<Parameters<typeof Module>[0]['imports']>) {
  const ran: string[] = [];
  @Injectable()
  class Database implements OnModuleInit {
    constructor() {
      ran.push('constructor');
    }
    onModuleInit(): void {
      ran.push('onModuleInit');
    }
  }
  @Module({
    imports,
    providers: [Database, { provide: 'CONNECTION', useFactory: () => void ran.push('factory') }],
  })
  class AppModule {
    constructor() {
      ran.push('module');
    }
  }
  return { AppModule, ran };
}

describe('The validation of an app by its module', () => {
  it('uses the sources, mounts, schemas and namespaces of all its modules, and runs nothing else', async () => {
    const folder = folderWith({ 'llm.yaml': 'temperature: 7\n', '.env': 'PORT=http\n' });
    vi.stubEnv('APPX_LLM__MODEL', 'large');
    onTestFinished(() => void vi.unstubAllEnvs());
    class Llm {}
    const schema = (value: { temperature?: number }) => {
      if (value.temperature! > 2) throw new Error('temperature is too high');
      return value;
    };
    const port = registerAs('server', () => ({ port: Number(process.env['NO_SUCH_PORT'] ?? 3000) }));
    @Module({ imports: [HotConfigModule.forFeature(Llm, 'llm', { schema }), ConfigModule.forFeature(port)] })
    class LlmModule {}
    const sources = [
      file(folder.file('llm.yaml'), { mount: 'llm' }),
      dotenv(folder.file('.env')),
      env({ prefix: 'APPX_' }),
    ];
    const { AppModule, ran } = tracedModule([HotConfigModule.forRoot({ sources }), LlmModule]);
    const invalid = await validateApp(AppModule);
    expect(invalid).toMatchObject({
      valid: false,
      issues: [{ path: 'llm', message: expect.stringContaining('temperature is too high') }],
    });
    folder.write('llm.yaml', 'temperature: 1\napi_key: CANARY-swordfish\n');
    const valid = await validateApp(AppModule);
    expect(valid).toMatchObject({
      valid: true,
      issues: [],
      value: { llm: { temperature: 1, model: 'large' }, PORT: 'http', server: { port: 3000 } },
    });
    expect(valid?.sources).toHaveLength(4);
    expect(JSON.stringify(valid)).not.toContain('swordfish');
    expect(ran).toEqual([]);
  });

  it('gives an issue the place that the start of the app gives it', async () => {
    const folder = folderWith({ 'app.yaml': 'llm:\n  model: [\n' });
    const { AppModule } = tracedModule([HotConfigModule.forRoot({ files: [folder.file('app.yaml')] })]);
    const report = await validateApp(AppModule);
    expect(report).toMatchObject({ valid: false, issues: [{ origin: { line: 3 } }] });
    expect(report?.sources).toEqual([expect.stringContaining('app.yaml')]);
  });

  it('creates only what the options of forRootAsync() need, from whatever module provides it', async () => {
    const folder = folderWith({ 'app.yaml': 'n: 1\n' });
    const created: string[] = [];
    @Injectable()
    class Paths {
      constructor() {
        created.push('Paths');
      }
      readonly files = [folder.file('app.yaml')];
    }
    @Injectable()
    class Connection {
      constructor() {
        created.push('Connection');
      }
    }
    @Global()
    @Module({ providers: [Paths, Connection], exports: [Paths] })
    class PathsModule {}
    const { AppModule, ran } = tracedModule([
      PathsModule,
      HotConfigModule.forRootAsync({
        inject: [Paths, { token: 'NOBODY', optional: true }],
        useFactory: ({ files }: Paths, nobody: unknown) => ({ files: nobody === undefined ? files : [] }),
      }),
    ]);
    expect(await validateApp(AppModule)).toMatchObject({ valid: true, value: { n: 1 } });
    expect(created).toEqual(['Paths']);
    expect(ran).toEqual([]);
  });

  it('creates the class of useClass with its own dependencies', async () => {
    @Injectable()
    class Tree {
      readonly tree = { n: 2 };
    }
    @Injectable()
    class Options {
      constructor(private readonly source: Tree) {}
      createHotConfigOptions() {
        return { load: [() => this.source.tree] };
      }
    }
    Reflect.defineMetadata('design:paramtypes', [Tree], Options);
    @Module({ providers: [Tree], exports: [Tree] })
    class TreeModule {}
    const { AppModule } = tracedModule([
      HotConfigModule.forRootAsync({ imports: [TreeModule], useClass: Options }),
    ]);
    expect(await validateApp(AppModule)).toMatchObject({ valid: true, value: { n: 2 } });
  });

  it('reports options that the start refuses: a wrong one, or those that need the configuration', async () => {
    const wrong = HotConfigModule.forRoot({ unknownKeys: 'rejct' as 'reject' });
    wrong.catch(() => undefined);
    expect(await validateApp(tracedModule([wrong]).AppModule)).toMatchObject({
      valid: false,
      issues: [{ path: '', message: expect.stringContaining('unknownKeys') }],
    });
    @Injectable()
    class NeedsConfig {
      constructor(readonly config: HotConfigService) {}
    }
    Reflect.defineMetadata('design:paramtypes', [HotConfigService], NeedsConfig);
    @Module({ providers: [NeedsConfig], exports: [NeedsConfig] })
    class CircleModule {}
    const circle = HotConfigModule.forRootAsync({
      imports: [CircleModule],
      inject: [NeedsConfig],
      useFactory: () => ({}),
    });
    // Nest 12 finds the circle itself.
    const { AppModule } = tracedModule([circle]);
    const outcome = await validateApp(AppModule).then((report) => JSON.stringify(report), String);
    expect(outcome).toMatch(/circular dependency|NeedsConfig/);
  });

  it('reads and writes no version on disk, and does not start on an earlier one', async () => {
    const folder = folderWith({ 'app.yaml': 'n: 1\n' });
    const history = { dir: folder.file('versions') };
    const { AppModule } = tracedModule([
      HotConfigModule.forRoot({
        files: [folder.file('app.yaml')],
        history,
        onInvalidBoot: 'lastKnownGood',
        control: { enabled: true, socketDir: folder.file('run') },
      }),
    ]);
    expect(await validateApp(AppModule)).toMatchObject({ valid: true });
    folder.write('app.yaml', 'n: [\n');
    expect(await validateApp(AppModule)).toMatchObject({ valid: false });
    expect(existsSync(history.dir)).toBe(false);
    expect(readdirSync(folder.path)).toEqual(['app.yaml']);
  });

  it('says of an app without the module that there is none', async () => {
    expect(await validateApp(tracedModule([]).AppModule)).toBeUndefined();
  });

  it('warns about an env file that the app reads, but does not follow', async () => {
    const folder = folderWith({ '.env.old': 'A=1\n' });
    const old = ConfigModule.forRoot({ envFilePath: folder.file('.env.old') });
    const { AppModule } = tracedModule([HotConfigModule.forRoot({}), old]);
    expect((await validateApp(AppModule))?.issues).toEqual([
      { path: '', message: expect.stringContaining('does not follow changes of') },
    ]);
  });
});
