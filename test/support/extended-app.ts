import { type AppDaemon, type AppDaemonOptions, startAppDaemon } from './app-daemon.ts';
import { type ExtendedBrowser, openExtendedBrowser } from './extension.ts';

/** What most tests of the extension begin with: a daemon on a generated app, and somebody's browser, which is not paired yet. */
export interface ExtendedApp extends AppDaemon {
  browser: ExtendedBrowser;
}

export async function openExtendedApp(options: AppDaemonOptions = {}): Promise<ExtendedApp> {
  const live = await startAppDaemon(options);
  const endDaemon = live.end;
  try {
    const browser = await openExtendedBrowser();
    const end = async () => {
      await browser.close();
      await endDaemon();
    };
    return Object.assign(live, { browser, end });
  } catch (error) {
    await endDaemon();
    throw error;
  }
}
