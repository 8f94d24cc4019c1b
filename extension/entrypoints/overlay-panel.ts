import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { mountPanel } from '../overlay/panel/mount-panel.tsx';

/** Put beside the overlay's first part when it is opened for the first time. */
export default defineUnlistedScript(mountPanel);
