// What somebody pastes to add a server: a command line, an address, or a client's configuration. Pure.
import type { NamedValue, ServerInput } from './types';

export type Pasted = { servers: ServerInput[] } | { problem: string };

// Words as a POSIX shell splits them: quotes and backslashes; nothing is expanded.
export function words(line: string): string[] | undefined {
	const out: string[] = [];
	let word = '', isWord = false, quote = '';
	for (let i = 0; i < line.length; i++) {
		const c = line[i];
		if (quote) {
			if (c === quote)
				quote = '';
			else if (c === '\\' && quote === '"' && /["\\$`]/.test(line[i + 1] ?? ''))
				word += line[++i];
			else
				word += c;
		} else if (c === '"' || c === "'") {
			quote = c;
			isWord = true;
		} else if (c === '\\') {
			if (line[i + 1] === '\n') {
				i++;
			} else if (line[i + 1] === '\r' && line[i + 2] === '\n') {
				i += 2;
			} else {
				word += line[++i] ?? '';
				isWord = true;
			}
		} else if (/\s/.test(c)) {
			if (isWord)
				out.push(word);
			word = '';
			isWord = false;
		} else {
			word += c;
			isWord = true;
		}
	}
	if (isWord)
		out.push(word);
	return quote ? undefined : out;
}

// A command line as one would type it.
export const line = (command: string[]): string => command.map((w) => (/^[\w@%+=:,./-]+$/.test(w) ? w : `'${w.replaceAll("'", `'\\''`)}'`)).join(' ');

const RUNNERS = /^(npx|bunx|pnpx|uvx|pipx|node|bun|deno|python3?|docker|podman|sh|bash|env|run|exec|dlx|npm|pnpm|yarn|uv|tool|x)$/;

// A name from a program or an address: letters, digits and dashes.
export function suggest(text: string): string {
	return text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 48).replace(/-+$/, '');
}

export function nameOfCommand(command: string[]): string {
	const parts = command.filter((w) => !w.startsWith('-')).map((w) => w.replace(/[?#].*$/, ''));
	const main = parts.find((w) => !RUNNERS.test(w.split('/').pop() ?? '')) ?? parts[0] ?? '';
	const scope = /^@([^/]+)\//.exec(main)?.[1];
	const base = main.replace(/^@[^/]+\//, '').split('/').filter(Boolean).pop()?.replace(/@[\w.^~-]+$/, '').replace(/\.(m?js|ts|py|sh|exe)$/, '') ?? '';
	const short = base.replace(/^(mcp-server-|server-|mcp-)/, '').replace(/(-mcp-server|-mcp|-server)$/, '');
	return suggest(short && short !== 'mcp' && short !== 'index' && short !== 'server' ? short : scope ?? base);
}

export function nameOfUrl(url: string): string {
	try {
		const host = new URL(url).hostname.split('.').filter((p) => !/^(www|mcp|api|com|org|net|io|dev|ai|app|co|local|localhost)$/.test(p));
		return suggest(host.find((p) => /[a-z]/.test(p)) ?? 'server');
	} catch {
		return '';
	}
}

const pairs = (v: unknown): NamedValue[] | undefined => (v && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).length
	? Object.entries(v).map(([name, value]) => ({ name, value: String(value) })) : undefined);

function entry(name: string, v: unknown): ServerInput | string {
	if (!v || typeof v !== 'object' || Array.isArray(v))
		return `“${name}” is not the entry of a server.`;
	const e = v as Record<string, unknown>;
	const url = e.url ?? e.serverUrl ?? e.httpUrl ?? e.uri;
	if (typeof url === 'string' && url)
		return { name: suggest(name || nameOfUrl(url)), url, ...(pairs(e.headers) ? { headers: pairs(e.headers) } : {}) };
	// Some clients write the program and its arguments as one list, or as an object of a path and arguments.
	const inner = e.command && typeof e.command === 'object' && !Array.isArray(e.command) ? e.command as Record<string, unknown> : undefined;
	const head = Array.isArray(e.command) ? e.command : inner ? [inner.path, ...(Array.isArray(inner.args) ? inner.args : [])] : typeof e.command === 'string' && e.command ? [e.command] : typeof e.cmd === 'string' ? [e.cmd] : [];
	const args = Array.isArray(e.args) ? e.args : [];
	const command = [...head, ...args].map(String);
	if (!head.length || !command[0])
		return `“${name || 'The entry'}” has neither a "command" nor a "url".`;
	const env = pairs(e.env ?? e.environment ?? e.envs ?? inner?.env);
	return { name: suggest(name || nameOfCommand(command)), command, ...(env ? { env } : {}), ...(typeof e.cwd === 'string' && e.cwd ? { cwd: e.cwd } : {}) };
}

function fromJson(text: string): Pasted {
	let v: unknown;
	try {
		// A piece of a configuration: `"files": { … }` without the braces around, or with a comma behind.
		const body = text.trim().replace(/,\s*$/, '');
		v = JSON.parse(body.startsWith('"') ? `{${body}}` : body);
	} catch (e) {
		return { problem: `This is not JSON yet: ${e instanceof Error ? e.message : String(e)}` };
	}
	if (!v || typeof v !== 'object' || Array.isArray(v))
		return { problem: 'A configuration is an object, as in {"mcpServers": {…}}.' };
	const o = v as Record<string, any>;
	const list = o.mcpServers ?? o.servers ?? o.context_servers ?? o.mcp?.servers ?? o.mcp;
	const named: [string, unknown][] = list && typeof list === 'object' ? Object.entries(list)
		: 'command' in o || 'url' in o || 'serverUrl' in o || 'httpUrl' in o || 'cmd' in o ? [[typeof o.name === 'string' ? o.name : '', o]] : Object.entries(o);
	const found = named.map(([n, e]) => entry(n, e));
	const bad = found.find((f) => typeof f === 'string');
	if (typeof bad === 'string')
		return { problem: bad };
	return found.length ? { servers: found as ServerInput[] } : { problem: 'There is no server in this configuration.' };
}

function fromLine(text: string): Pasted {
	const all = words(text.replace(/^\$\s+/, ''));
	if (!all)
		return { problem: 'A quote is opened and not closed.' };
	if (all.some((w) => /^(\||\|\||&&|;|>|<|>>|&)$/.test(w)))
		return { problem: 'The gate starts one program, without a shell: leave out pipes and redirections.' };
	const env: NamedValue[] = [];
	let at = all[0] === 'env' ? 1 : 0;
	for (; at < all.length && /^[A-Za-z_]\w*=/.test(all[at]); at++)
		env.push({ name: all[at].slice(0, all[at].indexOf('=')), value: all[at].slice(all[at].indexOf('=') + 1) });
	// "claude mcp add NAME [options] -- command": the part behind the dashes.
	const dashes = all.indexOf('--');
	const isAdd = all[at + 1] === 'mcp' && all[at + 2] === 'add' && dashes > 0;
	const command = isAdd ? all.slice(dashes + 1) : all.slice(at);
	if (!command.length)
		return { problem: 'There is no program in it yet.' };
	return { servers: [{ name: isAdd && !all[at + 3].startsWith('-') ? suggest(all[at + 3]) : nameOfCommand(command), command, ...(env.length ? { env } : {}) }] };
}

export function pasted(text: string): Pasted {
	const t = text.trim();
	if (!t)
		return { problem: '' };
	if (/^[{["]/.test(t))
		return fromJson(t);
	if (/^[a-z][a-z0-9+.-]*:\/\//i.test(t) && !/\s/.test(t)) {
		if (!/^https?:/i.test(t))
			return { problem: 'The address of a server begins with https:// or http://.' };
		try {
			new URL(t);
		} catch {
			return { problem: 'This is not a whole address yet.' };
		}
		return { servers: [{ name: nameOfUrl(t), url: t }] };
	}
	return fromLine(t);
}
