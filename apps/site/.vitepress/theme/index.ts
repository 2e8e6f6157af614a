import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { defineAsyncComponent, h } from 'vue';
import InstallLine from '../../components/install-line.vue';
import LiveQuadratic from '../../components/live-quadratic.vue';
import NotFound from '../../components/not-found.vue';
import './style.css';

const theme: Theme = {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'not-found': () => h(NotFound) }),
  enhanceApp({ app }) {
    app.component('InstallLine', InstallLine);
    app.component('LiveQuadratic', LiveQuadratic);
    app.component(
      'CaseList',
      defineAsyncComponent(() => import('../../components/case-list.vue')),
    );
    app.component(
      'Playground',
      defineAsyncComponent(() => import('../../components/playground.vue')),
    );
  },
};

export default theme;
