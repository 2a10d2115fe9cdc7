// Dependencies point one way: from Nest-facing files to plain TypeScript, from optional parts to the core.
// test/tooling/dependency-rule.spec.ts shows that each rule fires.

/** Parts that are published under a subpath of their own; the core does not know them. */
const OPTIONAL_PARTS = '^lib/(metrics|health|admin|cli|testing)/';

/** The one file of the core that loads an optional part, and only when the app wants it. */
const LOADS_CONTROL = '^lib/hot-config[.]control[.]ts$';

/** The only files that may know Nest's container. Everything else can be read, and tested, without Nest. */
const NEST_FACING = [
  OPTIONAL_PARTS,
  '^lib/hot-config[.][^/]+[.]ts$',
  '^lib/interfaces/', // the module's options are made of Nest's types
  '^lib/.+[.](module|decorator|explorer|provider|middleware|interceptor)[.]ts$',
  '^lib/pinning/(http|request-config)[^/]*[.]ts$',
];

module.exports = {
  forbidden: [
    {
      name: 'nest-only-at-the-edge',
      comment:
        'Sources, watch, snapshot, validation, reload, history and the core of changes are plain TypeScript.',
      severity: 'error',
      from: { path: '^lib/', pathNot: NEST_FACING },
      to: { path: '(^|/)(node_modules/)?@nestjs/' },
    },
    {
      name: 'core-knows-no-optional-part',
      comment: 'An optional part imports the core, never the other way round.',
      severity: 'error',
      from: { path: '^lib/', pathNot: [OPTIONAL_PARTS, LOADS_CONTROL] },
      to: { path: OPTIONAL_PARTS },
    },
    {
      name: 'control-is-loaded-on-demand',
      comment:
        'The control channel is on by default outside of production: one file loads it, when it is wanted.',
      severity: 'error',
      from: { path: LOADS_CONTROL },
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
