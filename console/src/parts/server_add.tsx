// Adding servers: by a command, an address, a pasted configuration, or from the clients of this machine. What a
// server offers is looked at before it is added.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { ApiError, api, asError } from '../app/api';
import { useDraft } from '../app/drafts';
import { Pasted, line, pasted } from '../app/server_text';
import type { ImportClient, Job, Profile, Server, ServerInput } from '../app/types';
import { useApi } from '../app/use';
import { Badge, Button, Checkbox, Empty, Form, Note, Problem, Risk, Section, Segmented, Skeleton, Spinner, TextArea, many, toast } from '../ui';
import { ServerForm } from './server_form';

export interface TriedTool { name: string; description?: string; inputSchema?: unknown; profile: Profile & { rationale?: string } }
export interface Tried { ok: boolean; error?: string; tools: TriedTool[]; server_info?: { name?: string; version?: string } }

const EXAMPLES = ['npx -y @modelcontextprotocol/server-filesystem /srv/data', 'https://mcp.example.com/mcp', '{"mcpServers": {"files": {"command": "npx", "args": ["…"]}}}'];

async function waitFor<T>(id: string, signal: AbortSignal): Promise<T> {
	for (;;) {
		const j = await api.get<Job<T>>(`/jobs/${encodeURIComponent(id)}`, {}, { signal });
		if (j.state === 'done')
			return j.result as T;
		if (j.state !== 'running')
			throw new ApiError(0, { title: 'That did not work', detail: j.error ?? 'It was cancelled.' });
		await new Promise((go) => setTimeout(go, 250));
	}
}

// Starts the server without adding it.
export async function tryServer(s: ServerInput, signal: AbortSignal): Promise<Tried> {
	const r = await api.post<Tried | { job: string }>('/servers/try', s, { signal });
	return 'job' in r ? waitFor<Tried>(r.job, signal) : r;
}

function Recognised({ found }: { found: Pasted }) {
	if ('problem' in found)
		return found.problem ? <p class="field-error">{found.problem}</p> : <p class="field-hint">Paste any of the three: what it is shows here.</p>;
	if (found.servers.length > 1)
		return <p class="field-hint"><Badge tone="good" icon="check">{many(found.servers.length, 'server')}</Badge> {found.servers.map((s) => s.name).join(', ')}</p>;
	const s = found.servers[0];
	const args = (s.command?.length ?? 1) - 1;
	return <p class="field-hint"><Badge tone="good" icon="check">{s.url ? 'Address' : 'Command'}</Badge> {s.url ? new URL(s.url).host : <><code>{s.command![0]}</code> with {many(args, 'argument')}{s.env?.length ? ` and ${many(s.env.length, 'variable')}` : ''}</>}</p>;
}

export function TriedList({ tried, limit = 8 }: { tried: Tried; limit?: number }) {
	const [isAll, setAll] = useState(false);
	const list = isAll ? tried.tools : tried.tools.slice(0, limit);
	return (
		<ul class="tried">
			{list.map((t) => <li key={t.name}><Risk severity={t.profile?.severity} /><div class="tried-text"><strong class="mono wrap">{t.name}</strong><span class="muted">{t.profile?.rationale ?? t.description}</span></div></li>)}
			{!isAll && tried.tools.length > limit && <li><button type="button" class="link" onClick={() => setAll(true)}>Show all {tried.tools.length}</button></li>}
		</ul>
	);
}

