import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { toggleOutlines } from '../awareness/toggle-outlines.ts';

/** Put into a page by the popup when a person asks for it, never by itself; its answer is what the popup says. */
// biome-ignore lint/nursery/noMisusedPromises: the browser waits for it and hands its answer over
export default defineUnlistedScript(toggleOutlines);
