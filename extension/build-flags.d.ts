/** `open` in a debug build, `closed` in a release. */
declare const __SHADOW_MODE__: ShadowRootMode;
