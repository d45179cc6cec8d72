/**
 * A Software Bill of Materials: CycloneDX or SPDX, as JSON.
 * Promises: it is what its own standard's schema allows, or it is refused with the place; a component that the program
 * file names is in it, by package URL or by name. Must never: guess which of two components is meant.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { FundRepository } from '../model/program.ts';
import { FundFault } from './fault.ts';

export interface SbomComponent {
  readonly name: string;
  readonly version: string | null;
  readonly purl: string | null;
}

export interface Sbom {
  readonly file: string;
  readonly format: string;
  readonly hash: string;
  readonly components: readonly SbomComponent[];
}

const PROBLEMS_SHOWN_MAX = 3;

export async function readSbom(file: string, text: string): Promise<Sbom> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FundFault(`${file}: is no JSON: ${(error as Error).message}`);
  }
  const { bomFormat, spdxVersion } = (json ?? {}) as { bomFormat?: unknown; spdxVersion?: unknown };
  const hash = createHash('sha256').update(text).digest('hex');
  if (bomFormat === 'CycloneDX') return { file, hash, ...(await readCycloneDx(file, text, json)) };
  if (typeof spdxVersion === 'string') return { file, hash, ...readSpdx(file, json) };
  throw new FundFault(`${file}: is neither CycloneDX (bomFormat) nor SPDX (spdxVersion)`);
}

type Read = Pick<Sbom, 'format' | 'components'>;

interface CycloneComponent {
  readonly name: string;
  readonly group?: string;
  readonly version?: string;
  readonly purl?: string;
  readonly components?: readonly CycloneComponent[];
}

/** By the standard's own schema, with the library of the standard's authors, which is read only for it. */
async function readCycloneDx(file: string, text: string, json: unknown): Promise<Read> {
  const { Spec, Validation } = await import('@cyclonedx/cyclonedx-library');
  const bom = json as {
    readonly specVersion?: string;
    readonly metadata?: { readonly component?: CycloneComponent };
    readonly components?: readonly CycloneComponent[];
  };
  const versions = Object.values(Spec.Version);
  const version = versions.find((each) => each === bom.specVersion);
  if (!version || version < '1.2')
    throw new FundFault(
      `${file}: specVersion: is ${bom.specVersion}; known: ${versions.filter((each) => each >= '1.2').join(', ')}`,
    );
  const problems = await new Validation.JsonStrictValidator(version).validate(text);
  if (problems !== null) throw new FundFault(`${file}: is no valid CycloneDX ${version}: ${shown(problems)}`);
  const components: SbomComponent[] = [];
  const add = (component: CycloneComponent | undefined) => {
    if (!component) return;
    const { group = '', name, version: of = null, purl = null } = component;
    components.push({ name: group === '' ? name : `${group}/${name}`, version: of, purl });
    component.components?.forEach(add);
  };
  add(bom.metadata?.component);
  bom.components?.forEach(add);
  return { format: `CycloneDX ${version}`, components };
}

function shown(problems: unknown): string {
  if (!Array.isArray(problems)) return String(problems);
  return problems
    .slice(0, PROBLEMS_SHOWN_MAX)
    .map(({ instancePath, message }: { instancePath?: string; message?: string }) => `${instancePath} ${message}`)
    .join('; ');
}

/** What SPDX 2.2 and 2.3 require of a document and of a package; more may stand there. */
const spdxSchema = z.looseObject({
  spdxVersion: z.enum(['SPDX-2.2', 'SPDX-2.3']),
  SPDXID: z.literal('SPDXRef-DOCUMENT'),
  name: z.string().min(1),
  dataLicense: z.string().min(1),
  documentNamespace: z.string().min(1),
  creationInfo: z.looseObject({ created: z.iso.datetime(), creators: z.array(z.string().min(1)).min(1) }),
  packages: z.array(
    z.looseObject({
      SPDXID: z.string().regex(/^SPDXRef-[A-Za-z0-9.-]+$/),
      name: z.string().min(1),
      downloadLocation: z.string().min(1),
      versionInfo: z.string().optional(),
      externalRefs: z
        .array(
          z.looseObject({
            referenceCategory: z.string(),
            referenceType: z.string(),
            referenceLocator: z.string(),
          }),
        )
        .optional(),
    }),
  ),
});

function readSpdx(file: string, json: unknown): Read {
  const read = spdxSchema.safeParse(json);
  if (!read.success) {
    const places = read.error.issues
      .slice(0, PROBLEMS_SHOWN_MAX)
      .map((each) => `/${each.path.join('/')} ${each.message}`);
    throw new FundFault(`${file}: is no valid SPDX 2: ${places.join('; ')}`);
  }
  const { spdxVersion, packages } = read.data;
  const components = packages.map(({ name, versionInfo, externalRefs = [] }) => ({
    name,
    version: versionInfo ?? null,
    purl: externalRefs.find(({ referenceType }) => referenceType === 'purl')?.referenceLocator ?? null,
  }));
  return { format: spdxVersion, components };
}

/** The version of a repository's package. Rejects FundFault when the release does not have it. */
export function versionIn(sbom: Sbom, { name, package: wanted }: FundRepository): string | null {
  const found = sbom.components.filter(({ name: of, purl }) =>
    wanted.startsWith('pkg:') ? purl !== null && isSamePackage(purl, wanted) : of === wanted || nameIn(purl) === wanted,
  );
  const versions = new Set(found.map(({ version }) => version));
  const [version = null] = versions;
  const where = `fund.repositories.${name}.package`;
  if (versions.size === 0) throw new FundFault(`${sbom.file}: has no component ${wanted}, which ${where} names`);
  if (versions.size > 1)
    throw new FundFault(
      `${sbom.file}: has ${wanted} in several versions (${[...versions].join(', ')}): name one in ${where}`,
    );
  return version;
}

/** Without a version a package URL means any; qualifiers and the way `@` is written do not count. */
function isSamePackage(purl: string, wanted: string): boolean {
  const [given, asked] = [plain(purl), plain(wanted)];
  return given === asked || withoutVersion(given) === asked;
}

/** npm names the root after its folder; only the package URL has its own name. */
function nameIn(purl: string | null): string | undefined {
  return purl === null ? undefined : /^pkg:[^/]+\/(.+)$/.exec(withoutVersion(plain(purl)))?.[1];
}

const plain = (purl: string): string => purl.replace(/[?#].*$/, '').replaceAll('%40', '@');
const withoutVersion = (purl: string): string => purl.replace(/(?<=[^/])@[^@/]*$/, '');
