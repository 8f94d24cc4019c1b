/** A style sheet as text, to be adopted by our own shadow root where no page's content policy reaches it. */
/* biome-ignore-all lint/style/noDefaultExport: how a bundler gives it */
declare module '*.css?inline' {
  const css: string;
  export default css;
}
