import { browser } from '../browser.ts';

/** What the browser's own notifications say; both are on until a person says otherwise. */
export interface NoticeSettings {
  needs_you: boolean;
  failed: boolean;
}

const PLACE = 'notifications';

export function readNoticeSettings(kept: unknown): NoticeSettings {
  const { needs_you, failed } = (kept ?? {}) as { [K in keyof NoticeSettings]?: unknown };
  return { needs_you: needs_you !== false, failed: failed !== false };
}

export async function loadNoticeSettings(): Promise<NoticeSettings> {
  return readNoticeSettings((await browser.storage.local.get(PLACE))[PLACE]);
}

export async function saveNoticeSettings(settings: NoticeSettings): Promise<void> {
  await browser.storage.local.set({ [PLACE]: settings });
}
