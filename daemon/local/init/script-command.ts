import { type AppView, isAnyones } from './app-view.ts';

/**
 * A script without the package manager around it, so that signals reach the program and npm leaves no logs behind. As it stands when
 * its program is on every PATH, with its folder when it is a package's; through a manager when there is more to it, and then through the one
 * that is wherever node is: pnpm and Yarn are not there in production.
 */
export function scriptCommand(app: AppView, script: string): string {
  const text = app.script(script)?.trim() ?? '';
  const hasHooks = app.script(`pre${script}`) !== undefined || app.script(`post${script}`) !== undefined;
  if (hasHooks || /[&|;<>`\n]|\$\(/.test(text)) return isAnyones(app.manager) ? `npm run ${script}` : app.run(script);
  const words = /^((?:[A-Za-z_]\w*=\S*\s+)*)(\S+)([\s\S]*)$/.exec(text);
  if (words === null) return app.run(script);
  const [, variables, program, rest] = words;
  if (program === 'node') return `${variables}${app.node}${rest}`;
  if (/^(?:bun|deno|sh|bash|python3?|\.{0,2}\/.*)$/.test(program!)) return text;
  if (/^(?:npm|npx|pnpm|yarn|bunx)$/.test(program!)) return text;
  return app.manager.withoutNodeModules ? app.run(script) : `${variables}${app.bin(program!)}${rest}`;
}
