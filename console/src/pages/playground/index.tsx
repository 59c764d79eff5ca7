// Calls a tool as a grant: first what would be decided, then the call itself, with its answer and its record.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api, asError, isAbort, seg } from '../../app/api';
import type { ApiError } from '../../app/api';
import { useDraft } from '../../app/drafts';
import { JsonText } from '../../app/raw';
import { useQuery } from '../../app/router';
import { useMay } from '../../app/session';
import type { Grant, Played } from '../../app/types';
import { useRested } from '../../app/use';
import { firstArguments } from '../../policy';
import { Badge, Button, Confirm, Decision, Empty, Note, Page, Problem, Risk, SearchField, Section, Select, Skeleton, Time, duration, many } from '../../ui';
import { ArgumentsForm, argumentsProblem } from '../policy/arguments';
import { useAll, useSchemas, useTools } from '../policy/data';
import { type Explained, Steps, Verdict } from '../policy/steps';
import { Answer } from './answer';

export interface Past { at: string; grant: string; label: string; server: string; tool: string; args: string; decision: string; record: string; duration_us?: number }
interface PlayedWhole extends Played { outcome?: string; approval_url?: string; retry_after_s?: number; allowed?: string; is_shadow?: boolean; is_left_out?: string | boolean; upstream_us?: number }

const DANGEROUS = ['execute', 'destructive', 'financial'];
const WARNING: Record<string, string> = { execute: 'It runs code or commands.', destructive: 'It deletes or overwrites something.', financial: 'It moves money or spends it.' };
const KEPT = 30;

function Tools({ server, tools, isLoading, total, value, onPick }: { server: string; tools: ReturnType<typeof useTools>['tools']; isLoading: boolean; total: number; value: string; onPick: (name: string) => void }) {
	const [q, setQ] = useState('');
	const words = q.toLowerCase().split(/\s+/).filter(Boolean);
	const found = tools.filter((t) => words.every((w) => `${t.name} ${t.title ?? ''} ${t.description ?? ''}`.toLowerCase().includes(w)));
	if (!tools.length)
		return isLoading ? <Skeleton rows={3} /> : <p class="muted">{server} has no tools that the gate has seen.</p>;
	return (
		<div class="stack-small">
			<SearchField label={`Search ${many(total, 'tool')}`} value={q} onInput={setQ} />
			<div class="pg-tools" role="group" aria-label="Tools">
				{found.slice(0, 200).map((t) => (
					<button type="button" class="pg-tool" key={t.name} aria-pressed={t.name === value} onClick={() => onPick(t.name)} ref={(e) => { if (e && t.name === value && !q) e.scrollIntoView({ block: 'nearest' }); }}>
						<Risk severity={t.severity} isShort /><span><span class="mono">{t.name}</span>{t.description && <small class="cut b-tool-text">{t.description}</small>}</span>{t.isHeld ? <Badge tone="warn">waits for a review</Badge> : t.class && <span class="b-class">{t.class}</span>}</button>))}
				{!found.length && <p class="muted pad">No tool fits.</p>}
				{found.length > 200 && <p class="muted pad">{found.length - 200} more; search for them.</p>}
			</div>
		</div>
	);
}

function usePrediction(call: { policy: string | null | undefined; grant: string; server: string; tool: string; args: string }, isReady: boolean) {
	const [state, set] = useState<{ is?: Explained; error?: ApiError; isBusy: boolean }>({ isBusy: false });
	const now = JSON.stringify(call), wanted = useRested(now, 300);
	useEffect(() => {
		if (!isReady || wanted !== now)
			return set((s) => (isReady ? s : { isBusy: false }));
		if (!call.policy)
			return set({ is: { decision: 'deny', rule: '(no policy)', message: 'The grant has no policy for this server, so every call is refused.', steps: [] }, isBusy: false });
		const stop = new AbortController();
		set((s) => ({ ...s, isBusy: true }));
		api.post<Explained>('/policies/explain', new JsonText({ policy: call.policy, server: call.server, tool: call.tool, grant: call.grant }, { arguments: call.args }), { signal: stop.signal }).then(
			(is) => set({ is, isBusy: false }), (e) => { if (!isAbort(e)) set({ error: asError(e), isBusy: false }); });
		return () => stop.abort();
	}, [wanted, now, isReady]);
	return state;
}

