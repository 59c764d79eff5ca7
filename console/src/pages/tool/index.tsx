// One tool: what it can do and why the gate thinks so, who may call it, what it was, and what was called.
import { seg } from '../../app/api';
import { useEvent } from '../../app/events';
import { useMay } from '../../app/session';
import { useApi } from '../../app/use';
import type { CallRecord } from '../../app/types';
import { Badge, Button, Code, Decision, Empty, JsonView, KeyValues, Note, Page, Problem, Risk, Section, Skeleton, Table, Time, Tone, count, many } from '../../ui';
import { CategoryBadge, Marked, PinBadge, labelWord, signalWord } from '../../parts/tool_bits';
import { Pin, PinCard } from '../server/pins';
import { Arguments } from './arguments';

interface Evidence { pointer: string; at: number; quote: string; speaks_for: string; weight: number }
interface Attack { id: string; name: string; mechanism?: string; sources?: { what: string; url: string; kind: string }[]; stops?: string[]; limits?: string[]; maps?: string }
export interface Whole {
	server: string; name: string; title?: string; description?: string; state?: string; category?: string; severity?: string; confidence?: number; labels?: string[];
	definition?: { title?: string; description?: string; inputSchema?: Record<string, any>; annotations?: Record<string, unknown> };
	profile?: { category?: string; severity?: string; confidence?: number; evidence?: Evidence[]; signals?: ({ kind: string; pointer?: string; argument?: string } | string)[]; labels?: string[]; branches?: { argument: string; values: { value: string; category: string }[] }[];
		attacks?: { id: string; name: string }[]; recommended?: unknown; rationale?: string; tokens?: number; is_disputed?: boolean; claims?: Record<string, unknown>; refused?: string };
	attacks?: Attack[]; patterns?: Attack[]; recommended?: unknown; recommended_rule?: unknown;
	grants?: { id?: string; label: string; decision: string; rule?: string; policy?: string }[]; pin?: Pin | { state?: string } | string; calls?: number;
	reviews?: { at: string; what: string; pin?: string; by?: string; note?: string }[]; calls_by_day?: [number, number][]; rationale?: string;
	history?: { kind: string; at: string; from?: Record<string, unknown>; to?: Record<string, unknown> }[];
	schema_error?: string; held?: boolean;
}

const percent = (n: number | undefined) => (n === undefined ? undefined : `${Math.round(n * 100)} %`);

function Words({ tool }: { tool: Whole }) {
	const e = tool.profile?.evidence ?? [];
	const at = (pointer: string) => e.filter((x) => x.pointer === pointer);
	const description = tool.definition?.description ?? tool.description;
	return (
		<Section title="What it says of itself" lead="The marked words are those that the judgement rests on. They are the server's, and not to be trusted.">
			<KeyValues items={[
				['Name', <span class="mono"><Marked text={tool.name} marks={at('/name')} /></span>],
				['Title', tool.definition?.title && <Marked text={tool.definition.title} marks={at('/title')} />],
				['Description', description && <div class="words"><Marked text={description} marks={at('/description')} /></div>],
				['Claims', Object.keys(tool.profile?.claims ?? {}).length > 0 && <span class="row">{Object.entries(tool.profile!.claims!).map(([k, v]) => <Badge key={k}>{k}: {String(v)}</Badge>)}{tool.profile?.is_disputed && <Badge tone="warn">not believed</Badge>}</span>],
			]} />
		</Section>
	);
}

function Judgement({ tool }: { tool: Whole }) {
	const p = tool.profile ?? {};
	const signals = (p.signals ?? []).map((s) => (typeof s === 'string' ? { kind: s } : s) as { kind: string; argument?: string });
	return (
		<Section title="Judgement">
			<p>{tool.rationale ?? p.rationale}</p>
			<KeyValues items={[
				['Risk', <Risk severity={p.severity ?? tool.severity} />],
				['Does', <CategoryBadge category={p.category ?? tool.category} />],
				['Certain', percent(p.confidence ?? tool.confidence)],
				['Notable', (p.labels ?? tool.labels ?? []).length > 0 && <span class="row">{(p.labels ?? tool.labels ?? []).map((l) => <Badge key={l} tone="info">{labelWord(l)}</Badge>)}</span>],
				['Arguments', signals.length > 0 && <span class="row">{signals.map((s, i) => <Badge key={i}>{s.argument ? <><code>{s.argument}</code>&nbsp;</> : ''}{signalWord(s.kind)}</Badge>)}</span>],
				['Depends on', (p.branches ?? []).length > 0 && <span class="stack-small">{p.branches!.map((b) => <span key={b.argument} class="row"><code>{b.argument}</code>{b.values.map((v) => <span key={v.value} class="row"><code>{v.value}</code><CategoryBadge category={v.category} /></span>)}</span>)}</span>],
				['Size', p.tokens !== undefined && `about ${many(p.tokens, 'token')} in each list that an agent reads`],
			]} />
		</Section>
	);
}

