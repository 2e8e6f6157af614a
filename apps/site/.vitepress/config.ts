import { defineConfig } from 'vitepress';
import { slugOf } from '../generate/documents.ts';
import { keepTogether } from '../generate/keep-together.ts';
import { packageMenu, packageNames, repositoryAddress } from '../generate/links.ts';

const guides = [
  ['Which backend', 'which-backend'],
  ['From PyTorch', 'from-pytorch'],
  ['With TensorFlow.js', 'tensorflow-js'],
  ['Linear models and text', 'linear-models-and-text'],
  ['On your own GPU buffers', 'gpu-buffers'],
  ['Differentiate through training', 'differentiate'],
  ['Write and certify a backend', 'write-a-backend'],
  ['Past one machine', 'past-one-machine'],
  ['Errors by code', 'errors'],
] as const;

const repository = repositoryAddress();
/** Where the site will be, such as `/asgd/`: pages name files from there on. */
const { ASGD_SITE_BASE: base = '/' } = process.env;
if (!/^\/(?:.*\/)?$/.test(base)) {
  throw new Error(
    `ASGD_SITE_BASE is '${base}': expected a path that begins and ends with a slash, such as /asgd/.`,
  );
}

export default defineConfig({
  title: 'asgd',
  titleTemplate: ':title · asgd',
  description: 'Averaged SGD for JavaScript and TypeScript: torch.optim.ASGD in the browser and in Node.',
  lang: 'en-US',
  base,
  srcDir: 'pages',
  srcExclude: ['parts/**'],
  outDir: 'dist',
  cacheDir: 'node_modules/.vitepress',
  cleanUrls: false,
  metaChunk: true,
  router: { prefetchLinks: false },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    anchor: { slugify: slugOf },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: keepTogether,
  },
  vite: {
    worker: { format: 'es' },
    // A worker of WebAssembly that the playground loads on demand; the home page is what has a budget, and a test.
    build: { target: 'es2023', chunkSizeWarningLimit: 6000 },
  },
  // VitePress adds this class in the browser only, and the bar then jumps.
  transformHtml: (html) =>
    html.includes('class="VPContent has-sidebar"')
      ? html.replace('"VPNavBar"', '"VPNavBar has-sidebar"')
      : html,
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        detailedView: false,
        // Words to search in need no colors, and these take most of the time that a page takes.
        _render(source, env, markdown) {
          const { highlight } = markdown.options;
          markdown.set({ highlight: null });
          try {
            return markdown.render(source, env);
          } finally {
            markdown.set({ highlight });
          }
        },
      },
    },
    nav: [
      { text: 'Guides', link: '/guides/which-backend', activeMatch: '/guides/' },
      { text: 'Playground', link: '/playground' },
      { text: 'Reference', link: '/reference/', activeMatch: '/reference/' },
      { text: 'Evidence', link: '/evidence' },
    ],
    sidebar: {
      '/guides/': [
        { text: 'Guides', items: guides.map(([text, page]) => ({ text, link: `/guides/${page}` })) },
      ],
      '/reference/': [
        {
          text: 'Reference',
          items: [
            { text: 'All packages', link: '/reference/' },
            { text: 'Specification', link: '/reference/documents/SPEC' },
            ...packageNames().map(packageMenu),
          ],
        },
      ],
    },
    outline: { level: [2, 3] },
    ...(repository === undefined ? {} : { socialLinks: [{ icon: 'github', link: repository }] }),
  },
});
