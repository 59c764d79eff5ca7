// The snippet for the client that somebody has, and a wait for its first call.
import { useEffect, useState } from 'preact/hooks';
import { api, asError, seg } from '../../app/api';
import { useEvent } from '../../app/events';
import type { CallRecord, Grant, Snippet } from '../../app/types';
import { useApi } from '../../app/use';
import { Button, Code, Decision, Icon, Note, Problem, Section, Select, Spinner, Time, toast } from '../../ui';

const isOf = (r: CallRecord, grant: string) => r['grant.id'] === grant;

export const useSnippetText = (s: Snippet | undefined, token: string) => (s ? (token ? s.text.replaceAll('$TOKEN', token) : s.text) : '');

export function ConnectStep({ server, grant, label, token, onToken, onDone }: { server: string; grant: string; label: string; token: string; onToken: (t: string) => void; onDone: () => void }) {
	const { data, error, reload } = useApi<{ snippets: Snippet[] }>(`/grants/${seg(grant)}/snippets`, { server });
	const [client, setClient] = useState(() => localStorage.getItem('client') ?? '');
	const [calls, setCalls] = useState<CallRecord[]>([]);
	const shown = data?.snippets.find((s) => s.client === client) ?? data?.snippets[0];
	const text = useSnippetText(shown, token);
	const add = (fresh: CallRecord[]) => setCalls((was) => [...fresh.filter((f) => !was.some((w) => w.id === f.id)), ...was].slice(0, 12));
	// The stream may be behind a proxy that holds it back: what was recorded is asked for as well.
	const look = () => api.get<{ records: CallRecord[] }>('/records', { grant: label, limit: 12 }).then((r) => add(r.records), () => undefined);
	useEffect(() => {
		look();
		const timer = setInterval(look, 4000);
		return () => clearInterval(timer);
	}, [label]);
	useEvent<CallRecord>('record', (r) => { if (isOf(r, grant)) add([r]); });
	const rotate = async () => {
		try {
			onToken((await api.post<{ grant: Grant; token: string }>(`/grants/${seg(grant)}/rotate`)).token);
		} catch (e) {
			toast(asError(e).message, 'bad');
		}
	};
	const tools = calls.filter((c) => c['gen_ai.tool.name']);
	return (
		<>
			<Section title="Paste this into your client">
				{error && <Problem error={error} onRetry={reload} />}
				{!token && <Note tone="warn" title="The token is shown only once" actions={<Button size="small" onClick={rotate}>Make a new token</Button>}>The page was loaded again since. A new token replaces the old one.</Note>}
				{data && <div class="row first-client"><Select label="Client" value={shown?.client ?? ''} onChange={(c) => { setClient(c); localStorage.setItem('client', c); }} options={data.snippets.map((s) => ({ value: s.client, label: s.title }))} /></div>}
				{shown && <Code text={text} title={shown.file ? <>Into <code>{shown.file}</code></> : shown.language === 'shell' || shown.language === 'sh' ? 'In a terminal' : shown.title} isWrapped label={`Snippet for ${shown.title}`} />}
				{token && <p class="field-hint">The token stands in it. It is shown only now: the gate keeps no more than its hash.</p>}
			</Section>
			<Section title={tools.length ? 'It works' : 'Waiting for the first call'} lead={tools.length ? 'Calls of this grant, as they come:' : `Let your client call a tool of ${server}. Ask it, for example, what tools it has and to use one.`}>
				<div aria-live="polite">
					{!calls.length && <Spinner label="Listening" />}
					<ul class="lines first-calls">{calls.map((c) => (
						<li key={c.id}><Decision decision={c.decision} /><a class="mono strong cut" href={`/activity/${seg(c.id)}`}>{c['gen_ai.tool.name'] ?? c['mcp.method.name']}</a>
							<code class="small muted cut">{c.rule}</code><span class="grow" /><Time at={c.time} /></li>))}</ul>
				</div>
				{tools.length > 0 && <Note tone="good" title="The gate decides and records every call now">Look at them under <a href="/activity">Activity</a>, change the rules under <a href="/policies">Policies</a>, add people under <a href="/users">Users</a>.</Note>}
				<div class="form-actions"><Button kind={tools.length ? 'primary' : 'default'} onClick={onDone}>{tools.length ? <>To the overview</> : 'Skip the wait'}</Button>{tools.length > 0 && <Icon name="check" />}</div>
			</Section>
		</>
	);
}