function Attacks({ tool }: { tool: Whole }) {
	const full = tool.attacks ?? tool.patterns ?? [];
	const list: Attack[] = full.length ? full : tool.profile?.attacks ?? [];
	if (!list.length)
		return null;
	return (
		<Section title="Known ways to abuse it" lead="Documented patterns that fit what this tool can do.">
			<div class="attacks">{list.map((a) => (
				<details key={a.id}><summary><strong>{a.name}</strong></summary>
					<div class="stack-small">{a.mechanism && <p>{a.mechanism}</p>}
						{!!a.stops?.length && <p><span class="muted">Stopped by:</span> {a.stops.join('; ')}</p>}{!!a.limits?.length && <p><span class="muted">Limited by:</span> {a.limits.join('; ')}</p>}
						{!!a.sources?.length && <p class="small"><span class="muted">Sources:</span> {a.sources.map((s, i) => <span key={s.url}>{i > 0 && '; '}{s.what} <code class="wrap">{s.url}</code></span>)}</p>}</div></details>))}</div>
		</Section>
	);
}

function Recommended({ tool }: { tool: Whole }) {
	const rule = tool.recommended ?? tool.recommended_rule ?? tool.profile?.recommended;
	const may = useMay();
	if (!rule)
		return null;
	return (
		<Section title="Recommended rule" lead="As an entry under “tools” of a policy." actions={may('policy', tool.server) ? <Button size="small" href={`/policies/new?server=${encodeURIComponent(tool.server)}`}>New policy</Button> : undefined}>
			<Code text={JSON.stringify({ [tool.name]: rule }, null, 2)} isWrapped label="Recommended rule" />
		</Section>
	);
}

function Who({ tool }: { tool: Whole }) {
	const list = tool.grants ?? [];
	return (
		<Section title="Who may call it">
			{list.length === 0 ? <p class="muted">No grant reaches its server.</p> : <ul class="lines">{list.map((g) => (
				<li key={g.id ?? g.label}><div class="tried-text">{g.id ? <a class="mono wrap" href={`/grants/${seg(g.id)}`}>{g.label}</a> : <span class="mono wrap">{g.label}</span>}{g.rule && <span class="mono small muted wrap">{g.rule}</span>}</div><span class="grow" /><Decision decision={g.decision} /></li>))}</ul>}
		</Section>
	);
}

const KINDS: Record<string, [Tone, string]> = { added: ['neutral', 'Added'], changed: ['warn', 'Changed'], removed: ['bad', 'Removed'], accepted: ['good', 'Accepted'], accept: ['good', 'Accepted'], rejected: ['bad', 'Rejected'], reject: ['bad', 'Rejected'], seen: ['neutral', 'First seen'], first: ['neutral', 'First seen'], new: ['warn', 'New'] };

function History({ tool }: { tool: Whole }) {
	const all = [...(tool.history ?? []).map((h) => ({ at: h.at, what: h.kind, by: '', note: h.from?.severity !== undefined && h.to?.severity !== undefined && h.from.severity !== h.to.severity ? `risk ${String(h.from.severity)} → ${String(h.to.severity)}` : '' })),
		...(tool.reviews ?? []).map((r) => ({ at: r.at, what: r.what, by: r.by ?? '', note: r.note ?? '' }))].sort((a, b) => (a.at < b.at ? 1 : -1));
	if (!all.length)
		return null;
	return (
		<Section title="History">
			<ul class="lines">{all.map((h, i) => (
				<li key={i}><Badge tone={KINDS[h.what]?.[0] ?? 'neutral'}>{KINDS[h.what]?.[1] ?? h.what}</Badge><span class="small wrap">{[h.by && `by ${h.by}`, h.note].filter(Boolean).join(': ')}</span><span class="grow" /><span class="nowrap small"><Time at={h.at} /></span></li>))}</ul>
		</Section>
	);
}

