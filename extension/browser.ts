import browser, { type Runtime } from 'webextension-polyfill';

/** The WebExtension API of whichever browser this is. Background, popup and options use it; content scripts use `ask.ts`, which is smaller. */
export { browser };
export type MessageSender = Runtime.MessageSender;
export type Port = Runtime.Port;
