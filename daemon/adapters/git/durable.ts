import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file as a whole: temporary file beside it, fsync, rename, fsync of the folder. Mode 0600 unless given. */
export async function writeDurably(file: string, text: string | Uint8Array, mode = 0o600): Promise<void> {
  const temporary = `${file}.new`;
  await withFile(await open(temporary, 'w', mode), async (handle) => {
    await handle.writeFile(text);
    await handle.sync();
  });
  await rename(temporary, file);
  await syncFolder(dirname(file));
}

/** Makes renames inside a folder survive a power cut: git syncs the files it writes, not the folders. */
export async function syncFolder(folder: string): Promise<void> {
  await withFile(await open(folder, 'r'), (handle) => handle.sync());
}

async function withFile(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
