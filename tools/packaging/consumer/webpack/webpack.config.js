import { join } from 'node:path';

export default {
  mode: 'production',
  entry: './page.js',
  output: { path: join(import.meta.dirname, 'dist'), filename: 'page.js' },
  devServer: { static: import.meta.dirname, hot: false, client: false },
};
