import type { Run } from '#shared/run.ts';
import type { DaemonView } from '../../messages.ts';
import type { Shell } from '../contract.ts';
import type { RunDesk } from './run-desk.ts';

/** What one run is shown with. */
export interface RunViewParts {
  run: Run;
  daemon: DaemonView | undefined;
  desk: RunDesk;
  shell: Shell;
  /** The page is at this run's preview and still shows another run. */
  isUnseen: boolean;
}
