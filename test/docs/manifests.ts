import { parseAllDocuments } from 'yaml';

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface Container {
  readonly name: string;
  readonly workingDir: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
  }[];
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string; readonly defaultMode: number };
  readonly emptyDir?: object;
}

interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Deployment {
  readonly kind: 'Deployment';
  readonly metadata: Metadata;
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: Metadata;
      readonly spec: { readonly containers: readonly Container[]; readonly volumes: readonly Volume[] };
    };
  };
}

type Data = Readonly<Record<string, string>>;

type Manifest =
  | Deployment
  | { readonly kind: 'ConfigMap'; readonly metadata: Metadata; readonly data: Data }
  | { readonly kind: 'Secret'; readonly metadata: Metadata; readonly stringData: Data };

/** The objects of a manifest, read as Kubernetes reads it: YAML 1.1, no key twice. */
export class Manifests {
  readonly #all: readonly Manifest[];

  constructor(text: string) {
    const documents = parseAllDocuments(text, { version: '1.1' });
    const [problem] = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
    if (problem !== undefined) throw problem;
    this.#all = documents.map((document) => document.toJS() as Manifest);
  }

  get deployment(): Deployment {
    return this.#all.find((manifest) => manifest.kind === 'Deployment')!;
  }

  /** What a volume holds: the data of its ConfigMap or Secret; undefined where there is no such object. */
  dataOf({ configMap, secret }: Volume): Data | undefined {
    for (const manifest of this.#all) {
      if (manifest.kind === 'ConfigMap' && manifest.metadata.name === configMap?.name) return manifest.data;
      if (manifest.kind === 'Secret' && manifest.metadata.name === secret?.secretName)
        return manifest.stringData;
    }
    return undefined;
  }
}
