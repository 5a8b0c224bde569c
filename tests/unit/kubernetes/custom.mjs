// Says what is wrong with the objects of custom kinds that it reads as JSON from its input: [{group, manifest, package, version}].

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const MODULES = resolve(dirname(fileURLToPath(import.meta.url)), "../../../node_modules");

/** The fields of the one interface that a file declares, with the file of each one's type; null where it declares none. */
function fieldsOf(file) {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, "utf8");
  const body = /^export interface \w+(?: extends (\w+))?[^{]*\{\n([^]*?)^\}/m.exec(text);
  if (body === null) return null;
  const files = new Map();
  for (const [, names, from] of text.matchAll(/^import \{ ([^}]*) \} from "([^"]*)";/gm)) {
    const path = from.startsWith(".") ? resolve(dirname(file), from) : join(MODULES, from);
    for (const name of names.split(", ")) files.set(name, `${path.replace(/\.js$/, "")}.d.ts`);
  }
  // Some build upon another, whose fields are theirs too.
  const fields = new Map(body[1] === undefined ? [] : fieldsOf(files.get(body[1])));
  for (const [, name, type] of body[2].matchAll(/^ {4}"([^"]+)"\??: (?:Array<)?(\w*)/gm)) fields.set(name, files.get(type));
  return fields;
}

/** The fields of a value that its type does not have: Kubernetes would drop them, or refuse the object. */
function strangers(value, file, path) {
  if (Array.isArray(value)) return value.flatMap((each, index) => strangers(each, file, `${path}/${index}`));
  const fields = typeof value === "object" && value !== null ? fieldsOf(file) : null;
  if (fields === null) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    if (!fields.has(name)) return [`${path}/${name} is no field`];
    const type = fields.get(name);
    return type === undefined ? [] : strangers(each, type, `${path}/${name}`);
  });
}

async function faults({ group, manifest, package: name, version }) {
  const folder = join(MODULES, "@kubernetes-models", name, group, version);
  const Kind = (await import(pathToFileURL(join(folder, "index.js")).href))[manifest.kind];
  if (Kind === undefined) return [`${manifest.kind} is no kind of ${manifest.apiVersion}`];
  const found = strangers(manifest, join(folder, `${manifest.kind}.d.ts`), "data");
  try {
    new Kind(manifest).validate();
  } catch (error) {
    found.push(error.message);
  }
  return found.map((each) => `${manifest.kind} ${manifest.metadata.name}: ${each}`);
}

const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify((await Promise.all(asked.map(faults))).flat()));
