// JSON as it was written: a tree of ranges, so that an edit changes only what it touches. Key order,
// spelling of numbers, space and unknown members stay as they are.

export type Step = string | number;
export type Path = readonly Step[];

interface Range {
	start: number; // offset of the first character
	end: number;   // behind the last one
}
export interface ObjectNode extends Range {
	kind: 'object';
	members: Member[];
}
export interface ArrayNode extends Range {
	kind: 'array';
	items: Node[];
}
export interface StringNode extends Range {
	kind: 'string';
	value: string;
}
export interface NumberNode extends Range {
	kind: 'number';
	raw: string;
}
export interface BooleanNode extends Range {
	kind: 'boolean';
	value: boolean;
}
export interface NullNode extends Range {
	kind: 'null';
}
export type Node = ObjectNode | ArrayNode | StringNode | NumberNode | BooleanNode | NullNode;
export interface Member extends Range {
	key: string;
	keyEnd: number;
	value: Node;
}

// The gate reads no deeper either.
const DEPTH = 100;

export class JsonError extends Error {
	constructor(message: string, readonly offset: number) {
		super(message);
	}
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// eslint-disable-next-line no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /[A-Za-z]+/y;

class Reader {
	at = 0;
	constructor(readonly text: string) {}

	match(re: RegExp): string | null {
		re.lastIndex = this.at;
		const m = re.exec(this.text);
		if (!m)
			return null;
		this.at = re.lastIndex;
		return m[0];
	}
	space(): void {
		this.match(SPACE);
	}
	fail(message: string, offset = this.at): never {
		throw new JsonError(message, offset);
	}
	unexpected(wanted: string): never {
		if (this.at >= this.text.length)
			this.fail(`the text ends where ${wanted} should stand`);
		this.fail(`'${String.fromCodePoint(this.text.codePointAt(this.at)!)}' stands where ${wanted} should`);
	}
	string(): StringNode {
		const start = this.at;
		const raw = this.match(STRING);
		if (raw === null)
			this.fail('this string does not end, or has a character in it that must be escaped', start);
		return { kind: 'string', start, end: this.at, value: JSON.parse(raw) as string };
	}
	value(depth: number): Node {
		const start = this.at, c = this.text[start];
		if (depth > DEPTH)
			this.fail(`more than ${DEPTH} levels`);
		if (c === '{')
			return this.object(depth);
		if (c === '[')
			return this.array(depth);
		if (c === '"')
			return this.string();
		const raw = this.match(NUMBER);
		if (raw !== null)
			return { kind: 'number', start, end: this.at, raw };
		const word = this.match(WORD);
		if (word === 'true' || word === 'false')
			return { kind: 'boolean', start, end: this.at, value: word === 'true' };
		if (word === 'null')
			return { kind: 'null', start, end: this.at };
		this.at = start;
		return this.unexpected('a value');
	}
	object(depth: number): ObjectNode {
		const start = this.at++, members: Member[] = [], seen = new Set<string>();
		this.space();
		if (this.text[this.at] === '}')
			return { kind: 'object', start, end: ++this.at, members };
		for (;;) {
			this.space();
			if (this.text[this.at] !== '"')
				this.unexpected('a key in quotes');
			const key = this.string();
			if (seen.has(key.value))
				this.fail(`the key "${key.value}" stands here twice`, key.start);
			seen.add(key.value);
			this.space();
			if (this.text[this.at] !== ':')
				this.unexpected("':'");
			this.at++;
			this.space();
			const value = this.value(depth + 1);
			members.push({ key: key.value, start: key.start, keyEnd: key.end, end: value.end, value });
			if (!this.goesOn('}'))
				return { kind: 'object', start, end: this.at, members };
		}
	}
	array(depth: number): ArrayNode {
		const start = this.at++, items: Node[] = [];
		this.space();
		if (this.text[this.at] === ']')
			return { kind: 'array', start, end: ++this.at, items };
		for (;;) {
			this.space();
			items.push(this.value(depth + 1));
			if (!this.goesOn(']'))
				return { kind: 'array', start, end: this.at, items };
		}
	}
	goesOn(close: string): boolean {
		this.space();
		const c = this.text[this.at];
		if (c !== ',' && c !== close)
			this.unexpected(`',' or '${close}'`);
		this.at++;
		return c === ',';
	}
}

// Throws JsonError.
export function parse(text: string): Node {
	const r = new Reader(text);
	r.space();
	const node = r.value(0);
	r.space();
	if (r.at < text.length)
		r.unexpected('the end of the text');
	return node;
}

export function tryParse(text: string): Node | JsonError {
	try {
		return parse(text);
	} catch (e) {
		if (e instanceof JsonError)
			return e;
		throw e;
	}
}

export function member(node: Node | undefined, key: string): Node | undefined {
	return node?.kind === 'object' ? node.members.find((m) => m.key === key)?.value : undefined;
}

export function find(node: Node | undefined, path: Path): Node | undefined {
	for (const step of path) {
		if (typeof step === 'number')
			node = node?.kind === 'array' ? node.items[step] : undefined;
		else
			node = member(node, step);
		if (!node)
			return undefined;
	}
	return node;
}

export const rawOf = (text: string, node: Range): string => text.slice(node.start, node.end);

// Numbers become those of the browser: for looking at, never for writing back.
export function valueOf(node: Node): unknown {
	switch (node.kind) {
	case 'object':
		return Object.fromEntries(node.members.map((m) => [m.key, valueOf(m.value)]));
	case 'array':
		return node.items.map(valueOf);
	case 'number':
		return Number(node.raw);
	case 'null':
		return null;
	default:
		return node.value;
	}
}

// One spelling for numbers that are the same decimal: sign, digits, power of ten.
export function decimal(raw: string): string {
	const m = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(raw);
	if (!m)
		return raw;
	const digits = (m[2]! + (m[3] ?? '')).replace(/^0+/, '');
	const short = digits.replace(/0+$/, '');
	if (!short)
		return '0';
	const power = Number(m[4] ?? 0) - (m[3]?.length ?? 0) + digits.length - short.length;
	return `${m[1]}${short}e${power}`;
}

// Equal as JSON: the order of keys does not matter, numbers are compared as decimals.
export function same(a: Node | undefined, b: Node | undefined): boolean {
	if (!a || !b)
		return a === b;
	if (a.kind === 'object' && b.kind === 'object')
		return a.members.length === b.members.length && a.members.every((m) => same(m.value, member(b, m.key)));
	if (a.kind === 'array' && b.kind === 'array')
		return a.items.length === b.items.length && a.items.every((v, i) => same(v, b.items[i]));
	if (a.kind === 'number' && b.kind === 'number')
		return decimal(a.raw) === decimal(b.raw);
	if (a.kind === 'null' || a.kind !== b.kind)
		return a.kind === b.kind;
	return (a as StringNode).value === (b as StringNode).value;
}

export function pointerOf(path: Path): string {
	return path.map((s) => `/${String(s).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

// A step of digits is an index where a list stands, and a key otherwise.
export function pathOf(pointer: string, root?: Node): Step[] {
	const path: Step[] = [];
	let node = root;
	for (const part of pointer.split('/').slice(1)) {
		const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
		const step = node?.kind === 'array' && /^\d+$/.test(name) ? Number(name) : name;
		path.push(step);
		node = find(node, [step]);
	}
	return path;
}

export function placeOf(text: string, offset: number): { line: number; column: number } {
	const before = text.slice(0, offset);
	const line = before.split('\n').length;
	return { line, column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}

// The node that stands closest to a pointer that may lead nowhere: errors point at what is missing, too.
export function nearest(root: Node, pointer: string): Node {
	const path = pathOf(pointer, root);
	for (let n = path.length; n > 0; n--) {
		const node = find(root, path.slice(0, n));
		if (node)
			return node;
	}
	return root;
}
