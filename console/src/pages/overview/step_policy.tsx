// The recommended policy over the tools, each with what happens to it; blanks that only a person can fill in.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { ApiError, api, asError, seg } from '../../app/api';
import { useDraft } from '../../app/drafts';
import type { Policy, Server, ToolList, ToolRow } from '../../app/types';
import { Choice, choose, isView, read, standing } from '../../policy/model';
import type { Tried } from '../../parts/server_add';
import { Badge, Button, Code, Note, Problem, Risk, Section, Segmented, Skeleton, Table, TextField, many } from '../../ui';
import { folders, place, withFolders } from './blanks';

type Row = ToolRow & { why?: string };

const CHOICES: { value: Choice; label: string }[] = [{ value: 'allow', label: 'Allow' }, { value: 'ask', label: 'Ask me' }, { value: 'deny', label: 'Refuse' }, { value: 'hide', label: 'Hide' }];

const rank = (s?: string) => ['low', 'medium', 'high', 'critical'].indexOf(s ?? '');

async function load(server: string): Promise<{ tools: Row[]; text: string; roots: string[] }> {
	await api.post(`/servers/${seg(server)}/check`).catch(() => undefined);
	const [list, rec, own] = await Promise.all([
		api.get<ToolList>('/tools', { server, sort: '-severity', limit: 200 }),
		api.post<{ document: unknown }>('/policies/recommend', { server }),
		api.get<Server>(`/servers/${seg(server)}`),
	]);
	return { tools: list.tools, text: JSON.stringify(rec.document, null, 2), roots: (own.command ?? []).slice(1).filter((w) => w.startsWith('/') && !/\.[a-z0-9]{1,5}$/i.test(w)).map((w) => w.replace(/(.)\/+$/, '$1')) };
}

function useRecommended(server: string, tried: Tried | undefined) {
	const [state, set] = useState<{ tools?: Row[]; text?: string; roots?: string[]; error?: ApiError }>({});
	const [turn, setTurn] = useState(0);
	useEffect(() => {
		set({});
		load(server).then((d) => {
			const why = new Map(tried?.tools.map((t) => [t.name, t.profile?.rationale]));
			set({ ...d, tools: d.tools.map((t) => ({ ...t, why: why.get(t.name) ?? undefined })).sort((a, b) => rank(b.severity) - rank(a.severity)) });
		}, (e) => set({ error: asError(e) }));
	}, [server, turn]);
	return { ...state, retry: () => setTurn((n) => n + 1) };
}

