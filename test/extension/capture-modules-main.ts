/* What the bench puts beside a page. One bundle, so that a test can call any part of it. */
import { h, render } from 'preact';
import { burned } from '../../extension/capture/burn.ts';
import captureCss from '../../extension/capture/capture.css';
import { collect } from '../../extension/capture/collect.ts';
import { frameworkHints } from '../../extension/capture/framework-hints.ts';
import { PayloadView } from '../../extension/capture/payload-view.tsx';
import { photograph } from '../../extension/capture/photograph.ts';
import { startPicker, withPicked } from '../../extension/capture/pick.ts';
import { PictureEditor } from '../../extension/capture/picture-editor.tsx';
import { privateRegions } from '../../extension/capture/private-regions.ts';
import { secretsIn } from '../../extension/capture/secrets-in.ts';
import { findPlace, placeOf } from '../../extension/capture/selector.ts';
import { takeElement } from '../../extension/capture/take-element.ts';
import { toRequest } from '../../extension/capture/to-request.ts';
import { childrenOf, elementAt } from '../../extension/capture/walk.ts';
import { openCaptureDesk } from '../../extension/overlay/panel/capture-desk.ts';
import baseCss from '../../shared/ui/base.css';
import controlsCss from '../../shared/ui/controls.css';
import themeCss from '../../shared/ui/theme.css';

const css = [themeCss, baseCss, controlsCss, captureCss].join('\n');

export {
  burned,
  childrenOf,
  collect,
  css,
  elementAt,
  findPlace,
  frameworkHints,
  h,
  openCaptureDesk,
  PayloadView,
  PictureEditor,
  photograph,
  placeOf,
  privateRegions,
  render,
  secretsIn,
  startPicker,
  takeElement,
  toRequest,
  withPicked,
};
