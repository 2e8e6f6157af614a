import type { Command } from './command.ts';
import { tools } from './tools.ts';
import type { Place } from './visit.ts';

/** How a site comes from a project to a browser. */
export interface Way {
  readonly name: 'build' | 'development' | 'no build';
  /** Without it, there is nothing to build. */
  readonly build?: Command;
  /** A server's program, or the folder whose files are served. */
  readonly serve: ((port: number) => Command) | string;
}

export interface Bundler {
  readonly name: string;
  readonly isAlwaysTried: boolean;
  readonly packages: readonly string[];
  /** The folder of consumer/ with what a site needs in addition. */
  readonly settings?: string;
  /** What the project's package.json has for it. */
  readonly manifest?: object;
  readonly ways: readonly Way[];
  readonly places: readonly Place[];
}

const both = ['page', 'worker'] as const;
const entries = ['page.js', 'worker.js'] as const;

/** Whatever builds, builds into this folder of the project. */
export const OUTPUT = 'dist';

const vite = (version: 7 | 8): Bundler => ({
  name: `Vite ${version}`,
  isAlwaysTried: version === 8,
  packages: [version === 8 ? tools.vite8 : tools.vite7],
  settings: 'vite',
  ways: [
    { name: 'build', build: ['vite', 'build', '--outDir', OUTPUT], serve: OUTPUT },
    { name: 'development', serve: (port) => ['vite', '--port', `${port}`, '--strictPort'] },
  ],
  places: both,
});

const next = (compiler: 'Turbopack' | 'webpack'): Bundler => {
  const flag = `--${compiler.toLowerCase()}`;
  return {
    name: `Next 16, ${compiler}`,
    isAlwaysTried: false,
    packages: [tools.next16, tools.react, tools.reactDom, tools.webgpu],
    settings: 'next',
    ways: [
      {
        name: 'build',
        build: ['next', 'build', flag],
        serve: (port) => ['next', 'start', '--port', `${port}`],
      },
      { name: 'development', serve: (port) => ['next', 'dev', flag, '--port', `${port}`] },
    ],
    places: ['page', 'worker', 'server'],
  };
};

export const bundlers: readonly Bundler[] = [
  {
    name: 'no bundler, import map',
    isAlwaysTried: true,
    packages: [],
    settings: 'import-map',
    ways: [{ name: 'no build', serve: '.' }],
    places: ['page'], // import maps are not for workers
  },
  {
    name: 'esbuild',
    isAlwaysTried: true,
    packages: [tools.esbuild],
    ways: [
      {
        name: 'build',
        build: [
          'esbuild',
          ...entries,
          '--bundle',
          '--minify',
          '--splitting',
          '--format=esm',
          `--outdir=${OUTPUT}`,
        ],
        serve: OUTPUT,
      },
    ],
    places: both,
  },
  {
    name: 'Rollup',
    isAlwaysTried: false,
    packages: [tools.rollup, tools.rollupNodeResolve],
    ways: [
      { name: 'build', build: ['rollup', ...entries, '-p', 'node-resolve', '--dir', OUTPUT], serve: OUTPUT },
    ],
    places: both,
  },
  {
    name: 'rolldown',
    isAlwaysTried: false,
    packages: [tools.rolldown],
    ways: [{ name: 'build', build: ['rolldown', ...entries, '--minify', '--dir', OUTPUT], serve: OUTPUT }],
    places: both,
  },
  vite(7),
  vite(8),
  {
    name: 'webpack 5',
    isAlwaysTried: false,
    packages: [tools.webpack, tools.webpackCli, tools.webpackDevServer],
    settings: 'webpack',
    ways: [
      { name: 'build', build: ['webpack', 'build'], serve: OUTPUT },
      { name: 'development', serve: (port) => ['webpack', 'serve', '--port', `${port}`] },
    ],
    places: both,
  },
  {
    name: 'Parcel 2',
    isAlwaysTried: false,
    packages: [tools.parcel2],
    // Without this, a worker does not find what Parcel has put into a bundle that it shares.
    manifest: { '@parcel/bundler-default': { disableSharedBundles: true } },
    ways: [
      { name: 'build', build: ['parcel', 'build', 'index.html', '--dist-dir', OUTPUT], serve: OUTPUT },
      { name: 'development', serve: (port) => ['parcel', 'serve', 'index.html', '--port', `${port}`] },
    ],
    places: both,
  },
  next('Turbopack'),
  next('webpack'),
];
