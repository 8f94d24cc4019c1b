import type { Run } from '#shared/run.ts';
import { isTerminal } from '#shared/ui/run-groups.ts';
import { callOf } from './run-call.ts';

/** What the toolbar button shows for one tab. */
export interface Badge {
  text: string;
  title: string;
  /** A person has to move: said by colour, by a mark in the text and in the title. */
  calls: boolean;
}

/** On every page while the browser keeps the extension out; a press on the button says what helps. */
export const NO_ACCESS: Badge = {
  text: '!',
  title: 'Codex Builder: the browser does not let it into all pages. Press to allow it.',
  calls: true,
};

/** The badge of a page with these runs: how many are not over. `trouble`: why nobody can say. */
export function badgeOf(runs: readonly Run[], trouble?: string): Badge {
  if (trouble !== undefined) return { text: '', title: `Codex Builder: ${trouble}`, calls: false };
  const active = runs.filter((run) => !isTerminal(run.state));
  if (active.length === 0) return { text: '', title: 'Codex Builder', calls: false };
  const waiting = active.filter((run) => callOf(run) === 'needs_you').length;
  const count = active.length > 99 ? '99+' : String(active.length);
  const words = `${active.length} active ${active.length === 1 ? 'run' : 'runs'} on this page`;
  if (waiting === 0) return { text: count, title: `Codex Builder: ${words}`, calls: false };
  return { text: `${count}!`, title: `Codex Builder: ${words}, ${waiting} ${waiting === 1 ? 'needs' : 'need'} you`, calls: true };
}
