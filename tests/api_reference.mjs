// docs/api.md from docs/openapi.yaml: what people read. Prints it; --check compares.
//   usage: node tests/api_reference.mjs [--check | --write]
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const MAY = { see: 'viewer', audit: 'auditor', approve: 'approver', policy: 'policy_manager', manage: 'admin' };

function follow(doc, v) {
	while (v && v.$ref)
		v = v.$ref.slice(2).split('/').reduce((o, k) => o?.[k.replaceAll('~1', '/').replaceAll('~0', '~')], doc);
	return v;
}

const name = (ref) => ref.split('/').at(-1);
const cell = (text) => String(text ?? '').replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();
const sentence = (text) => { const s = cell(text); return s && !/[.:]$/.test(s) ? s + '.' : s; };

// A schema in a few words.
function words(doc, s, depth = 0) {
	if (s === undefined || s === true) return 'anything';
	if (s.$ref) return `[${name(s.$ref)}](#${name(s.$ref).toLowerCase()})`;
	if ('const' in s) return `\`${JSON.stringify(s.const)}\``;
	if (s.enum) return s.enum.map((v) => `\`${v}\``).join(', ');
	const many = s.oneOf ?? s.anyOf;
	if (many) return many.map((v) => words(doc, v, depth)).join(' or ');
	if (s.allOf) return s.allOf.map((v) => words(doc, v, depth)).join(' and ');
	const type = Array.isArray(s.type) ? s.type.join(' or ') : s.type ?? (s.properties ? 'object' : 'anything');
	if (type === 'array') return `list of ${words(doc, s.items, depth)}`;
	if (s.properties && depth < 2)
		return `{ ${Object.entries(s.properties).map(([k, v]) => `${k}: ${words(doc, v, depth + 1)}`).join(', ')} }`;
	const bounds = [s.minimum !== undefined && s.maximum !== undefined ? `${s.minimum} to ${s.maximum}` : '', s.format ?? '',
	                s.maxLength !== undefined ? `at most ${s.maxLength} characters` : ''].filter(Boolean).join(', ');
	return bounds ? `${type} (${bounds})` : type;
}

function members(doc, s, out) {
	out.push('', '| member | what | |', '|---|---|---|');
	for (const [k, v] of Object.entries(s.properties ?? {}))
		out.push(`| \`${k}\`${(s.required ?? []).includes(k) ? '' : ' (may be absent)'} | ${cell(words(doc, v))} | ${cell(v.description)} |`);
}

function operation(doc, where, method, item, op, out) {
	const may = op['x-permission'];
	out.push('', `### \`${method.toUpperCase()} ${where}\``, '', sentence(op.summary));
	if (op.description) out.push('', op.description.trim());
	if (may)
		out.push('', may === 'open' ? 'For anybody.' : may === 'own' ? 'For everybody who is signed in: their own.' :
			`Needs \`${may}\`: the role ${MAY[may] ?? may} or admin${may === 'see' ? ', and every other role' : ''}.`);
	const parameters = [...(item.parameters ?? []), ...(op.parameters ?? [])].map((p) => follow(doc, p));
	if (parameters.length) {
		out.push('', '| parameter | in | what | |', '|---|---|---|---|');
		for (const p of parameters)
			out.push(`| \`${p.name}\`${p.required ? '' : ' (optional)'} | ${p.in} | ${cell(words(doc, p.schema))} | ${cell(p.description)} |`);
	}
	const body = follow(doc, op.requestBody)?.content?.['application/json']?.schema;
	if (body) {
		const s = follow(doc, body);
		if (body.$ref) out.push('', `Body: ${words(doc, body)}.`);
		else if (s.properties) { out.push('', 'Body:'); members(doc, s, out); }
		else out.push('', `Body: ${words(doc, body)}.`);
	}
	out.push('', '| status | what | body |', '|---|---|---|');
	for (const [status, r] of Object.entries(op.responses)) {
		const answer = follow(doc, r);
		const [type, media] = Object.entries(answer.content ?? {})[0] ?? [];
		const what = !type ? '' : type === 'application/problem+json' ? '[problem](#errors)' :
			type === 'application/json' ? words(doc, media.schema) : `\`${type}\``;
		out.push(`| ${status} | ${cell(answer.description)} | ${cell(what)} |`);
	}
}

export function reference(doc) {
	const out = ['# The HTTP API', '', '<!-- Printed from openapi.yaml by tests/api_reference.mjs: change that. -->', '', doc.info.description.trim()];
	const sections = new Map();
	for (const [where, item] of Object.entries(doc.paths))
		for (const method of METHODS)
			if (item[method]) {
				const tag = item[method].tags?.[0] ?? where.split('/')[3] ?? '';
				if (!sections.has(tag)) sections.set(tag, []);
				sections.get(tag).push([where, method, item]);
			}
	out.push('', '## Errors', '', 'Every error is `application/problem+json` (RFC 9457) with `status`, `title` and `detail`; `errors` names what is to blame, by',
	         '`pointer` (RFC 6901, into the body), `parameter` or `header`.');
	members(doc, doc.components.schemas.Problem, out);
	for (const tag of [...sections.keys()]) {
		const about = (doc.tags ?? []).find((t) => t.name === tag);
		out.push('', `## ${tag.charAt(0).toUpperCase()}${tag.slice(1)}`);
		if (about?.description) out.push('', about.description.trim());
		for (const [where, method, item] of sections.get(tag))
			operation(doc, where, method, item, item[method], out);
	}
	out.push('', '## Shapes');
	for (const [k, s] of Object.entries(doc.components.schemas)) {
		out.push('', `### ${k}`);
		if (s.description) out.push('', sentence(s.description));
		if (s.properties) members(doc, s, out);
		else out.push('', cell(words(doc, s)) + '.');
	}
	return out.join('\n') + '\n';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const text = reference(parse(readFileSync(path.join(ROOT, 'docs/openapi.yaml'), 'utf8'), { merge: true, maxAliasCount: -1 }));
	const file = path.join(ROOT, 'docs/api.md');
	if (process.argv.includes('--write')) writeFileSync(file, text);
	else if (process.argv.includes('--check')) {
		if (readFileSync(file, 'utf8') !== text) {
			console.error('docs/api.md is not what docs/openapi.yaml says: node tests/api_reference.mjs --write');
			process.exit(1);
		}
	} else process.stdout.write(text);
}
