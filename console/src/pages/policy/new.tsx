// A new policy: how to begin, a name, then the builder.
import { useState } from 'preact/hooks';
import { api, asError } from '../../app/api';
import type { ApiError } from '../../app/api';
import { useDraft } from '../../app/drafts';
import { navigate, useQuery } from '../../app/router';
import { useMay } from '../../app/session';
import type { PolicyDocument, Server } from '../../app/types';
import { EMPTY, format, isView, read } from '../../policy';
import { Button, Icon, Note, Page, Problem, Select, TextArea, TextField, many } from '../../ui';
import { useAll } from './data';
import { SaveDialog } from './save';
import { Workbench } from './workbench';

interface Draft { name: string; text: string; server: string; notes?: string[] }
type Way = 'recommend' | 'empty' | 'shadow' | 'paste' | 'intercept';

const WAYS: { id: Way; icon: 'policy' | 'deny' | 'activity' | 'copy' | 'external'; title: string; text: string }[] = [
	{ id: 'recommend', icon: 'policy', title: 'Recommended for a server', text: 'Looks at the server’s tools and their risk: what reads is allowed, what destroys asks a person.' },
	{ id: 'empty', icon: 'deny', title: 'Nothing is allowed yet', text: 'Everything is refused until you allow it, tool by tool.' },
	{ id: 'shadow', icon: 'activity', title: 'Watch first', text: 'Lets every call through and records what would have been refused.' },
	{ id: 'paste', icon: 'copy', title: 'Paste a policy', text: 'Any policy document as JSON, also one of PolicyLayer.' },
	{ id: 'intercept', icon: 'external', title: 'Import from Intercept', text: 'The YAML of Intercept becomes a policy, with notes on what differs.' },
];

const SHADOW = EMPTY.replace('"default": "deny",', '"default": "deny",\n  "mode": "shadow",');
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function Start({ onText }: { onText: (text: string, server: string, name: string, notes?: string[]) => void }) {
	const [query] = useQuery('server', 'start');
	const [way, setWay] = useState<Way>((query.start as Way) || 'recommend'), [server, setServer] = useState(query.server);
	const [pasted, setPasted] = useDraft('policy-paste', ''), [scope, setScope] = useState('server');
	const [error, setError] = useState<ApiError>(), [isBusy, setBusy] = useState(false), [wrong, setWrong] = useState('');
	const servers = useAll<Server>('/servers', 'servers'), all = servers.rows;
	const needsServer = way === 'recommend';
	const go = async () => {
		setError(undefined);
		setWrong('');
		setBusy(true);
		try {
			if (way === 'recommend') {
				const r = await api.post<{ document: PolicyDocument; text?: string }>('/policies/recommend', { server });
				onText(format(r.text ?? JSON.stringify(r.document)), server, server);
			} else if (way === 'intercept') {
				const r = await api.post<{ document: PolicyDocument; text?: string; notes?: unknown[] }>('/policies/import', { text: pasted, scope });
				onText(format(r.text ?? JSON.stringify(r.document)), server, '', (r.notes ?? []).map((n) => (typeof n === 'string' ? n : noteOf(n))));
			} else if (way === 'paste') {
				const v = read(pasted);
				if (isView(v))
					onText(pasted.trim().includes('\n') ? `${pasted.trim()}\n` : format(pasted), server, '');
				else
					setWrong(`Line ${v.line}, column ${v.column}: ${v.detail}.`);
			} else {
				onText(way === 'shadow' ? SHADOW : EMPTY, server, server);
			}
		} catch (e) {
			setError(asError(e));
		}
		setBusy(false);
	};
	return (
		<form class="stack" onSubmit={(e) => { e.preventDefault(); go(); }}>
			<fieldset class="b-ways"><legend class="sr-only">How to begin</legend>
				{WAYS.map((w) => (
					<label key={w.id} class={`b-way ${way === w.id ? 'is-on' : ''}`}>
						<input type="radio" name="way" class="sr-only" checked={way === w.id} onChange={() => { setWay(w.id); setError(undefined); setWrong(''); }} />
						<span class="b-way-icon"><Icon name={w.icon} /></span><span><span class="strong">{w.title}</span><span class="muted small b-way-text">{w.text}</span></span>
					</label>))}
			</fieldset>
			<div class="card stack b-start">
				{(way === 'paste' || way === 'intercept') && <TextArea label={way === 'paste' ? 'The policy' : 'The YAML of Intercept'} isMono rows={12} value={pasted} onInput={setPasted} error={wrong || undefined}
					placeholder={way === 'paste' ? EMPTY : 'version: "1"\ntools:\n  create_issue:\n    rules:\n      - rate_limit: 5/hour'} />}
				{way === 'intercept' && <Select label="Counters are shared by" value={scope} onChange={setScope} options={[{ value: 'server', label: 'all grants of the server, as in Intercept' }, { value: 'grant', label: 'nobody: each grant has its own' }]} />}
				<Select label="Server" isOptional={!needsServer} value={server} onChange={setServer} hint={needsServer ? 'Its tools are looked at now.' : 'Its tools are shown in the builder. The policy can be used for others, too.'}
					options={[{ value: '', label: servers.isReady ? 'Choose…' : 'Loading…' }, ...all.map((s) => ({ value: s.name, label: s.tools ? `${s.name}, ${many(s.tools.total, 'tool')}` : s.name }))]} />
				{servers.isReady && !all.length && needsServer && <Note title="There is no server yet" actions={<Button size="small" href="/servers/add">Add a server</Button>}>A recommendation needs the tools of one. You can also begin with an empty policy.</Note>}
				{error && <Problem error={error} />}
				<div class="row"><Button type="submit" kind="primary" isBusy={isBusy} disabled={(needsServer && !server) || ((way === 'paste' || way === 'intercept') && !pasted.trim())}>
					{way === 'recommend' ? 'Make a recommendation' : way === 'intercept' ? 'Import' : 'Begin'}</Button></div>
			</div>
		</form>
	);
}

