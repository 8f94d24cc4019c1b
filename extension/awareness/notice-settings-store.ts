import { browser } from '../browser.ts';
import { type NoticeSettings, readNoticeSettings } from './notice-settings.ts';

const PLACE = 'notifications';

export async function loadNoticeSettings(): Promise<NoticeSettings> {
  return readNoticeSettings((await browser.storage.local.get(PLACE))[PLACE]);
}

export async function saveNoticeSettings(settings: NoticeSettings): Promise<void> {
  await browser.storage.local.set({ [PLACE]: settings });
}