// A bar for each of the last days; the numbers are read out.
function Days({ days }: { days: [number, number][] }) {
	const max = Math.max(1, ...days.map((d) => d[1]));
	const day = (t: number) => new Date(t * 1000).toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' });
	return (
		<div class="days" role="img" aria-label={days.map(([t, n]) => `${day(t)} ${n}`).join(', ')}>
			{days.map(([t, n]) => <span key={t} title={`${day(t)}: ${count(n)}`}><i style={{ height: `${n ? Math.max(6, (n / max) * 100) : 0}%` }} /><small>{day(t)}</small></span>)}
		</div>
	);
}

function Calls({ tool }: { tool: Whole }) {
	const { data, reload } = useApi<{ records: CallRecord[] }>('/records', { server: tool.server, tool: tool.name, limit: 8 });
	useEvent<CallRecord>('record', (r) => { if (r['gen_ai.tool.name'] === tool.name) reload(); });
	return (
		<Section title="Calls" lead={tool.calls !== undefined ? `${many(tool.calls, 'call')} within 7 days` : undefined} actions={<Button size="small" kind="quiet" href={`/activity?server=${encodeURIComponent(tool.server)}&tool=${encodeURIComponent(tool.name)}`}>All of them</Button>}>
			{!!tool.calls && tool.calls_by_day && <Days days={tool.calls_by_day} />}
			<Table label={`Calls of ${tool.name}`} rows={data?.records ?? []} isLoading={!data} keyOf={(r) => r.id} href={(r) => `/activity/${seg(r.id)}`} empty={<p class="muted pad">It was not called yet.</p>} columns={[
				{ key: 'time', title: 'When', isMain: true, render: (r) => <a href={`/activity/${seg(r.id)}`}><Time at={r.time} /></a> },
				{ key: 'decision', title: 'Decision', render: (r) => <Decision decision={r.decision} /> },
				{ key: 'grant', title: 'Grant', render: (r) => <span class="mono cut">{r['grant.label'] ?? '–'}</span> },
			]} />
		</Section>
	);
}

export default function ToolPage({ params }: { params: { server: string; name: string } }) {
	const { data: tool, error, reload } = useApi<Whole>(`/tools/${seg(params.server)}/${seg(params.name)}`);
	const may = useMay();
	useEvent('pins', reload);
	const back = { href: `/tools?server=${encodeURIComponent(params.server)}`, label: `Tools of ${params.server}` };
	if (error)
		return <Page title={params.name} isMono back={back}>{error.status === 404 ? <Empty icon="tool" title="There is no such tool" actions={<Button href={`/servers/${seg(params.server)}`}>To the server</Button>}>{error.message}</Empty> : <Problem error={error} onRetry={reload} />}</Page>;
	if (!tool)
		return <Page title={params.name} isMono back={back}><Skeleton rows={8} /></Page>;
	const pin = typeof tool.pin === 'object' && 'waiting' in tool.pin ? { ...tool.pin, server: tool.server, tool: tool.name } as Pin : undefined;
	return (
		<Page title={tool.name} isMono back={back} lead={tool.definition?.title} badges={<><Risk severity={tool.profile?.severity ?? tool.severity} /><CategoryBadge category={tool.profile?.category ?? tool.category} /><PinBadge state={tool.state} /></>}
			actions={may('manage') ? <Button icon="play" href={`/playground?server=${encodeURIComponent(tool.server)}&tool=${encodeURIComponent(tool.name)}`}>Try it</Button> : undefined}>
			{tool.schema_error && <Note tone="bad" title="Nobody can call this tool">{tool.schema_error}</Note>}
			{pin?.waiting && <PinCard pin={{ ...pin, state: pin.state ?? tool.state ?? 'changed' }} onDone={reload} />}
			<div class="split">
				<div class="stack"><Judgement tool={tool} /><Words tool={tool} /><Arguments schema={tool.definition?.inputSchema} evidence={tool.profile?.evidence ?? []} /><Attacks tool={tool} />
					<Section title="Definition" lead="All of it, as the server sent it."><JsonView value={tool.definition ?? {}} open={1} /></Section></div>
				<div class="stack"><Who tool={tool} /><Recommended tool={tool} /><Calls tool={tool} /><History tool={tool} /></div>
			</div>
			<p class="sr-only">{count(tool.profile?.evidence?.length)} pieces of evidence</p>
		</Page>
	);
}
