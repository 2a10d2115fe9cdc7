// Dependencies point one way. test/tooling/dependency-rule.spec.ts shows that each rule fires.

/** The folders of lib, the lowest first: a file imports from its own folder and from folders that stand before it. */
const FOLDERS = [
  // Helpers and leaf types for everybody.
  'util',
  'model',
  'errors',
  'secrets',
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
  'diff',
  'history',
  'history/persistence',
  // What happens with it: transactions, and everyone who follows them.
  'auto-reload',
  'reload',
  'changes',
  'pinning',
  'refreshable',
  'probation',
  'logging',
  'compat/nestjs-config',
  'runtime',
  // The app around it.
  'control',
  'module/handlers',
  'module/pinning',
  'module/refreshable',
  'module/views',
  'compat/nestjs-config/module',
  'module',
  'metrics',
  'metrics/opentelemetry',
  'health',
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

/** The folders that touch Nest's container. All others can be read, and tested, without Nest. */
const NEST_FACING = '^lib/(module|compat/nestjs-config|metrics|health|testing)/';

/** Parts that the core does not know, or loads only on demand: whoever does not use one does not load it. */
const OPTIONAL_PARTS = '^lib/(control|metrics|health|testing|cli)/';

const filesOf = (folder) => `^lib/${folder}/[^/]+$`;

/** Imports against the order of FOLDERS, each with the reason why it cannot go: `[from, to, why]`. None. */
const AGAINST_THE_ORDER = [];

const order = FOLDERS.slice(0, -1).map((folder, index) => ({
  name: 'folders-in-order',
  comment: `lib/${folder} stands before the folder that it imports: see FOLDERS in .dependency-cruiser.cjs.`,
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
      comment:
        'A new folder is named in FOLDERS, at its place in the order; only index.ts stands at the root.',
      severity: 'error',
      from: { path: '^lib/', pathNot: ['^lib/index[.]ts$', ...FOLDERS.map(filesOf)] },
      to: {},
    },
    {
      name: 'nest-only-at-the-edge',
      comment: 'Outside of the folders that face Nest, the library is plain TypeScript.',
      severity: 'error',
      from: { path: '^lib/.+/', pathNot: [NEST_FACING, '^lib/runtime/'] },
      to: { path: '(^|/)(node_modules/)?@nestjs/' },
    },
    {
      name: 'runtime-knows-only-the-config-service',
      comment:
        "HotConfigService is a ConfigService, so that it can be injected in its place: that is all of Nest's.",
      severity: 'error',
      from: { path: '^lib/runtime/' },
      to: { path: '(^|/)(node_modules/)?@nestjs/(?!config(/|$))' },
    },
    {
      name: 'control-is-loaded-on-demand',
      comment: 'The control channel is loaded when the app wants one, and not before.',
      severity: 'error',
      from: { path: '^lib/(index[.]ts$|module/)' },
      to: { path: OPTIONAL_PARTS, dependencyTypesNot: ['dynamic-import'] },
    },
    {
      name: 'no-circular',
      comment: 'Types count too: a cycle of types is a cycle of concepts.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'lib-stands-alone',
      comment: 'The library does not reach into what is written around it.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(test|sample-app|bench|scripts)/' },
    },
    {
      name: 'lib-imports-what-users-have',
      comment:
        'A devDependency is not installed at the user; a peer is, although it is listed here under both.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'everything-declared',
      comment: 'What is imported is named in package.json, and exists.',
      severity: 'error',
      from: {},
      // An optional peer is listed under peerDependenciesMeta too, which the cruiser does not know.
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
      comment: 'The sample app sees the package name only, never the files behind it.',
      severity: 'error',
      from: { path: '^sample-app/' },
      to: { path: '^(lib|test|bench)/', pathNot: ['^lib/index[.]ts$', '^lib/[^/]+/index[.]ts$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|sample-app/dist)/|^test/.*/fixtures/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Type-only imports are dependencies as well.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