function Editor({ tools, first, roots, server, onDone }: { tools: Row[]; first: string; roots: string[]; server: string; onDone: (policy: string) => void }) {
	const [text, setText] = useDraft(`first-policy:${server}`, roots.length ? withFolders(first, roots) : first);
	const [name, setName] = useState(server);
	const [isShown, show] = useState(false);
	const [isBusy, setBusy] = useState(false);
	const [error, setError] = useState<ApiError>();
	const view = useMemo(() => read(text), [text]);
	const paths = folders(text);
	const origin = useMemo(() => read(first), [first]);
	const choiceOf = (t: Row): Choice => (isView(view) ? standing(view, { name: t.name, class: t.category }).choice : 'deny');
	const custom = (t: Row) => {
		if (!isView(origin) || standing(origin, { name: t.name, class: t.category }).choice !== 'custom')
			return undefined;
		const document = JSON.parse(paths.length ? withFolders(first, paths) : first) as { tools?: Record<string, unknown> };
		return document.tools?.[t.name] ? JSON.stringify(document.tools[t.name]) : undefined;
	};
	const n = tools.reduce<Record<string, number>>((all, t) => ({ ...all, [choiceOf(t)]: (all[choiceOf(t)] ?? 0) + 1 }), {});
	const save = async () => {
		setBusy(true);
		setError(undefined);
		try {
			await api.put<Policy>(`/policies/${seg(name)}`, { text, note: 'recommended' }, { ifNoneMatch: '*' });
			onDone(name);
		} catch (e) {
			const x = asError(e);
			if (x.status === 412)
				await api.put<Policy>(`/policies/${seg(name)}`, { text, note: 'recommended' }, { ifMatch: '*' }).then(() => onDone(name), (y) => setError(asError(y)));
			else
				setError(x);
		}
		setBusy(false);
	};
	return (
		<>
			{paths.length > 0 && <Section title="Folders that agents may touch" lead="The recommendation keeps paths within these folders. Separate several by commas.">
				<TextField label="Folders" isLabelHidden isMono value={paths.join(', ')} onInput={(v) => setText(withFolders(text, place(v)))} error={paths.some((p) => !p.startsWith('/')) ? 'A folder is a whole path: it begins with /.' : undefined} />
				{paths.includes('/srv/agent') && <Note tone="warn">/srv/agent stands for the folder of your agent. Put the real one here, or calls with other paths are refused.</Note>}
			</Section>}
			<Table<Row> label={`Tools of ${server}`} rows={tools} keyOf={(t) => t.name} rowHeight={62} columns={[
				{ key: 'risk', title: 'Risk', width: '110px', render: (t) => <Risk severity={t.severity} /> },
				{ key: 'name', title: 'Tool', isMain: true, render: (t) => <div class="tried-text"><span class="mono wrap">{t.name}</span><span class="muted small clip">{t.why ?? t.description}</span></div> },
				{ key: 'choice', title: 'Agents', width: '340px', render: (t) => {
					const now = choiceOf(t), own = custom(t);
					return <Segmented label={`What happens to ${t.name}`} value={now} onChange={(v) => setText(choose(text, ['tools', t.name], v as Choice, own))}
						options={own || now === 'custom' ? [{ value: 'custom', label: 'With rules', title: 'Allowed within the recommended rules' }, ...CHOICES] : CHOICES} />;
				} },
			]} />
			<div class="row"><span class="muted">{[n.allow && `${n.allow} allowed`, n.custom && `${n.custom} with rules`, n.ask && `${n.ask} ask you`, n.deny && `${n.deny} refused`, n.hide && `${n.hide} hidden`].filter(Boolean).join(' · ')}</span>
				<span class="grow" /><Button kind="quiet" size="small" onClick={() => show(!isShown)}>{isShown ? 'Hide the JSON' : 'Show the JSON'}</Button></div>
			{isShown && <Code text={text} title="policy.json" />}
			{error && <Problem error={error} />}
			<div class="form-actions first-actions">
				<TextField label="Policy name" isMono value={name} onInput={setName} class="grow" />
				<Button kind="primary" isBusy={isBusy} onClick={save}>Accept this policy</Button>
			</div>
		</>
	);
}

export function PolicyStep({ server, tried, onDone }: { server: string; tried?: Tried; onDone: (policy: string) => void }) {
	const { tools, text, roots, error, retry } = useRecommended(server, tried);
	if (error)
		return <Problem error={error} onRetry={retry} title="The tools of this server are not known" />;
	if (!tools || text === undefined)
		return <Section><Skeleton rows={6} /></Section>;
	return (
		<div class="stack">
			{!tools.length && <Note tone="warn" title="The server tells no tools">You can go on: what it adds later is held back until you accept it.</Note>}
			{tools.length > 0 && <div class="row">{['critical', 'high', 'medium', 'low'].map((s) => ({ s, n: tools.filter((t) => t.severity === s).length })).filter((x) => x.n).map((x) => <Badge key={x.s} tone={x.s === 'critical' ? 'bad' : x.s === 'high' ? 'high' : x.s === 'medium' ? 'warn' : 'good'}>{x.n} {x.s}</Badge>)}<span class="muted">{many(tools.length, 'tool')}</span></div>}
			<Editor tools={tools} first={text} roots={roots ?? []} server={server} onDone={onDone} />
		</div>
	);
}
