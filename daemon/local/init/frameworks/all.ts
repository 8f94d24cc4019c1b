import type { AppView } from '../app-view.ts';
import type { Detector, Serving } from '../serving.ts';
import { next } from './next.ts';
import { nodeServer } from './node-servers.ts';
import { otherLanguage, rails } from './other-languages.ts';
import { python } from './python.ts';
import { astro, nitro, reactRouter } from './server-rendered.ts';
import { plainFolder, siteGenerator } from './static-sites.ts';
import { svelteKit, viteApp } from './vite.ts';

/** The first that knows the app speaks: frameworks before what they are built on, a server of its own before plain files. */
const DETECTORS: readonly Detector[] = [
  ...[next, svelteKit, reactRouter, nitro, astro, siteGenerator, viteApp],
  ...[python, rails, nodeServer, plainFolder, otherLanguage],
];

/** How the app is built and started, as far as the repository says it. */
export function recognise(app: AppView): Serving {
  for (const detect of DETECTORS) {
    const serving = detect(app);
    if (serving !== undefined) return serving;
  }
  return {
    name: 'unknown',
    from: 'no framework, server or page that init knows',
    start: {
      unknown: 'nothing in the repository says how the app is started',
      alternatives: app.manifest === undefined ? [] : [app.run('start')],
    },
    startSaid: '',
  };
}
