// What may stand at a place of a policy's text, for completion while it is typed and does not parse yet.
import { FACTS, type ArgPath } from './args';
import type { Path, Step } from './json';

export interface Context {
	path: Step[];          // of the value, or of the object whose key is typed
	isKey: boolean;
	keys: string[];        // that stand in this object before
	from: number;          // where the word begins that is typed
	isQuoted: boolean;     // it begins with a quote
	siblings: Record<string, string>; // members before it, in the closest object, that are texts: {"op": "in"}
}

interface Level {
	isObject: boolean;
	key: string | undefined;
	keys: string[];
	index: number;
	isValue: boolean;      // behind a colon
	texts: Record<string, string>;
}

const unquote = (raw: string): string => {
	try {
		return JSON.parse(raw) as string;
	} catch {
		return raw.slice(1).replace(/"$/, '');
	}
};

const TOKEN = /"(?:[^"\\\n]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/y;

// Reads the text up to `offset`, however broken it is behind it.
export function contextAt(text: string, offset: number): Context | null {
	const stack: Level[] = [];
	let at = 0, word: { from: number; raw: string } | null = null;
	while (at < offset) {
		TOKEN.lastIndex = at;
		const m = TOKEN.exec(text.slice(0, offset));
		if (!m) {
			at++;
			continue;
		}
		at = TOKEN.lastIndex;
		const raw = m[0], top = stack[stack.length - 1];
		const isOpen = at === offset && !/^[{}[\],:]$/.test(raw) && !(raw.length > 1 && /[^\\]"$/.test(raw));
		if (isOpen) {
			word = { from: m.index, raw };
			break;
		}
		step(stack, top, raw);
	}
	const top = stack[stack.length - 1];
	if (!top)
		return null;
	const above = stack.slice(0, -1).map((l): Step => (l.isObject ? l.key ?? '' : l.index));
	const isKey = top.isObject && !top.isValue;
	const path = isKey ? above : [...above, top.isObject ? top.key ?? '' : top.index];
	return { path, isKey, keys: top.keys, from: word?.from ?? offset, isQuoted: word?.raw.startsWith('"') ?? false,
	         siblings: [...stack].reverse().find((l) => l.isObject)?.texts ?? {} };
}

function step(stack: Level[], top: Level | undefined, raw: string): void {
	if (raw === '{' || raw === '[') {
		stack.push({ isObject: raw === '{', key: undefined, keys: [], index: 0, isValue: false, texts: {} });
	} else if (raw === '}' || raw === ']') {
		stack.pop();
	} else if (top && raw === ',') {
		top.index++;
		top.isValue = false;
	} else if (top && raw === ':') {
		top.isValue = true;
	} else if (top?.isObject && !top.isValue && raw.startsWith('"')) {
		top.key = unquote(raw);
		top.keys.push(top.key);
	} else if (top?.isObject && top.isValue && raw.startsWith('"') && top.key !== undefined) {
		top.texts[top.key] = unquote(raw);
	}
}

type Schema = Record<string, any>;

// The schemas that apply at a path of a document.
function schemasAt(root: Schema, path: Path, siblings: Record<string, string>): Schema[] {
	const expand = (s: Schema | undefined): Schema[] => {
		if (!s || typeof s !== 'object')
			return [];
		const out = [s];
		if (typeof s.$ref === 'string' && s.$ref.startsWith('#/'))
			out.push(...expand(s.$ref.slice(2).split('/').reduce((v: any, k: string) => v?.[k], root)));
		for (const a of [...(s.anyOf ?? []), ...(s.oneOf ?? []), ...(s.allOf ?? [])])
			out.push(...expand(a));
		const op = s.if?.properties?.op;
		const isSo = op && (op.enum ? op.enum.includes(siblings.op) : op.const === siblings.op);
		return isSo ? [...out, ...expand(s.then)] : out;
	};
	let now = expand(root);
	for (const p of path) {
		const next: Schema[] = [];
		for (const s of now) {
			if (typeof p === 'number' && s.items)
				next.push(...expand(s.items));
			if (typeof p === 'string' && s.properties?.[p])
				next.push(...expand(s.properties[p]));
			else if (typeof p === 'string' && typeof s.additionalProperties === 'object')
				next.push(...expand(s.additionalProperties));
		}
		now = next;
	}
	return now;
}

export interface Proposal {
	text: string;         // JSON: what is put in place of the word
	label: string;
	detail?: string;
}

export interface Known {
	schema: unknown;
	tools: readonly { name: string; class?: string; paths: readonly ArgPath[] }[];
	want?: (tool: string) => void; // its paths will be asked for
}

const isToolName = (path: Path): boolean => path.length === 1 && (path[0] === 'tools' || path[0] === 'labels');

export function complete(text: string, offset: number, known: Known): { from: number; proposals: Proposal[] } | null {
	const c = contextAt(text, offset);
	if (!c)
		return null;
	const schemas = schemasAt(known.schema as Schema ?? {}, c.path, c.siblings);
	const out = new Map<string, Proposal>();
	const put = (json: string, label: string, detail?: string) => out.has(json) || out.set(json, { text: json, label, detail });
	if (c.isKey) {
		for (const t of isToolName(c.path) ? known.tools : [])
			if (!c.keys.includes(t.name))
				put(`${JSON.stringify(t.name)}: `, t.name, t.class ?? 'tool');
		for (const s of schemas)
			for (const [key, of] of Object.entries<Schema>(s.properties ?? {}))
				if (!c.keys.includes(key))
					put(`${JSON.stringify(key)}: `, key, of.description);
	} else {
		const last = c.path[c.path.length - 1];
		for (const p of last === 'path' || last === 'increment_from' || last === 'unless_same' ? pathsFor(c.path, known) : [])
			put(JSON.stringify(p.path), p.path, p.description ?? p.type);
		for (const t of c.path[0] === 'hide' ? known.tools : [])
			put(JSON.stringify(t.name), t.name, t.class ?? 'tool');
		for (const s of schemas) {
			const values = s.enum ?? (s.const !== undefined ? [s.const] : s.type === 'boolean' ? [true, false] : s.type === 'string' ? s.examples : undefined);
			for (const v of values ?? [])
				put(JSON.stringify(v), String(v), s.description);
		}
	}
	return { from: c.from, proposals: [...out.values()] };
}

function pathsFor(path: Path, known: Known): readonly ArgPath[] {
	const own = path[0] === 'tools' ? known.tools.find((t) => t.name === path[1]) : undefined;
	if (own && !own.paths.length)
		known.want?.(own.name);
	const args = own ? own.paths : known.tools.flatMap((t) => t.paths);
	const isArgument = path[path.length - 1] !== 'path';
	return isArgument ? args : [...args, ...FACTS];
}
