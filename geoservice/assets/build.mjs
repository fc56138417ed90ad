// Fills vendor/ from the pinned packages of package-lock.json and from own/. Run after `npm ci`.
//
// vendor/manifest.json lists every file with its package, version, licence and SHA-256: the service builds
// cache-busting addresses from it, and refuses to start a page without it.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "node_modules");
const FINISHED = join(HERE, "vendor");
/** Filled beside it and renamed at the end: a running service never sees half a build, nor does another build. */
const VENDOR = mkdtempSync(join(HERE, "vendor.new-"));
chmodSync(VENDOR, 0o755); // a temporary folder is its owner's alone
process.on("exit", () => rmSync(VENDOR, { recursive: true, force: true })); // of a build that failed
const FONTS = join(HERE, "..", "..", "styles", "fonts");

/** Files taken as they are: name in vendor/ -> [package, path in it]. */
const COPIED = {
  "leaflet.js": ["leaflet", "dist/leaflet.js"],
  "markercluster.js": ["leaflet.markercluster", "dist/leaflet.markercluster.js"],
  "proj4.js": ["proj4", "dist/proj4.js"],
  "swagger-ui.js": ["swagger-ui-dist", "swagger-ui-bundle.js"],
  "swagger-ui.css": ["swagger-ui-dist", "swagger-ui.css"],
};

/** Own code, bundled: name in vendor/ -> entry point. Style sheets may import those of packages. */
const BUNDLED = {
  "map.js": "own/map/main.js",
  "view.js": "own/map/view.js",
  "map.css": "own/map/map.css",
  "atlas.js": "own/atlas/main.js",
  "portal.js": "own/portal/main.js",
  "portal.css": "own/portal/portal.css",
  "docs.js": "own/docs.js",
};

/** Fonts of the sheet: name in styles/fonts/ -> [package, path in it]; filled from fonts.json. */
const fontList = join(HERE, "fonts.json");
const FONT_FILES = existsSync(fontList) ? JSON.parse(readFileSync(fontList, "utf8")) : {};

function packageInfo(name) {
  const { version, license } = JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8"));
  return { package: name, version, licence: license };
}

function read([name, path]) {
  const file = join(MODULES, name, path);
  if (!existsSync(file)) {
    throw new Error(`${name}: ${path} is missing. Run "npm ci" in geoservice/assets first.`);
  }
  return readFileSync(file);
}

const files = {};

function emit(name, content, info) {
  const bytes = Buffer.from(content);
  writeFileSync(join(VENDOR, name), bytes);
  writeFileSync(join(VENDOR, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  writeFileSync(
    join(VENDOR, `${name}.br`),
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  );
  files[name] = { ...info, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Source maps are not shipped, so the comments that point at them would only make requests that fail. */
const withoutSourceMap = (bytes) => bytes.toString("utf8").replace(/\n\/[/*][#@] sourceMappingURL=[^\n]*/g, "\n");

async function bundle(entry) {
  const result = await esbuild.build({
    entryPoints: [join(HERE, entry)],
    absWorkingDir: HERE,
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["es2020", "chrome90", "firefox90", "safari15"],
    charset: "utf8",
    legalComments: "inline",
    // Pictures of Leaflet's stock controls, which are not used here.
    loader: { ".png": "empty" },
    logLevel: "warning",
  });
  return result.outputFiles[0].contents;
}

/** Puts the finished folder in its place; another build may do the same at this moment. */
function publish() {
  for (;;) {
    const old = join(VENDOR, "old");
    try {
      renameSync(FINISHED, old);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
    rmSync(old, { recursive: true, force: true });
    try {
      renameSync(VENDOR, FINISHED);
      return;
    } catch (error) {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    }
  }
}

for (const [name, source] of Object.entries(COPIED)) {
  emit(name, withoutSourceMap(read(source)), packageInfo(source[0]));
}
const own = { package: "geoservice", ...{ version: JSON.parse(readFileSync(join(HERE, "package.json"))).version } };
for (const [name, entry] of Object.entries(BUNDLED)) {
  emit(name, await bundle(entry), { ...own, licence: "own" });
}
if (Object.keys(FONT_FILES).length) {
  mkdirSync(FONTS, { recursive: true });
  for (const [name, source] of Object.entries(FONT_FILES)) {
    const [font, content] = [join(FONTS, name), read(source)];
    // A sheet may be drawn meanwhile: an unchanged font is left alone, another one replaced in one step.
    if (existsSync(font) && readFileSync(font).equals(content)) continue;
    writeFileSync(`${font}.part`, content);
    renameSync(`${font}.part`, font);
  }
}
writeFileSync(join(VENDOR, "manifest.json"), JSON.stringify({ files }, null, 1) + "\n");
publish();
const total = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
console.log(`vendor/: ${Object.keys(files).length} files, ${Math.round(total / 1024)} KB; fonts: ${Object.keys(FONT_FILES).length}`);
