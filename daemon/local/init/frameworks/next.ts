import { findInSources } from '../contents.ts';
import { buildOf, configOf, type Detector, type Serving, scriptNames, seenIn } from '../serving.ts';

const ENV = { NEXT_TELEMETRY_DISABLED: '1' };

/** Next.js: its own server, the standalone server, or a plain export. */
export const next: Detector = (app) => {
  if (!app.uses('next')) return undefined;
  const config = configOf(app, ...scriptNames('next.config'));
  const output = /\boutput\s*:\s*['"](standalone|export)['"]/.exec(config?.text ?? '')?.[1];
  const build = buildOf(app, app.bin('next', 'build'));
  const usesFonts = findInSources(app, /from\s+['"]next\/font\/google['"]/);
  const notes =
    usesFonts === undefined
      ? []
      : [
          `${usesFonts.path} uses next/font/google, which downloads fonts during the build; builds run without network. Use next/font/local.`,
        ];
  const common = { name: 'Next.js', from: seenIn(app, 'next'), env: ENV, notes };

  if (output === 'export') {
    const folder = /\bdistDir\s*:\s*['"]([\w./-]+)['"]/.exec(config?.text ?? '')?.[1] ?? 'out';
    return { ...common, build, start: { static: folder }, startSaid: `from output: 'export' in ${config?.path}`, isStatic: true };
  }
  if (output === 'standalone') {
    const copies = `cp -r .next/static .next/standalone/.next/${app.files.some((path) => path.startsWith('public/')) ? ' && cp -r public .next/standalone/' : ''}`;
    return {
      ...common,
      build: { ...build, command: `${build.command} && ${copies}` },
      start: { command: 'HOSTNAME=127.0.0.1 node .next/standalone/server.js' },
      startSaid: `from output: 'standalone' in ${config?.path}; its server reads PORT and HOSTNAME`,
    };
  }
  const own = app.script('start');
  // A server of its own is judged as one.
  if (own !== undefined && !/\bnext\s+start\b/.test(own)) return undefined;
  return {
    ...common,
    build,
    start: { command: app.bin('next', 'start', '-H', '127.0.0.1', '-p', '$PORT') },
    startSaid: 'next start takes host and port as flags.',
  } satisfies Serving;
};
