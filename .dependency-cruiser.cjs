/** Who may import whom. The arrows are explained in CONTRIBUTING.md. */
const inside = (folder) => `^${folder}/`;

/** `from` may import only `allowed` folders (and packages). */
function only(from, allowed, comment) {
  return {
    name: `${from.replaceAll('/', '-')}-imports`,
    comment,
    severity: 'error',
    from: { path: inside(from) },
    to: {
      path: '^(core|machines|io|data|transports|launch|cli|bench|examples|lb-strategies|projections|ampi|resumable|test)/',
      pathNot: allowed.map(inside),
    },
  };
}

module.exports = {
  forbidden: [
    only('core', ['core'], 'the core knows no transport, strategy, trace format or command'),
    only('resumable', ['resumable'], 'the compile step: from source to source'),
    only('io', ['io', 'core'], 'a library of chares'),
    only('data', ['data', 'core'], 'a library of chares'),
    only('ampi', ['ampi', 'io', 'core'], 'MPI on chares: a library of chares, which uses that for files'),
    only(
      'machines',
      ['machines', 'core'],
      'chares made from state machines: a library on the core, which knows no machine',
    ),
    only(
      'transports',
      ['transports', 'core/base', 'core/message', 'core/pup'],
      'transports see the interfaces of the core',
    ),
    only('lb-strategies', ['lb-strategies', 'core/balance'], 'strategies are pure: they see statistics, no runtime'),
    only('projections', ['projections', 'core/base'], 'traces are read with no runtime'),
    only(
      'launch',
      ['launch', 'core', 'transports', 'lb-strategies', 'projections', 'resumable'],
      'launch is a composition root, below the commands: it gives the core its transport, its strategies and its recording',
    ),
    only(
      'cli',
      ['cli', 'launch', 'bench', 'lb-strategies', 'projections', 'core/base'],
      'commands start things, they do not reach into the core',
    ),
    only(
      'bench',
      ['bench', 'launch', 'core', 'transports', 'lb-strategies', 'projections', 'ampi', 'resumable'],
      'benches measure the layers below',
    ),
    {
      name: 'examples-imports',
      comment: 'examples use the package like any program, through its public entry points',
      severity: 'error',
      from: { path: '^examples/' },
      to: {
        path: '^(core|machines|io|data|transports|launch|cli|bench|lb-strategies|projections|ampi|resumable|test)/',
        pathNot: [
          '^core/index.ts$',
          '^launch/(index|sim/index).ts$',
          '^(lb-strategies|projections|machines|io|data|ampi)/index.ts$',
        ],
      },
    },
    {
      name: 'base-imports-nothing',
      severity: 'error',
      from: { path: '^core/base/' },
      to: { path: '^core/', pathNot: '^core/base/' },
    },
    {
      name: 'core-is-portable',
      comment: 'the core also runs where there is no Node.js',
      severity: 'error',
      from: { path: '^core/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'page-runs-in-browsers',
      severity: 'error',
      from: { path: '^(projections/viewer|launch/browsers)/client/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-unlisted-packages',
      severity: 'error',
      // What the page of the viewer uses is bundled into it.
      from: {
        path: '^(core|machines|io|data|ampi|lb-strategies|projections|transports|launch|cli|bench|resumable)/',
        // And the bench of the viewer wants a browser; it says so where there is none.
        pathNot: ['^projections/viewer/client/', '^bench/viewer/measure.ts$'],
      },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'unknown', 'undetermined'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        path: '^(core|machines|io|data|ampi|lb-strategies|projections|transports|launch|cli|resumable)/',
      },
      to: {},
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    // For packages that have `exports` and no `main`.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    doNotFollow: { path: 'node_modules|dist' },
  },
};
