import { type MountPanel, PANEL_PLACE } from '../contract.ts';
import { openPanel } from './open-panel.tsx';

/** Hands the panel to the box that waits for it in this world; elsewhere nobody does. */
export function mountPanel(): void {
  const mount: unknown = Reflect.get(globalThis, PANEL_PLACE);
  if (typeof mount === 'function') (mount as MountPanel)(openPanel);
}
