import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { startRelay } from '../overlay/start-relay.ts';

/** In every frame but the top one, also in those without an address of their own. */
export default defineUnlistedScript(startRelay);
