/** What the browser's own notifications say; both are on until a person says otherwise. */
export interface NoticeSettings {
  needs_you: boolean;
  failed: boolean;
}

/** What was kept, whatever an older or newer version made of it. */
export function readNoticeSettings(kept: unknown): NoticeSettings {
  const { needs_you, failed } = (kept ?? {}) as { [K in keyof NoticeSettings]?: unknown };
  return { needs_you: needs_you !== false, failed: failed !== false };
}
