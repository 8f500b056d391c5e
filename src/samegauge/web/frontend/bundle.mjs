// Makes everything the browser gets from locked packages: node bundle.mjs STATIC_VENDOR FONTS TEST_TOOLS
import { build } from "esbuild";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "node_modules");
const [vendor, fonts, testTools] = process.argv.slice(2);

async function sprite() {
  const names = (await readFile(join(here, "icons.txt"), "utf8")).split("\n").filter(Boolean);
  const symbols = await Promise.all(
    names.map(async (name) => {
      const source = await readFile(join(packages, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
      const shapes = [...source.matchAll(/<(path|circle|rect|line|polyline|ellipse)\b[^>]*\/>/g)].map((found) => found[0]);
      const drawn = shapes.filter((shape) => !shape.includes('stroke="none"')).join("");
      return `<symbol id="${name}" viewBox="0 0 24 24">${drawn}</symbol>`;
    }),
  );
  const text = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`;
  await writeFile(join(vendor, "icons.svg"), text);
}

async function scriptsAndStyles() {
  const common = { bundle: true, minify: true, legalComments: "eof", logLevel: "warning", absWorkingDir: here };
  const islands = ["theme", "samegauge", "signal", "upload"].map((name) => ({ in: `islands/${name}.ts`, out: name }));
  const tablet = { page: "station", worker: "station_worker" };
  const stations = Object.entries(tablet).map(([name, out]) => ({ in: `islands/station/${name}.ts`, out }));
  await build({ ...common, entryPoints: [...islands, ...stations], outdir: vendor, format: "iife", target: "es2022" });
  await build({
    ...common,
    entryPoints: [
      { in: "tabler.css", out: "tabler" },
      { in: join(packages, "uplot/dist/uPlot.min.css"), out: "uplot" },
    ],
    outdir: vendor,
    loader: { ".svg": "dataurl" },
  });
  const htmx = await readFile(join(packages, "htmx.org/dist/htmx.min.js"), "utf8");
  await writeFile(join(vendor, "htmx.js"), htmx.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"));
}

async function licences() {
  const sources = {
    "Tabler and Tabler Icons": "@tabler/icons/LICENSE", // the Tabler package names the same licence but ships no text
    "htmx": "htmx.org/LICENSE",
    "uPlot": "uplot/LICENSE",
  };
  const texts = await Promise.all(
    Object.entries(sources).map(async ([name, path]) => `${name}\n\n${await readFile(join(packages, path), "utf8")}`),
  );
  await writeFile(join(vendor, "LICENSES.txt"), texts.join("\n\n----\n\n"));
}

async function pdfFonts() {
  const family = join(packages, "@expo-google-fonts/noto-sans-tc");
  await copyFile(join(family, "400Regular/NotoSansTC_400Regular.ttf"), join(fonts, "NotoSansTC-Regular.ttf"));
  await copyFile(join(family, "700Bold/NotoSansTC_700Bold.ttf"), join(fonts, "NotoSansTC-Bold.ttf"));
  await copyFile(join(family, "LICENSE_FONT"), join(fonts, "OFL.txt"));
}

await Promise.all([vendor, fonts].map((folder) => rm(folder, { recursive: true, force: true })));
await Promise.all([vendor, fonts, testTools].map((folder) => mkdir(folder, { recursive: true })));
await Promise.all([sprite(), scriptsAndStyles(), licences(), pdfFonts()]);
await copyFile(join(packages, "axe-core/axe.min.js"), join(testTools, "axe.min.js"));
