// The types of one entry of the package, as API Extractor reports them.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

/** Declarations are read as the compiler of a user reads them: without the `paths` of this repository to `lib`. */
const COMPILER_OPTIONS = {
  target: 'ES2023',
  lib: ['ES2023'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
};

/** Only the report is wanted: test/tooling/public-api.spec.ts checks the comments. */
const NO_MESSAGES = { default: { logLevel: 'none' } };

/**
 * Returns the report of an entry, the same on each machine. It has the types that an exported type refers to, too: their
 * members are public, although nobody can name them.
 *
 * @param declarations the built declarations of the entry, for example `dist/health/index.d.ts`
 */
export async function typeReport(declarations) {
  const folder = await mkdtemp(join(tmpdir(), 'api-report-'));
  try {
    const config = ExtractorConfig.prepare({
      configObjectFullPath: undefined,
      packageJsonFullPath: resolve('package.json'),
      configObject: {
        projectFolder: resolve('.'),
        mainEntryPointFilePath: resolve(declarations),
        compiler: { overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [resolve(declarations)] } },
        apiReport: {
          enabled: true,
          reportFileName: 'report',
          reportFolder: folder,
          reportTempFolder: join(folder, 'temporary'),
          includeForgottenExports: true,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        newlineKind: 'lf',
        messages: {
          compilerMessageReporting: { default: { logLevel: 'error' } },
          extractorMessageReporting: NO_MESSAGES,
          tsdocMessageReporting: NO_MESSAGES,
        },
      },
    });
    const { errorCount } = Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (message) => {
        if (message.logLevel !== 'error') message.handled = true;
      },
    });
    if (errorCount > 0) throw new Error(`API Extractor cannot read ${declarations}: see above`);
    return await readFile(join(folder, 'report.api.md'), 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
