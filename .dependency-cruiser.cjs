// Dependencies point in one direction. test/tooling/dependency-rule.spec.ts breaks each rule once.

/** The folders of lib in their order: a file imports only from its own folder and from folders above it in this list. */
const FOLDERS = [
  // Helpers and leaf types that every folder may use.
  'util',
  'model',
  'errors',
  'secrets',
  'logging',
  'options',
  // Configuration as data: how it is read, merged, checked, compared and kept.
  'snapshot',
  'limits',
  'patterns',
  'watch',
  'formats',
  'sources/content',
  'sources/contract',
  'sources/env',
  'sources/file',
  'sources/imports',
  'sources/directory',
  'sources/dotenv',
  'sources',
  'interpolation',
  'validation',
  'validation/known-keys',
  'diff',
  'history',
  'history/persistence',
  // What happens with it: reloads, and the parts that follow them.
  'auto-reload',
  'reload',
  'changes',
  'pinning',
  'refreshable',
  'start-reads',
  'probation',
  'compat/nestjs-config',
  'compat/nestjs-config/module',
  'runtime',
  // The app around it.
  'control',
  'module/handlers',
  'module/pinning',
  'module/refreshable',
  'module/views',
  'module',
  'metrics',
  'metrics/opentelemetry',
  'health',
  'connection',
  'stores/contract',
  'stores/memory',
  'stores/etcd',
  'stores/redis',
  'stores/postgres',
  'remote/contract',
  'remote/http',
  'remote',
  'testing',
  'cli/errors',
  'cli/connection',
  'cli/output',
  'cli/session',
  'cli/validate',
  'cli/completion',
  'cli/doctor',
  'cli/commands',
  'cli',
];

/** Folders that use Nest's container. All others can be understood and tested without Nest. */
const NEST_FACING = '^lib/(module|compat/nestjs-config/module|metrics|health|testing)/';

/**
 * Folders that import `@nestjs/config` and nothing else of Nest: HotConfigService extends its ConfigService, and the
 * compatibility code accepts its options.
 */
const USES_NESTJS_CONFIG = '^lib/(runtime|compat/nestjs-config)/';

/** Parts that the core does not import, or imports only on demand: an app that does not use one does not load it. */
const OPTIONAL_PARTS = '^lib/(control|metrics|health|connection|stores|remote|testing|cli)/';

const filesOf = (folder) => `^lib/${folder}/[^/]+$`;

/** Imports against the order of FOLDERS, each with the reason why it is necessary: `[from, to, reason]`. None. */
const AGAINST_THE_ORDER = [];

const order = FOLDERS.slice(0, -1).map((folder, index) => ({
  name: 'folders-in-order',
  comment: `lib/${folder} is above the folder that it imports: see FOLDERS in .dependency-cruiser.cjs.`,
  severity: 'error',
  from: {
    path: filesOf(folder),
    pathNot: AGAINST_THE_ORDER.filter(([from]) => new RegExp(filesOf(folder)).test(from)).map(
      ([from]) => `^${from}$`,
    ),
  },
  to: { path: FOLDERS.slice(index + 1).map(filesOf) },
}));

module.exports = {
  forbidden: [
    ...order,
    {
      name: 'every-folder-has-its-place',
      comment: 'Add a new folder to FOLDERS, at its place in the order. Only index.ts is at the root of lib.',
      severity: 'error',
      from: { path: '^lib/', pathNot: ['^lib/index[.]ts$', ...FOLDERS.map(filesOf)] },
      to: {},
    },
    {
      name: 'nest-only-at-the-edge',
      comment: 'Only the folders in NEST_FACING import Nest; all others are plain TypeScript.',
      severity: 'error',
      from: { path: '^lib/.+/', pathNot: [NEST_FACING, USES_NESTJS_CONFIG] },
      to: { path: '(^|/)(node_modules/)?@nestjs/' },
    },
    {
      name: 'only-nestjs-config',
      comment: 'The folders in USES_NESTJS_CONFIG import no other package of Nest.',
      severity: 'error',
      from: { path: USES_NESTJS_CONFIG, pathNot: NEST_FACING },
      to: { path: '(^|/)(node_modules/)?@nestjs/(?!config(/|$))' },
    },
    {
      name: 'control-is-loaded-on-demand',
      comment: 'The control channel is loaded only if the app opens it.',
      severity: 'error',
      from: { path: '^lib/(index[.]ts$|module/)' },
      to: { path: OPTIONAL_PARTS, dependencyTypesNot: ['dynamic-import'] },
    },
    {
      name: 'no-circular',
      comment: 'Imports of types count too: a cycle of types is a cycle of concepts.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'lib-stands-alone',
      comment: 'The library does not import its tests, sample app, benches or scripts.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(test|sample-app|bench|scripts)/' },
    },
    {
      name: 'lib-imports-what-users-have',
      comment:
        'Users do not install devDependencies. A peer is listed under both here, and users do install it.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'everything-declared',
      comment: 'Each imported package is declared in package.json.',
      severity: 'error',
      from: {},
      // An optional peer is declared in peerDependenciesMeta as well, which dependency-cruiser does not read.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'sample-app-is-a-user',
      comment: 'The sample app imports the package by its name, never its files.',
      severity: 'error',
      from: { path: '^sample-app/' },
      to: {
        path: '^(lib|test|bench)/',
        pathNot: ['^lib/index[.]ts$', '^lib/[^/]+/index[.]ts$', '^lib/[^/]+/[^/]+/index[.]ts$'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|sample-app/dist)/|^test/.*/fixtures/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Includes imports of types only.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
