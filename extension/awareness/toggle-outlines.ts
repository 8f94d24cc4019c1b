import { ask } from '../ask.ts';
import { drawOutlines } from './outline.ts';

/** What became of it, for whoever asked. */
export type Outlined = { is: 'shown'; found: number; asked: number } | { is: 'gone' } | { is: 'refused'; message: string };

const HOST = 'codex-builder-outlines';
/** Nothing of the page's styles reaches it, and it takes no pointer from the page. */
const LAYER =
  ':host { all: initial !important; position: fixed !important; inset: 0 !important; z-index: 2147483646 !important; pointer-events: none !important }';
/** Kept in the world of our scripts in this page, which outlives each of them. */
const world = globalThis as { codexBuilderOutlines?: { stop(): void } };

/** Draws outlines around the elements that active runs of this page are about; the second time takes them away. */
export async function toggleOutlines(): Promise<Outlined> {
  if (world.codexBuilderOutlines) {
    world.codexBuilderOutlines.stop();
    delete world.codexBuilderOutlines;
    return { is: 'gone' };
  }
  // Drawn by the version before an update, whose world is not ours.
  for (const old of document.querySelectorAll(HOST)) old.remove();
  const asked = await ask('read_marks', {});
  if (!asked.ok) return { is: 'refused', message: asked.message };
  const count = asked.value.reduce((sum, { elements }) => sum + elements.length, 0);
  const host = document.createElement(HOST);
  const layer = host.attachShadow({ mode: __SHADOW_MODE__ });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LAYER);
  layer.adoptedStyleSheets = [sheet];
  const root = document.createElement('div');
  layer.append(root);
  document.body.append(host);
  const { found, stop } = drawOutlines(root, asked.value);
  world.codexBuilderOutlines = {
    stop() {
      stop();
      host.remove();
    },
  };
  if (found === 0) {
    world.codexBuilderOutlines.stop();
    delete world.codexBuilderOutlines;
  }
  return { is: 'shown', found, asked: count };
}