export default function Playground() {
	const may = useMay(), grants = useAll<Grant>('/grants', 'grants');
	const [query, setQuery] = useQuery('grant', 'server', 'tool');
	const [args, setArgs] = useDraft<Record<string, string>>('playground-args', {}), [past, setPast] = useDraft<Past[]>('playground-past', []);
	const [played, setPlayed] = useState<{ of: PlayedWhole; key: string } | undefined>(), [error, setError] = useState<ApiError>(), [isCalling, setCalling] = useState(false), [isAsking, setAsking] = useState(false);
	const result = useRef<HTMLDivElement>(null);
	const valid = grants.rows.filter((g) => g.state === 'valid' && g.bindings.length);
	const grant = valid.find((g) => g.id === query.grant) ?? (query.grant ? undefined : valid.find((g) => !query.server || g.bindings.some((b) => b.server === query.server)));
	const binding = grant?.bindings.find((b) => b.server === query.server) ?? (query.server ? undefined : grant?.bindings[0]);
	const server = binding?.server ?? '', tools = useTools(server), { known, want } = useSchemas(server);
	const tool = tools.tools.find((t) => t.name === query.tool), schema = tool && known.get(tool.name);
	useEffect(() => { if (tool) want(tool.name); }, [tool?.name, server]);
	const at = `${server}/${tool?.name ?? ''}`, first = useMemo(() => firstArguments(schema), [schema]), text = args[at] ?? first;
	const badArgs = argumentsProblem(text), isReady = !!grant && !!binding && !!tool && schema !== undefined && !badArgs;
	const call = { policy: binding?.policy, grant: grant?.id ?? '', server, tool: tool?.name ?? '', args: text };
	const prediction = usePrediction(call, isReady);
	const key = JSON.stringify(call), isDangerous = DANGEROUS.includes(tool?.class ?? '');
	const choose = (change: Partial<typeof query>) => {
		setPlayed(undefined);
		setError(undefined);
		setQuery(change);
	};
	const go = async () => {
		setAsking(false);
		setCalling(true);
		setError(undefined);
		try {
			const of = await api.post<PlayedWhole>('/playground', new JsonText({ grant: call.grant, server, tool: call.tool }, { arguments: text }));
			setPlayed({ of, key });
			setPast((was) => [{ at: new Date().toISOString(), grant: call.grant, label: grant!.label, server, tool: call.tool, args: text, decision: of.decision, record: of.record_id, duration_us: of.duration_us }, ...was].slice(0, KEPT));
			requestAnimationFrame(() => result.current?.scrollIntoView({ block: 'nearest' }));
		} catch (e) {
			setPlayed(undefined);
			setError(asError(e));
		}
		setCalling(false);
	};
	const again = (p: Past) => {
		setArgs((was) => ({ ...was, [`${p.server}/${p.tool}`]: p.args }));
		choose({ grant: p.grant, server: p.server, tool: p.tool });
		scrollTo({ top: 0 });
	};
	if (!may('manage'))
		return <Page title="Playground"><Note title="You may not call tools here">The playground calls tools for real, as one of your grants. An admin of the organisation can. To see what a policy decides without calling anything, open a <a href="/policies">policy</a> and try a call there.</Note></Page>;
	return (
		<Page title="Playground" lead="Call a tool as one of your grants, by the same rules and with the same records as an agent.">
			{grants.error && <Problem error={grants.error} onRetry={grants.reload} />}
			{grants.isReady && !valid.length ? <Empty icon="key" title="There is no grant to play as" actions={<Button href="/grants/new" kind="primary">Make a grant</Button>}>A grant says which servers may be called, and by which policy.</Empty> : (
				<div class="pg">
					<div class="pg-left">
						<Section title="The call">
							<div class="b-three">
								<Select label="As grant" value={grant?.id ?? ''} onChange={(v) => choose({ grant: v, server: undefined, tool: undefined })} options={[...(grant ? [] : [{ value: '', label: grants.isReady ? 'Choose…' : 'Loading…' }]), ...valid.map((g) => ({ value: g.id, label: g.label }))]} />
								<Select label="Server" value={server} onChange={(v) => choose({ grant: grant?.id, server: v, tool: undefined })} options={[...(server ? [] : [{ value: '', label: 'Choose…' }]), ...(grant?.bindings ?? []).map((b) => ({ value: b.server, label: b.server }))]} />
							</div>
							{binding && <p class="muted small">{binding.policy ? <>Policy <a class="mono" href={`/policies/${seg(binding.policy)}`}>{binding.policy}</a></> : <>This grant has no policy for {server}: every call is refused. <a href={`/grants/${seg(grant!.id)}`}>Give it one</a></>}</p>}
							{tools.error ? <Problem error={tools.error} /> : server && <Tools key={server} server={server} tools={tools.tools} total={tools.total} isLoading={tools.isLoading} value={query.tool} onPick={(name) => choose({ grant: grant?.id, server, tool: name })} />}
						</Section>
						{tool && <Section title={<span class="mono">{tool.name}</span>} lead={tool.description}>
							{schema === undefined ? <Skeleton rows={3} /> : <ArgumentsForm key={`${at} ${played?.key === undefined}`} schema={schema} text={text} onText={(v) => setArgs((was) => ({ ...was, [at]: v }))} />}
						</Section>}
					</div>
					<div class="pg-right">
						<Section title="Decision" lead="What the policy says, before anything is called." actions={tool && <Button kind={isDangerous ? 'danger' : 'primary'} icon="play" disabled={!isReady} isBusy={isCalling} onClick={() => (isDangerous ? setAsking(true) : go())}>Call it</Button>}>
							{isDangerous && <Note tone="warn" title={`This tool is classified as ${tool!.class}`}>{WARNING[tool!.class!]} It is called for real.</Note>}
							{!tool ? <Empty icon="tool" title="Choose a tool">Fill in its arguments, and see what would be decided.</Empty> : badArgs ? <p class="muted">The arguments are no JSON object yet.</p>
								: prediction.error ? <Problem error={prediction.error} /> : !prediction.is ? <Skeleton rows={3} />
									: <div aria-busy={prediction.isBusy}><Verdict {...prediction.is} /><Steps of={prediction.is} /></div>}
						</Section>
						<div ref={result} class="stack" aria-live="polite">
							{error && <Problem error={error} title="The call was not made" />}
							{played && <Section title="Answer" actions={<span class="row">{played.key !== key && <Badge tone="warn">of the call before</Badge>}<span class="muted small num">{duration(played.of.duration_us)}</span>
								<a class="btn btn-default btn-small" href={`/activity/${seg(played.of.record_id)}`}>Record</a></span>}>
								<Verdict decision={played.of.decision} message={played.of.message} rule={played.of.rule} allowed={played.of.allowed} />
								{played.of.is_shadow && <Note tone="warn">The policy is in shadow mode: the call went through whatever it says.</Note>}
								{played.of.approval !== undefined && <Note title="A person is asked" actions={<Button size="small" href={`/approvals/${seg(String(played.of.approval))}`}>Open the approval</Button>}>When it is approved, call again with the same arguments.</Note>}
								<Answer result={played.of.result} error={played.of.error} />
							</Section>}
						</div>
						<Section title="Calls of this session" actions={past.length > 0 && <Button size="small" kind="quiet" onClick={() => setPast([])}>Clear</Button>}>
							{!past.length ? <p class="muted">What you call stands here, to call it again. It stays in this tab only.</p> : (
								<ul class="pg-past">{past.map((p, i) => (
									<li key={`${p.record}${i}`}><Decision decision={p.decision} /><span><span class="mono wrap">{p.tool}</span><small class="cut b-tool-text">{p.label} at {p.server} · <Time at={p.at} /> · {p.args.replace(/\s+/g, ' ')}</small></span>
										<Button size="small" kind="quiet" href={`/activity/${seg(p.record)}`}>Record</Button><Button size="small" icon="refresh" aria-label={`Use the call of ${p.tool} again`} onClick={() => again(p)}>Again</Button></li>))}</ul>)}
						</Section>
					</div>
				</div>)}
			{isAsking && <Confirm title={`Call ${tool!.name} for real?`} action="Call it" onConfirm={go} onClose={() => setAsking(false)}>
				{WARNING[tool!.class!]} The call goes to {server} as {grant!.label}, with the arguments as they stand{prediction.is && <>; the policy {prediction.is.decision === 'allow' ? 'lets it pass' : prediction.is.decision === 'approve' ? 'asks a person first' : 'refuses it'}</>}.</Confirm>}
		</Page>
	);
}
