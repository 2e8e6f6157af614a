import webpack from 'webpack';

export interface WebpackBuild {
  readonly folder: string;
  readonly entry: string;
  readonly target: 'node' | 'web';
  readonly output: string;
}

/** Builds as webpack does by default. */
export async function bundleWithWebpack({ folder, entry, target, output }: WebpackBuild): Promise<void> {
  const compiler = webpack({
    context: folder,
    mode: 'production',
    entry,
    target,
    output: { path: folder, filename: output },
  });
  if (!compiler) throw new Error('webpack made no compiler.');
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  await new Promise<void>((resolve) => {
    compiler.close(() => resolve());
  });
  if (!stats || stats.hasErrors() || stats.hasWarnings()) {
    throw new Error(stats?.toString() ?? 'webpack failed.');
  }
}
