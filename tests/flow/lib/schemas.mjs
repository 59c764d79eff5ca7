// The methods of every revision of MCP: { version, who, sort, method }, from the schemas that
// the official suite carries and, for 2024-11-05, which it does not have, from the official
// Python package.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { ROOT, environment } from './gate.mjs';
import { run } from './process.mjs';
import { fromPypi } from './pypi.mjs';

const SUITE = path.join(ROOT, 'tests/conformance/node_modules/@modelcontextprotocol/conformance/dist/index.js');
// What a union of a schema says of its members. Modern servers ask by inputRequests.
const UNIONS = {
	ClientRequest: ['client', 'request'], ClientNotification: ['client', 'notification'],
	ServerRequest: ['server', 'request'], InputRequest: ['server', 'request'], ServerNotification: ['server', 'notification'],
};
const ASK = `
import json
from mcp_types import methods as m
print(json.dumps([[v, who, sort, name] for who, sort, table in (
    ("client", "request", m.CLIENT_REQUESTS), ("client", "notification", m.CLIENT_NOTIFICATIONS),
    ("server", "request", m.SERVER_REQUESTS), ("server", "notification", m.SERVER_NOTIFICATIONS)) for name, v in table]))
`;

// The literal of an object that begins at `from`; braces in strings do not count.
function literalAt(text, from) {
	let depth = 0;
	for (let i = from; i < text.length; i++) {
		const c = text[i];
		if (c === '`' || c === '"' || c === "'") {
			for (i++; text[i] !== c; i++)
				if (text[i] === '\\')
					i++;
		} else if (c === '{') {
			depth++;
		} else if (c === '}' && --depth === 0) {
			return text.slice(from, i + 1);
		}
	}
	throw new Error('a schema in the suite has no end');
}

function methodsOf(version, schema) {
	const all = schema.definitions ?? schema.$defs;
	const found = [];
	for (const [union, [who, sort]] of Object.entries(UNIONS)) {
		if (!all[union])
			continue;
		for (const one of all[union].anyOf ?? [all[union]])
			found.push({ version, who, sort, method: (one.$ref ? all[one.$ref.split('/').pop()] : one).properties.method.const });
	}
	const listed = new Set(found.map((f) => f.method));
	const lost = Object.values(all).map((d) => d.properties?.method?.const).filter((m) => m !== undefined && !listed.has(m));
	return { found, lost };
}

// { methods, lost: methods of no union } or { why: the reason to skip }.
export function methodsOfSuite() {
	if (!existsSync(SUITE))
		return { why: 'the official suite is not installed (npm)' };
	const text = readFileSync(SUITE, 'utf8');
	const names = Object.fromEntries([...text.matchAll(/([\w$]+)=(?=\{\$schema:`[^`]*`,(?:definitions|\$defs):)/g)].map((m) => [m[1], m.index + m[1].length + 1]));
	const table = /=\{("2025-03-26":[^{}]*)\}/.exec(text)[1];
	const versions = Object.fromEntries(table.split(',').map((pair) => {
		const [key, name] = pair.split(':');
		const version = key.startsWith('[') ? new RegExp(`[,; ]${key.slice(1, -1)}=\`([^\`]+)\``).exec(text)[1] : JSON.parse(key);
		return [version, vm.runInNewContext(`(${literalAt(text, names[name])})`)];
	}));
	const parts = Object.entries(versions).map(([version, schema]) => methodsOf(version, schema));
	return { methods: parts.flatMap((p) => p.found), lost: parts.flatMap((p) => p.lost) };
}

export async function methodsOfPython(dir) {
	const { bin, why } = await fromPypi('mcp');
	if (why)
		return { why };
	const r = await run([path.join(bin, 'python'), '-c', ASK], { env: environment(dir), cwd: dir });
	if (r.code !== 0)
		throw new Error(r.err);
	return { methods: JSON.parse(r.out).map(([version, who, sort, method]) => ({ version, who, sort, method })) };
}
