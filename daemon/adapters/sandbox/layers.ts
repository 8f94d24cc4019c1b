import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { SandboxLayer, SandboxMount } from '../../ports.ts';
import { runProgram } from '../spawn.ts';

/** Programs of the host that put layers together. */
export interface LayerTools {
  unshare: string;
  mount: string;
  /** Without root's rights a user namespace gives the right to mount, and wants the layer's marks in attributes of its own. */
  isRoot: boolean;
}

/**
 * The beginning of a command line that mounts layers where only the program and its children see them, and goes on with what follows.
 * The mounts end with the last of them. Paths are relative to the layer's folder: the options of an overlay cannot carry every character.
 */
export function layerStage(tools: LayerTools, layers: readonly SandboxLayer[]): string[] {
  const own = tools.isRoot ? [] : ['--user', '--map-root-user'];
  const options = tools.isRoot ? '' : 'userxattr,';
  return [
    ...[tools.unshare, ...own, '--mount', '--propagation', 'private', '/bin/sh', '-c', SCRIPT, tools.mount],
    ...layers.flatMap(({ lower, folder }) => [
      folder,
      `${options}lowerdir=${relative(folder, lower)},upperdir=${UPPER},workdir=${WORK}`,
      MERGED,
    ]),
    '--',
  ];
}

const SCRIPT =
  'while [ "$1" != -- ]; do cd -- "$1" && "$0" -n -t overlay overlay -o "$2" "$3" || exit 1; shift 3; done; shift; cd / && exec "$@"';
const [UPPER, WORK, MERGED] = ['upper', 'work', 'merged'] as const;

/** Folders that a layer's own folder must have. */
export const LAYER_FOLDERS = [UPPER, WORK, MERGED] as const;

/** Layers among mounts, each once. */
export function layersOf(mounts: readonly SandboxMount[]): readonly SandboxLayer[] {
  const found = new Map<string, SandboxLayer>();
  for (const { layer } of mounts) if (layer !== undefined) found.set(layer.folder, layer);
  return [...found.values()];
}

/** Mounts as bwrap is to make them once the layers stand. */
export function throughLayers(mounts: readonly SandboxMount[]): readonly SandboxMount[] {
  return mounts.map(({ layer, host, inside, mode }) =>
    layer === undefined ? { host, inside, mode } : { host: join(layer.folder, MERGED, relative(layer.lower, host)), inside, mode },
  );
}

/** Whether this machine lets us put layers together, tried for real: what is written lands in the upper part and nowhere else. */
export async function canLayer(tools: LayerTools, scratch: string): Promise<boolean> {
  const top = mkdtempSync(join(scratch, 'layer-test-'));
  try {
    const [lower, folder] = [join(top, 'lower'), join(top, 'place')];
    for (const each of [lower, ...LAYER_FOLDERS.map((name) => join(folder, name))]) mkdirSync(each, { recursive: true });
    writeFileSync(join(lower, 'file'), 'below');
    const script = 'test "$(cat merged/file)" = below && echo above > merged/file && test "$(cat ../lower/file)" = below';
    const outcome = await runProgram({
      argv: [...layerStage(tools, [{ lower, folder }]), '/bin/sh', '-c', `cd "$0" && ${script}`, folder] as unknown as [string],
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      timeoutMs: 10_000,
    });
    return outcome.end === 'exited' && outcome.code === 0;
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}
