// Bundles the page of the preview: `npm run build` writes dist/preview.js and dist/preview.css.
import { build } from "esbuild";

await build({
  entryPoints: ["preview.jsx"],
  outfile: "dist/preview.js",
  bundle: true,
  minify: true,
  jsx: "automatic",
  loader: { ".svg": "dataurl", ".woff2": "dataurl", ".ttf": "dataurl" },
  define: { "process.env.NODE_ENV": '"production"', global: "window" },
  logLevel: "warning",
});
