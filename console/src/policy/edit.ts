// Edits of JSON text by ranges. Every function takes a text that parses and gives one that parses; all
// that lies outside of what is edited keeps its characters.
import { type ArrayNode, type Node, type ObjectNode, type Path, type Step, find, parse, rawOf, same } from './json';

const WIDTH = 100;
const TAB = 4;

// How the text is written: on one line, or with which indentation.
interface Style {
	unit: string; // "" : on one line
}

function styleOf(text: string, root: Node): Style {
	const inside = text.slice(root.start, root.end);
	if (!inside.includes('\n'))
		return { unit: root.kind === 'object' && root.members.length ? '' : '  ' };
	const m = /\n([ \t]+)\S/.exec(inside);
	return { unit: m ? m[1]! : '  ' };
}

const widthOf = (s: string): number => s.replaceAll('\t', ' '.repeat(TAB)).length;

function oneLine(text: string, node: Node): string {
	if (node.kind === 'object') {
		const parts = node.members.map((m) => `${text.slice(m.start, m.keyEnd)}: ${oneLine(text, m.value)}`);
		return parts.length ? `{ ${parts.join(', ')} }` : '{}';
	}
	if (node.kind === 'array') {
		const parts = node.items.map((v) => oneLine(text, v));
		const hasObjects = node.items.some((v) => v.kind === 'object' || v.kind === 'array');
		return hasObjects ? `[ ${parts.join(', ')} ]` : `[${parts.join(', ')}]`;
	}
	return rawOf(text, node);
}

// What reads better over several lines however short it is: a list of objects within a list of rules.
function layout(text: string, node: Node, indent: string, style: Style, before: number, width = WIDTH): string {
	const line = oneLine(text, node);
	const isLeaf = node.kind !== 'object' && node.kind !== 'array';
	if (isLeaf || !style.unit || widthOf(indent) + before + widthOf(line) <= width)
		return line;
	const inner = indent + style.unit;
	const parts = node.kind === 'object'
		? node.members.map((m) => {
			const key = `${text.slice(m.start, m.keyEnd)}: `;
			return key + layout(text, m.value, inner, style, key.length + 1, width);
		})
		: node.items.map((v) => layout(text, v, inner, style, 1, width));
	const [open, close] = node.kind === 'object' ? ['{', '}'] : ['[', ']'];
	return `${open}\n${parts.map((p) => inner + p).join(',\n')}\n${indent}${close}`;
}

function indentAt(text: string, offset: number): string {
	const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1);
	return /^[ \t]*/.exec(line)![0];
}

const splice = (text: string, start: number, end: number, by: string): string =>
	text.slice(0, start) + by + text.slice(end);

function written(raw: string, indent: string, style: Style, before: number): string {
	return layout(raw, parse(raw), indent, style, before);
}

const partsOf = (c: ObjectNode | ArrayNode): { start: number; end: number }[] =>
	c.kind === 'object' ? c.members : c.items;

