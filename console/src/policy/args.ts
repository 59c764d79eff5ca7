// What a tool's input schema says of its arguments: paths for conditions, and fields for a form.
import type { ArgType } from './operators';

type Schema = Record<string, unknown>;

export interface ArgPath {
	path: string;          // "args.files[*].path"
	type: ArgType;
	options?: string[];    // JSON texts of enum or const
	format?: string;
	description?: string;
}

const PATHS = 200;
const DEPTH = 6;

const asSchema = (v: unknown): Schema | undefined => (v !== null && typeof v === 'object' && !Array.isArray(v) ? v as Schema : undefined);

// Follows `$ref` within the schema, and looks through the one alternative that is not null.
export function resolve(v: unknown, root: unknown, turns = 8): Schema {
	const s = asSchema(v);
	if (!s || turns === 0)
		return {};
	if (typeof s.$ref === 'string') {
		const steps = s.$ref.startsWith('#') ? s.$ref.slice(1).split('/').slice(1) : null;
		let to: unknown = root;
		for (const step of steps ?? [])
			to = asSchema(to)?.[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')];
		const { $ref, ...beside } = s;
		return steps ? { ...resolve(to, root, turns - 1), ...beside } : beside;
	}
	for (const key of ['anyOf', 'oneOf', 'allOf']) {
		const all = s[key];
		if (!Array.isArray(all) || s.type !== undefined)
			continue;
		const real = all.filter((a) => asSchema(a)?.type !== 'null');
		if (real.length === 1) {
			const { [key]: _, ...beside } = s;
			return { ...resolve(real[0], root, turns - 1), ...beside };
		}
	}
	return s;
}

export function typeOf(s: Schema): ArgType {
	const types = (Array.isArray(s.type) ? s.type : [s.type]).filter((t) => t !== 'null' && t !== undefined);
	if (types.length === 1) {
		const t = String(types[0]);
		if (t === 'integer')
			return 'number';
		return (['string', 'number', 'boolean', 'array', 'object'].includes(t) ? t : 'any') as ArgType;
	}
	const values = optionsOf(s);
	if (!types.length && values?.length && values.every((v) => v.startsWith('"')))
		return 'string';
	if (!types.length && asSchema(s.properties))
		return 'object';
	return 'any';
}

export function optionsOf(s: Schema): string[] | undefined {
	if (Array.isArray(s.enum))
		return s.enum.map((v) => JSON.stringify(v));
	return s.const !== undefined ? [JSON.stringify(s.const)] : undefined;
}

const isWord = (key: string): boolean => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key);
export const stepText = (key: string): string => (isWord(key) ? `.${key}` : `["${key.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"]`);

const textOf = (v: unknown): string | undefined => (typeof v === 'string' && v ? v : undefined);

export function argPaths(schema: unknown): ArgPath[] {
	const out: ArgPath[] = [];
	const walk = (v: unknown, path: string, depth: number) => {
		if (out.length >= PATHS || depth > DEPTH)
			return;
		const s = resolve(v, schema), type = typeOf(s);
		if (path !== 'args')
			out.push({ path, type, options: optionsOf(s), format: textOf(s.format), description: textOf(s.description) });
		for (const [key, of] of Object.entries(asSchema(s.properties) ?? {}))
			walk(of, path + stepText(key), depth + 1);
		if (type === 'array' && asSchema(s.items))
			walk(s.items, `${path}[*]`, depth + 1);
	};
	walk(schema, 'args', 0);
	return out;
}

export const FACTS: readonly ArgPath[] = [
	{ path: 'args', type: 'object', description: 'all arguments' },
	{ path: 'tool.name', type: 'string', description: 'the tool' },
	{ path: 'tool.class', type: 'string', options: ['"read"', '"write"', '"execute"', '"destructive"', '"financial"'], description: 'how it is classified' },
	{ path: 'tool.severity', type: 'string', options: ['"low"', '"medium"', '"high"', '"critical"'], description: 'how severe a mistake is' },
	{ path: 'grant.label', type: 'string', description: 'the name of the grant' },
	{ path: 'grant.subject', type: 'string', description: 'whom the grant stands for' },
	{ path: 'grant.tags', type: 'array', description: 'tags of the grant' },
	{ path: 'client.name', type: 'string', description: 'what the client calls itself' },
	{ path: 'client.ip', type: 'string', description: 'where it connects from' },
	{ path: 'session.calls', type: 'number', description: 'calls in this session before' },
	{ path: 'session.labels', type: 'array', description: 'labels on the session' },
	{ path: 'time.hour', type: 'number', description: '0 to 23, UTC' },
	{ path: 'time.weekday', type: 'string', description: 'UTC',
		options: ['"monday"', '"tuesday"', '"wednesday"', '"thursday"', '"friday"', '"saturday"', '"sunday"'] },
	{ path: 'time.utc', type: 'time', description: 'now' },
];

