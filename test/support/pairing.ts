import { expect, type Page } from '@playwright/test';
import type { Role } from '#shared/audit.ts';
import { type DaemonProcess, must } from './daemon-process.ts';
import { type ExtendedBrowser, readShelf } from './extension.ts';
import { tell } from './extension-messages.ts';

/** Who pairs; the owner, when nothing is said. */
interface Who {
  user?: string;
  role?: Role;
}

/** A fresh one-time code, and the link that carries it. */
export function pairCode(daemon: DaemonProcess, who: Who = {}): Promise<{ code: string; url: string }> {
  return must(daemon.client.call('createPairCode', { body: who }));
}

/** Fills in the options' form and presses its button. */
export async function fillPairing(options: Page, address: string, code: string): Promise<void> {
  await options.getByLabel(/Address of the daemon/).fill(address);
  await options.getByLabel('One-time code').fill(code);
  await options.getByRole('button', { name: 'Pair this browser' }).click();
}

/** Pairs from a page of the extension, in place of what was paired at this address before. Answers the daemon's id there. */
export async function pairFrom(page: Page, daemon: DaemonProcess, who?: Who): Promise<string> {
  const { code } = await pairCode(daemon, who);
  const paired = await tell(page, 'pair', { address: daemon.control, code, name: 'Laptop' });
  if (paired.end !== 'paired') throw new Error(paired.words.text);
  return paired.daemonId;
}

/** The same from the options, until the daemon is connected and stands there once. */
export async function pairBrowser(browser: ExtendedBrowser, daemon: DaemonProcess, who?: Who): Promise<string> {
  const options = await browser.options();
  const daemonId = await pairFrom(options, daemon, who);
  // Waits for the connection, and is answered through it.
  expect(await tell(options, 'call', { daemonId, door: 'status' })).toMatchObject({ ok: true, status: 200 });
  const paired = async () => {
    const daemons = await readShelf<{ id: string; address: string }>(options, 'daemons');
    return daemons.filter(({ address }) => address === daemon.control).map(({ id }) => id);
  };
  await expect.poll(paired).toEqual([daemonId]);
  await options.close();
  return daemonId;
}
