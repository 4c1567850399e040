/**
 * Prints what the executable is made of, as a CycloneDX document: `deno run -A scripts/sbom.ts`.
 *
 * The list is that of the bundle, not of the lockfile: what the program does not reach is not in the executable.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import metadata from "../deno.json" with { type: "json" };
import { bundle } from "./support/executable.ts";
import { type BundledPackage, bundledPackages } from "./support/bundled_packages.ts";
import { print } from "./support/print.ts";

/** The packages of the lockfile, by name and version, with what their archives must hash to. */
const LOCKED: Readonly<Record<string, { readonly integrity: string }>> =
  JSON.parse(await Deno.readTextFile(new URL("../deno.lock", import.meta.url))).npm;

const directory = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-sbom-" });
try {
  await bundle(directory);
  const packages = await bundledPackages(directory);
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${crypto.randomUUID()}`,
    version: 1,
    metadata: {
      timestamp: new Date().toISOString(),
      component: {
        type: "application",
        "bom-ref": metadata.name,
        name: metadata.name,
        version: metadata.version,
        licenses: [{ license: { id: metadata.license } }],
      },
    },
    components: [
      { type: "platform", name: "deno", version: Deno.version.deno, "bom-ref": `deno@${Deno.version.deno}` },
      ...packages.map(component),
    ],
  };
  print(JSON.stringify(document, null, 2));
} finally {
  await Deno.remove(directory, { recursive: true });
}

function component({ name, version }: BundledPackage) {
  const reference = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  // The key of a package with peers goes on behind its version.
  const key = Object.keys(LOCKED).find((key) => key === `${name}@${version}` || key.startsWith(`${name}@${version}_`));
  const digest = key === undefined ? undefined : LOCKED[key]?.integrity.replace(/^sha512-/, "");
  if (digest === undefined) throw new Error(`The lockfile does not know ${name}@${version}`);
  return {
    type: "library",
    "bom-ref": reference,
    name,
    version,
    purl: reference,
    hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }],
  };
}