export function findPath(path: string, known: readonly ArgPath[]): ArgPath {
	const plain = path.replace(/\[\d+\]/g, '[*]');
	const found = known.find((p) => p.path === path || p.path === plain) ?? FACTS.find((p) => p.path === path);
	if (found)
		return found;
	return { path, type: /\[\]$|\[\*\]$/.test(path) && path.startsWith('grant.tags') ? 'string' : 'any' };
}

// A field of a form for arguments.
export interface ArgField {
	name: string;
	title: string;
	description?: string;
	isRequired: boolean;
	kind: 'text' | 'long' | 'number' | 'flag' | 'choice' | 'texts' | 'object' | 'json';
	isInteger: boolean;
	options?: string[];
	first?: string;        // JSON text of `default`
	fields?: ArgField[];   // of object
	placeholder?: string;
}

const LONG = /^(content|text|body|message|query|sql|prompt|description|code|script|markdown|html)$/i;

function kindOf(s: Schema, name: string, root: unknown, depth: number): ArgField['kind'] {
	if (optionsOf(s))
		return 'choice';
	switch (typeOf(s)) {
	case 'string':
		return LONG.test(name) || Number(s.maxLength) > 500 ? 'long' : 'text';
	case 'number':
		return 'number';
	case 'boolean':
		return 'flag';
	case 'array': {
		const item = resolve(s.items, root);
		return typeOf(item) === 'string' && !optionsOf(item) ? 'texts' : 'json';
	}
	case 'object':
		return depth < 2 && asSchema(s.properties) && Object.keys(s.properties as object).length ? 'object' : 'json';
	default:
		return 'json';
	}
}

function placeholderOf(s: Schema): string | undefined {
	const example = Array.isArray(s.examples) ? s.examples[0] : undefined;
	if (typeof example === 'string' || typeof example === 'number')
		return String(example);
	return ({ uri: 'https://…', email: 'name@example.com', date: '2030-01-31', 'date-time': '2030-01-31T12:00:00Z' } as Record<string, string>)[String(s.format)];
}

export function argFields(schema: unknown, at: unknown = schema, depth = 0): ArgField[] {
	const s = resolve(at, schema);
	const required = Array.isArray(s.required) ? s.required.map(String) : [];
	const all = Object.entries(asSchema(s.properties) ?? {}).map(([name, v]): ArgField => {
		const of = resolve(v, schema), kind = kindOf(of, name, schema, depth);
		return {
			name, kind, title: textOf(of.title) ?? name, description: textOf(of.description), isRequired: required.includes(name),
			isInteger: of.type === 'integer', options: optionsOf(of), first: of.default === undefined ? undefined : JSON.stringify(of.default),
			fields: kind === 'object' ? argFields(schema, v, depth + 1) : undefined, placeholder: placeholderOf(of),
		};
	});
	return [...all.filter((f) => f.isRequired), ...all.filter((f) => !f.isRequired)];
}

// Arguments to begin with: what is required, with its default or the emptiest value.
export function firstArguments(schema: unknown): string {
	const parts: string[] = [];
	const empty: Record<ArgField['kind'], string> = { text: '""', long: '""', number: '0', flag: 'false', choice: '""', texts: '[]', object: '{}', json: 'null' };
	for (const f of argFields(schema))
		if (f.isRequired)
			parts.push(`  ${JSON.stringify(f.name)}: ${f.first ?? f.options?.[0] ?? (f.kind === 'json' ? jsonFirst(schema, f.name) : empty[f.kind])}`);
	return parts.length ? `{\n${parts.join(',\n')}\n}` : '{}';
}

function jsonFirst(schema: unknown, name: string): string {
	const s = resolve(asSchema(resolve(schema, schema).properties)?.[name], schema);
	return ({ array: '[]', object: '{}' } as Record<string, string>)[typeOf(s)] ?? 'null';
}
