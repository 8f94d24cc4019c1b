import { API } from '#shared/api.ts';
import { ErrorBody } from '#shared/errors.ts';
import type { Link } from '#shared/link.ts';
import { nonce } from '#shared/pairing.ts';
import { CHUNK_BYTES } from '#shared/socket.ts';

export type Uploaded = { ok: true; hash: string } | { ok: false; status: number; message: string };

/** Frames the daemon takes at once, with room for what else is said meanwhile, and then per second. */
const AT_ONCE = 100;
const PER_SECOND = 30;

/** Sends a picture over the socket, a piece at a time, each after the last was taken. Throws `LinkLost` when the connection breaks. */
export async function uploadPicture(
  link: Pick<Link, 'chunk'>,
  base64: string,
  clock: { now(): number; after(delayMs: number, then: () => void): void },
): Promise<Uploaded> {
  const upload = nonce();
  const began = clock.now();
  const pieceLength = (CHUNK_BYTES / 3) * 4;
  for (let sent = 0; ; sent++) {
    const ahead = sent - AT_ONCE - ((clock.now() - began) / 1_000) * PER_SECOND;
    if (ahead > 0) await new Promise<void>((resolve) => clock.after((ahead / PER_SECOND) * 1_000, resolve));
    const data = base64.slice(sent * pieceLength, (sent + 1) * pieceLength);
    const last = (sent + 1) * pieceLength >= base64.length;
    const { status, body } = await link.chunk({ upload, offset: sent * CHUNK_BYTES, data, last });
    if (status >= 400) {
      const refused = ErrorBody.safeParse(body);
      return { ok: false, status, message: refused.success ? refused.data.error.message : `The daemon answered ${status} to a picture.` };
    }
    if (!last) continue;
    const stored = API.createArtifact.reply.safeParse(body);
    return stored.success
      ? { ok: true, hash: stored.data.hash }
      : { ok: false, status: 502, message: 'The daemon’s answer to a picture is not what the contract says.' };
  }
}
