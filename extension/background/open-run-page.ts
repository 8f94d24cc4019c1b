import { browser } from '../browser.ts';

/** Brings the daemon's page to the front, on a run when one is named: the tab that has it already, else a new one. */
export async function openRunPage(address: string, runId?: string): Promise<void> {
  const url = `${address}/codex${runId ? `/runs/${runId}` : ''}`;
  const open = (await browser.tabs.query({})).find((tab) => tab.url?.split(/[?#]/)[0]?.replace(/\/$/, '') === url);
  if (open?.id === undefined) {
    await browser.tabs.create({ url });
    return;
  }
  await browser.tabs.update(open.id, { active: true });
  if (open.windowId !== undefined) await browser.windows.update(open.windowId, { focused: true });
}
