// Bundles the extension into dist/extension.js, or (--tests) each test with what it tests into dist/tests.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";

const common = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  logLevel: "warning",
  external: ["vscode"],
  conditions: ["node"],
};

if (process.argv.includes("--tests")) {
  rmSync("dist/tests", { recursive: true, force: true });
  const entryPoints = readdirSync("src/tests")
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `src/tests/${name}`);
  await build({ ...common, entryPoints, outdir: "dist/tests", sourcemap: "inline" });
} else {
  const production = process.argv.includes("--production");
  await build({
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    minify: production,
    sourcemap: production ? false : "linked",
  });
}
