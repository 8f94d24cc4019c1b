import type { Status } from '#shared/api.ts';

/** How things stand, in words: what needs attention first. */
export function statusText({ app, productionUrl, agent, sandbox, main, upstream, banners, flags, you }: Status, url: string): string {
  const model = agent.ready
    ? `${agent.model ?? 'ready'}${agent.demo ? ' (a demo, no real model)' : ''}`
    : `not ready: ${agent.detail ?? ''}`;
  const on = [...(flags.freeze ? ['merging is frozen'] : []), ...(flags.safeMode ? ['safe mode'] : [])];
  const rows: readonly [string, string][] = [
    ['App', app],
    ['Page', `${url}/codex`],
    ['Production', productionUrl],
    ['Agent', model],
    ['Sandbox', sandbox],
    [
      'main',
      `${main?.slice(0, 10) ?? 'none'}${upstream.state === 'in_step' ? ', the same in your repository' : `, your repository: ${upstream.state}${upstream.detail === undefined ? '' : ` (${upstream.detail})`}`}`,
    ],
    ...(on.length === 0 ? [] : ([['Switched on', on.join(', ')]] as [string, string][])),
    ['You', `${you.user}, ${you.role}`],
  ];
  const said = banners.map(({ level, text }) => `${level === 'info' ? '' : '! '}${text}\n`).join('');
  return `${said}${said === '' ? '' : '\n'}${rows.map(([what, value]) => `  ${what.padEnd(12)}  ${value}\n`).join('')}`;
}