function Several({ servers, onAdded }: { servers: ServerInput[]; onAdded: (names: string[]) => void }) {
	const [chosen, setChosen] = useState(() => servers.map((s) => s.name));
	const [isBusy, setBusy] = useState(false);
	const [errors, setErrors] = useState<Record<string, string>>({});
	const add = async () => {
		setBusy(true);
		const failed: Record<string, string> = {}, done: string[] = [];
		for (const s of servers.filter((x) => chosen.includes(x.name)))
			await api.post<Server>('/servers', s).then(() => done.push(s.name), (e) => { const x = asError(e); failed[s.name] = x.errors[0]?.detail ?? x.message; });
		setBusy(false);
		setErrors(failed);
		setChosen(Object.keys(failed));
		if (done.length && !Object.keys(failed).length)
			onAdded(done);
		else if (done.length)
			toast(`${many(done.length, 'server')} added, ${Object.keys(failed).length} not.`, 'bad');
	};
	return (
		<div class="stack">
			<ul class="plain-list stack-small">{servers.map((s) => (
				<li key={s.name}><Checkbox label={<><strong>{s.name}</strong> <code class="small wrap">{s.url ?? line(s.command ?? [])}</code></>} checked={chosen.includes(s.name)} onChange={(on) => setChosen(on ? [...chosen, s.name] : chosen.filter((n) => n !== s.name))} />
					{errors[s.name] && <p class="field-error">{errors[s.name]}</p>}</li>))}</ul>
			<div><Button kind="primary" isBusy={isBusy} disabled={!chosen.length} onClick={add}>Add {many(chosen.length, 'server')}</Button></div>
		</div>
	);
}

function One({ first, isTyped, onAdded }: { first: ServerInput; isTyped: boolean; onAdded: (name: string, tried?: Tried) => void }) {
	const [server, setServer] = useState(first);
	const [tried, setTried] = useState<Tried>();
	const [error, setError] = useState<ApiError>();
	const [work, setWork] = useState<'' | 'try' | 'add'>('');
	const [stop] = useState(() => new AbortController());
	useEffect(() => () => stop.abort(), [stop]);
	const run = async (what: 'try' | 'add') => {
		setWork(what);
		setError(undefined);
		try {
			if (what === 'try') {
				setTried(await tryServer(server, stop.signal));
			} else {
				await api.post<Server>('/servers', server);
				onAdded(server.name, tried?.ok ? tried : undefined);
			}
		} catch (e) {
			if (!stop.signal.aborted)
				setError(asError(e));
		}
		if (!stop.signal.aborted)
			setWork('');
	};
	const loose = error && (error.status === 0 || !error.errors.length);
	return (
		<Form onSubmit={() => run(tried?.ok ? 'add' : 'try')}>
			<ServerForm value={server} onChange={(s) => { setServer(s); setTried(undefined); }} error={error} isShort isWhereKnown={isTyped && !error?.at('/command') && !error?.at('/url')} />
			{loose && <Problem error={error} />}
			{error && !loose && error.errors.some((e) => !/^\/(name|url|command|cwd|per|env|headers|limits)/.test(e.pointer ?? '')) && <Problem error={error} />}
			{work === 'try' && <Spinner label={server.url ? 'Asking the server for its tools' : 'Starting the server and asking for its tools'} />}
			{tried && !tried.ok && <Note tone="bad" title="The server did not answer as it should"><p class="wrap">{tried.error}</p><p>Check the {server.url ? 'address and headers' : 'command and its environment'}, and try again. You can also add it as it is.</p></Note>}
			{tried?.ok && <div class="stack-small"><Note tone="good" title={`${tried.server_info?.name ?? server.name}${tried.server_info?.version ? ` ${tried.server_info.version}` : ''} answers: ${many(tried.tools.length, 'tool')}`}>The most dangerous are first.</Note><TriedList tried={tried} /></div>}
			<div class="form-actions">
				{tried?.ok ? <Button kind="primary" type="submit" isBusy={work === 'add'}>Add this server</Button>
					: <Button kind="primary" type="submit" isBusy={work === 'try'}>{server.url ? 'Ask for its tools' : 'Start it and look at its tools'}</Button>}
				{!tried?.ok && <Button kind="quiet" isBusy={work === 'add'} onClick={() => run('add')}>Add without looking</Button>}
			</div>
		</Form>
	);
}

