/** What tests use of the browser's own interface, in functions that run inside the extension: `declare const chrome: Chrome`. */
export interface Chrome {
  action: Record<'getBadgeText' | 'getTitle', (about: { tabId: number }) => Promise<string>>;
  alarms: { clearAll(): Promise<boolean> };
  commands: { onCommand: { dispatch(name: string, tab: unknown): void } };
  developerPrivate: { updateProfileConfiguration(what: object): Promise<void> };
  management: { setEnabled(id: string, enabled: boolean): Promise<void> };
  notifications: {
    getAll(): Promise<Record<string, boolean>>;
    clear(id: string): Promise<boolean>;
    onClicked: { dispatch(id: string): void };
  };
  runtime: { reload(): void; sendMessage(message: unknown): Promise<unknown> };
  scripting: { executeScript(what: object): Promise<{ result?: unknown }[]> };
  storage: { local: { set(what: object): Promise<void> } };
  tabs: {
    captureVisibleTab(what?: object): Promise<string>;
    create(what: object): Promise<{ id: number }>;
    query(what: object): Promise<{ id: number; url?: string }[]>;
  };
}
