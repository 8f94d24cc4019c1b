import type { LayerTools } from './layers.ts';
import type { SandboxSystem } from './profile.ts';

/** How this machine confines. */
export interface Confinement {
  system: SandboxSystem;
  /** Private folder for the sockets of egress proxies. */
  folder: string;
  /** The user of a seat; undefined leaves the daemon's own. */
  uidOf(seat: number): number | undefined;
  maxProcesses: number;
  /** How layers are put together; undefined where this machine cannot. */
  layers: LayerTools | undefined;
  onRefused(host: string, why: string): void;
}