function Paste({ onAdded, draft }: { onAdded: (names: string[], tried?: Tried) => void; draft: string }) {
	const [text, setText, clear] = useDraft(draft, '');
	const found = useMemo(() => pasted(text), [text]);
	const done = (names: string[], tried?: Tried) => { clear(); onAdded(names, tried); };
	const one = 'servers' in found && found.servers.length === 1 ? found.servers[0] : undefined;
	return (
		<div class="stack">
			<div>
				<TextArea label="Command, address or configuration" isMono rows={3} value={text} onInput={setText} placeholder={EXAMPLES.join('\n')} autoFocus />
				<div class="recognised" aria-live="polite"><Recognised found={found} /></div>
			</div>
			{one && <One key={JSON.stringify(one)} first={one} isTyped={!/^[{["]/.test(text.trim())} onAdded={(n, t) => done([n], t)} />}
			{'servers' in found && found.servers.length > 1 && <Several key={text} servers={found.servers} onAdded={done} />}
		</div>
	);
}

interface Imported { added?: string[]; servers?: { name: string; ok?: boolean; error?: string }[]; problems?: { name: string; detail: string }[]; command?: string }

function Import({ onAdded }: { onAdded: (names: string[]) => void }) {
	const { data, error, reload } = useApi<{ clients: ImportClient[] }>('/import');
	const [chosen, setChosen] = useState<string[]>([]);
	const [isBusy, setBusy] = useState(false);
	const [failed, setFailed] = useState<ApiError>();
	if (error)
		return <Problem error={error} onRetry={reload} />;
	if (!data)
		return <Skeleton rows={4} />;
	const clients = data.clients.filter((c) => c.servers.length);
	if (!clients.length)
		return <Empty icon="search" title="No client on this machine has servers">Claude, Cursor, VS Code and others were looked for in the home folder of the user that runs the gate.</Empty>;
	const key = (c: ImportClient, name: string) => JSON.stringify([c.client, c.path, name]);
	const add = async () => {
		setBusy(true);
		setFailed(undefined);
		try {
			const servers = chosen.map((k) => { const [client, path, name] = JSON.parse(k) as string[]; return { client, path, name }; });
			await api.post<Imported>('/import', { servers });
			onAdded(servers.map((s) => s.name));
		} catch (e) {
			setFailed(asError(e));
		}
		setBusy(false);
	};
	return (
		<div class="stack">
			{clients.map((c) => (
				<fieldset class="pairs" key={`${c.client}${c.path}`}>
					<legend class="field-label">{c.client} <code class="small muted">{c.path}</code></legend>
					{c.servers.map((s) => (
						<Checkbox key={s.name} disabled={s.is_known || !!s.why_not} checked={chosen.includes(key(c, s.name))} onChange={(on) => setChosen(on ? [...chosen, key(c, s.name)] : chosen.filter((k) => k !== key(c, s.name)))}
							label={<><strong>{s.name}</strong> <code class="small muted wrap">{s.url ?? (Array.isArray(s.command) ? line(s.command) : s.command)}</code></>}
							hint={s.why_not ?? (s.is_known ? 'Already behind the gate.' : undefined)} />))}
				</fieldset>))}
			{failed && <Problem error={failed} />}
			<p class="field-hint">The clients' own files stay as they are. To make the clients use the gate, run <code>gatehouse import</code>, or paste the snippet of a grant.</p>
			<div><Button kind="primary" isBusy={isBusy} disabled={!chosen.length} onClick={add}>Add {many(chosen.length, 'server')}</Button></div>
		</div>
	);
}

export function AddServers({ onAdded, draft = 'server-add' }: { onAdded: (names: string[], tried?: Tried) => void; draft?: string }) {
	const [way, setWay] = useState('paste');
	return (
		<Section>
			<div><Segmented label="How to add servers" value={way} onChange={setWay} options={[{ value: 'paste', label: 'Command, address or JSON' }, { value: 'import', label: 'From this machine' }]} /></div>
			{way === 'paste' ? <Paste onAdded={onAdded} draft={draft} /> : <Import onAdded={onAdded} />}
		</Section>
	);
}