function noteOf(n: unknown): string {
	const o = n as { line?: number; column?: number; detail?: string; text?: string };
	return `${o.line ? `Line ${o.line}: ` : ''}${o.detail ?? o.text ?? JSON.stringify(n)}`;
}

export function NewPolicy() {
	const [draft, setDraft, drop] = useDraft<Draft | null>('policy-new', null);
	const [saving, setSaving] = useState<{ text: string; server: string }>(), [isTouched, setTouched] = useState(false), [turn, setTurn] = useState(0);
	const may = useMay(), back = { href: '/policies', label: 'Policies' };
	const names = useAll<{ name: string }>('/policies', 'policies');
	if (!may('policy', '*'))
		return <Page title="New policy" back={back}><Note title="You may not write policies">A policy manager or an admin can.</Note></Page>;
	if (!draft)
		return <Page title="New policy" back={back} isNarrow lead="A policy says what an agent may do with a server’s tools. How do you want to begin?">
			<Start onText={(text, server, name, notes) => {
				const taken = new Set(names.rows.map((p) => p.name));
				setDraft({ text, server, name: taken.has(name) ? `${name}-2` : name, notes });
			}} /></Page>;
	const taken = names.rows.some((p) => p.name === draft.name);
	const wrong = !draft.name ? 'Give it a name.' : !NAME.test(draft.name) ? 'Up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.' : taken ? 'There is a policy of this name.' : undefined;
	const restart = () => {
		if (confirm('Begin anew? What you built here is thrown away.')) {
			drop();
			setDraft(null);
			drop();
		}
	};
	return (
		<Page title="New policy" back={back} actions={<Button kind="quiet" onClick={restart}>Begin anew</Button>}>
			<div class="b-name"><TextField label="Name" isMono value={draft.name} placeholder="read-only" autoComplete="off" maxLength={64} error={isTouched ? wrong : undefined} onInput={(name) => setDraft({ ...draft, name })} onBlur={() => setTouched(true)} /></div>
			{draft.notes && draft.notes.length > 0 && <Note tone="warn" title={`${many(draft.notes.length, 'thing')} differ from Intercept`} actions={<Button size="small" kind="quiet" onClick={() => setDraft({ ...draft, notes: [] })}>Understood</Button>}><ul>{draft.notes.map((n, i) => <li key={i}>{n}</li>)}</ul></Note>}
			<Workbench key={turn} name={draft.name || 'new policy'} base="" first={draft.text} isReadOnly={false} isNew servers={[]} startServer={draft.server} onText={(text) => setDraft((d) => (d ? { ...d, text } : d))}
				onSave={(text, server) => {
					setTouched(true);
					if (wrong) {
						setTurn(turn);
						document.querySelector<HTMLElement>('.b-name input')?.focus();
					} else {
						setSaving({ text, server });
					}
				}} />
			{saving && <SaveDialog name={draft.name} base="" text={saving.text} etag={undefined} server={saving.server} used={0} isNew onStale={() => { setSaving(undefined); names.reload(); }} onClose={() => setSaving(undefined)}
				onSaved={(p) => { drop(); setSaving(undefined); navigate(`/policies/${encodeURIComponent(p.name)}?tab=used`, { force: true, replace: true }); }} />}
		</Page>
	);
}