// Puts `key: raw` or `raw` before the part at `index` of a container, or behind its last.
function insertPart(text: string, root: Node, c: ObjectNode | ArrayNode, index: number, key: string | null, raw: string): string {
	const style = styleOf(text, root), parts = partsOf(c);
	const head = key === null ? '' : `${JSON.stringify(key)}: `;
	const indent = indentAt(text, c.start);
	if (!parts.length) {
		const isWide = style.unit !== '' && (c === root || key !== null);
		const inner = indent + style.unit;
		const body = head + (isWide ? written(raw, inner, style, head.length + 1) : oneLine(raw, parse(raw)));
		const spaced = c.kind === 'object' || /^[[{]/.test(raw) ? ` ${body} ` : body;
		return splice(text, c.start + 1, c.end - 1, isWide ? `\n${inner}${body}\n${indent}` : spaced);
	}
	const isWide = text.slice(c.start, parts[0]!.start).includes('\n');
	const inner = isWide ? indentAt(text, parts[0]!.start) : indent;
	const body = head + (isWide ? written(raw, inner, style, head.length + 1) : oneLine(raw, parse(raw)));
	const gap = isWide ? `\n${inner}` : /^\s/.test(text.slice(parts[0]!.end + 1)) || parts.length === 1 ? ' ' : '';
	if (index >= parts.length) {
		const last = parts[parts.length - 1]!;
		return splice(text, last.end, last.end, `,${gap}${body}`);
	}
	const next = parts[index]!;
	return splice(text, next.start, next.start, `${body},${gap || ' '}`);
}

// A line that grew too long is broken: the outermost container on it that stands on one line and was added to.
function reflow(text: string, path: Path): string {
	const root = parse(text), style = styleOf(text, root);
	if (!style.unit)
		return text;
	for (let n = 1; n <= path.length; n++) {
		const node = find(root, path.slice(0, n));
		if ((node?.kind !== 'object' && node?.kind !== 'array') || rawOf(text, node).includes('\n'))
			continue;
		const from = text.lastIndexOf('\n', node.start - 1) + 1, indent = indentAt(text, node.start);
		if (widthOf(text.slice(from, node.end)) <= WIDTH)
			return text;
		return splice(text, node.start, node.end, layout(text, node, indent, style, node.start - from - indent.length + 1));
	}
	return text;
}

// Where a new key goes: before the first one that comes later in `order`; else to the end.
function placeIn(c: ObjectNode, key: string, order: readonly string[] | undefined): number {
	const at = order?.indexOf(key) ?? -1;
	if (at < 0)
		return c.members.length;
	const later = c.members.findIndex((m) => order!.indexOf(m.key) > at);
	return later < 0 ? c.members.length : later;
}

export type Order = (path: Path) => readonly string[] | undefined;

// Writes `raw` (JSON) where `path` leads. Missing objects on the way are made; an index one behind the
// last appends. What is there and equal stays as it is written.
export function set(text: string, path: Path, raw: string, order?: Order): string {
	const root = parse(text), there = find(root, path);
	if (there) {
		const value = parse(raw);
		if (same(there, value))
			return text;
		const c = find(root, path.slice(0, -1)), isInline = c !== undefined && c !== there && !rawOf(text, c).includes('\n');
		if (isInline && (value.kind === 'object' || value.kind === 'array'))
			return reflow(splice(text, there.start, there.end, oneLine(raw, value)), path);
		const column = there.start - (text.lastIndexOf('\n', there.start - 1) + 1) - indentAt(text, there.start).length;
		return splice(text, there.start, there.end, written(raw, indentAt(text, there.start), styleOf(text, root), column + 1));
	}
	const last = path[path.length - 1]!, above = path.slice(0, -1);
	const c = find(root, above);
	if (!c)
		return set(text, above, typeof last === 'number' ? `[${raw}]` : `{${JSON.stringify(last)}:${raw}}`, order);
	if (typeof last === 'number' && c.kind === 'array')
		return reflow(insertPart(text, root, c, last, null, raw), above);
	if (typeof last === 'string' && c.kind === 'object')
		return reflow(insertPart(text, root, c, placeIn(c, last, order?.(above)), last, raw), above);
	throw new RangeError('the path leads through a value of another type');
}

// Puts an item into a list, before the one at the index that ends the path.
export function insert(text: string, path: Path, raw: string): string {
	const root = parse(text), list = find(root, path.slice(0, -1)), index = path[path.length - 1];
	if (list?.kind !== 'array' || typeof index !== 'number')
		return set(text, path, raw);
	return reflow(insertPart(text, root, list, index, null, raw), path.slice(0, -1));
}

// Takes out a member or an item. Nothing there: nothing happens.
export function remove(text: string, path: Path): string {
	const root = parse(text), c = find(root, path.slice(0, -1)), step = path[path.length - 1];
	if (c?.kind !== 'object' && c?.kind !== 'array')
		return text;
	const parts = partsOf(c);
	const i = c.kind === 'object' ? c.members.findIndex((m) => m.key === step) : Number(step);
	const part = parts[i];
	if (!part)
		return text;
	if (parts.length === 1)
		return splice(text, c.start + 1, c.end - 1, '');
	if (i > 0)
		return splice(text, parts[i - 1]!.end, part.end, '');
	return splice(text, part.start, parts[1]!.start, '');
}

// The same, and then the containers above it that are empty now, up to those that are `keep` steps deep.
export function prune(text: string, path: Path, keep = 0): string {
	text = remove(text, path);
	for (let n = path.length - 1; n > keep; n--) {
		const c = find(parse(text), path.slice(0, n));
		if ((c?.kind !== 'object' && c?.kind !== 'array') || partsOf(c).length)
			break;
		text = remove(text, path.slice(0, n));
	}
	return text;
}

export function rename(text: string, path: Path, key: string): string {
	const root = parse(text), c = find(root, path.slice(0, -1)), last = path[path.length - 1];
	if (c?.kind !== 'object' || c.members.some((m) => m.key === key))
		return text;
	const m = c.members.find((x) => x.key === last);
	return m ? splice(text, m.start, m.keyEnd, JSON.stringify(key)) : text;
}

// Exchanges an item of a list with its neighbour; both keep how they are written.
export function move(text: string, path: Path, by: 1 | -1): string {
	const list = find(parse(text), path.slice(0, -1)), i = path[path.length - 1];
	if (list?.kind !== 'array' || typeof i !== 'number' || !list.items[i] || !list.items[i + by])
		return text;
	const [a, b] = by === 1 ? [list.items[i]!, list.items[i + 1]!] : [list.items[i - 1]!, list.items[i]!];
	return text.slice(0, a.start) + rawOf(text, b) + text.slice(a.end, b.start) + rawOf(text, a) + text.slice(b.end);
}

// The whole text in one form, numbers and strings as they are spelt.
export function format(text: string): string {
	const root = parse(text);
	if (root.kind !== 'object' || !root.members.length)
		return `${rawOf(text, root)}\n`;
	const lines = root.members.map((m) => {
		const key = `${text.slice(m.start, m.keyEnd)}: `;
		return `  ${key}${layout(text, m.value, '  ', { unit: '  ' }, key.length + 1)}`;
	});
	return `{\n${lines.join(',\n')}\n}\n`;
}

// A value as it is shown beside others, in a narrow column.
export function pretty(raw: string, width = 56): string {
	return layout(raw, parse(raw), '', { unit: '  ' }, 0, width);
}

// The one range in which two texts differ, for an editor that shows the first and shall show the second.
export function span(from: string, to: string): { start: number; end: number; insert: string } | null {
	if (from === to)
		return null;
	let start = 0, a = from.length, b = to.length;
	while (start < a && start < b && from[start] === to[start])
		start++;
	while (a > start && b > start && from[a - 1] === to[b - 1]) {
		a--;
		b--;
	}
	return { start, end: a, insert: to.slice(start, b) };
}

export type { Step };
