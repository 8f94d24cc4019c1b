import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { startOverlay } from '../overlay/start-overlay.ts';

/**
 * In the top frame of every page; `wxt.config.ts` says when. Not one of wxt's own content scripts:
 * those tell the page of themselves, and end when the page sends them an event that any page can send.
 */
export default defineUnlistedScript(startOverlay);
