import { defineConfig } from 'vite';
import { digitsFile } from './src/digits-file.ts';

export default defineConfig({
  base: './',
  plugins: [digitsFile()],
  // Packages of the workspace are used unbuilt.
  resolve: { conditions: ['@asgd/source', 'module', 'browser', 'development|production'] },
  // Most of the page is TensorFlow.js.
  build: { target: 'es2023', chunkSizeWarningLimit: 3000 },
});
