import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './durable.ts';
import { letRead } from './folders.ts';
import { type Git, gitText } from './git.ts';

export type ObjectFormat = 'sha1' | 'sha256';

/** The whole configuration of the control repository. Nothing in it names a program. */
function configFor(format: ObjectFormat): string {
  const extension = format === 'sha256' ? '[extensions]\n\tobjectformat = sha256\n' : '';
  return `[core]
\trepositoryformatversion = ${format === 'sha256' ? 1 : 0}
\tfilemode = true
\tbare = true
\thooksPath = /dev/null
\tfsync = committed,loose-object,reference
\tlogAllRefUpdates = false
\tsharedRepository = 0644
${extension}[gc]
\tauto = 0
[maintenance]
\tauto = false
[receive]
\tdenyDeletes = true
\tdenyNonFastForwards = true
`;
}

/**
 * `info/attributes` outranks every `.gitattributes` in a tree, so a tree cannot have its files
 * rewritten between blob and disk, cannot name a filter, and cannot hide a change from a diff.
 */
const ATTRIBUTES = '* -text !eol -ident -filter !working-tree-encoding !merge !diff !export-ignore !export-subst\n';

/** Creates the bare control repository, or puts back what it must have. Repeating it changes nothing. */
export async function ensureControlRepository(git: Git, gitDir: string, format: ObjectFormat): Promise<void> {
  await mkdir(gitDir, { recursive: true, mode: 0o700 });
  await sweepLocks(gitDir);
  // A damaged configuration must be mended before git will look at the repository at all.
  const isNew = (await readIfThere(join(gitDir, 'HEAD'))) === undefined;
  if (!isNew) await keep(join(gitDir, 'config'), configFor(format));
  await gitText(git, { args: ['init', '-q', '--bare', '--template=', '--initial-branch=main', `--object-format=${format}`] });
  await keep(join(gitDir, 'config'), configFor(format));
  await mkdir(join(gitDir, 'info'), { recursive: true });
  await keep(join(gitDir, 'info', 'attributes'), ATTRIBUTES);
  // Nothing of ours makes these; a leftover could run programs or bring in foreign objects.
  for (const stranger of ['hooks', 'config.worktree', 'info/grafts', 'info/exclude', 'info/sparse-checkout', 'objects/info/alternates']) {
    await rm(join(gitDir, stranger), { recursive: true, force: true });
  }
  if (isNew) await letRead(gitDir);
  await chmod(gitDir, 0o755);
  await chmod(join(gitDir, 'config'), 0o644);
  await letRead(join(gitDir, 'info'));
}

/** Object format of a control repository that is there already. */
export async function formatOnDisk(gitDir: string): Promise<ObjectFormat | undefined> {
  if ((await readIfThere(join(gitDir, 'HEAD'))) === undefined) return undefined;
  return (await readIfThere(join(gitDir, 'config')))?.includes('objectformat = sha256') ? 'sha256' : 'sha1';
}

/** Deletes lock files under the control repository. Only when no git of ours is running there. */
async function sweepLocks(gitDir: string): Promise<readonly string[]> {
  const swept: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const isLooseObjects = depth === 1 && folder.endsWith('/objects') && /^[0-9a-f]{2}$/.test(entry.name);
      if (entry.isDirectory() && !isLooseObjects) await visit(path, depth + 1);
      else if (entry.isFile() && entry.name.endsWith('.lock')) {
        await rm(path, { force: true });
        swept.push(path);
      }
    }
  };
  await visit(gitDir, 0);
  return swept;
}

/** Deletes lock files of refs only; for the holder of the ref mutex, while checkouts may go on. */
export async function sweepRefLocks(gitDir: string): Promise<void> {
  for (const name of ['HEAD.lock', 'packed-refs.lock']) await rm(join(gitDir, name), { force: true });
  await sweepLocks(join(gitDir, 'refs'));
}

async function keep(file: string, text: string): Promise<void> {
  if ((await readIfThere(file)) !== text) await writeDurably(file, text);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
