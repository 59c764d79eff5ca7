// Tries a call against the policy as it is written now, and says step by step how it is decided.
import { useEffect, useState } from 'preact/hooks';
import { api, asError, isAbort } from '../../app/api';
import type { ApiError } from '../../app/api';
import type { Grant } from '../../app/types';
import { useRested } from '../../app/use';
import { useDraft } from '../../app/drafts';
import { firstArguments, pathOf } from '../../policy';
import { Empty, Problem, Select, Spinner, TextField } from '../../ui';
import { ArgumentsForm, argumentsProblem } from './arguments';
import { useBuilder } from './context';
import { useAll } from './data';
import { JsonText } from '../../app/raw';
import { type Explained, Steps, Verdict } from './steps';

export function Try({ name, schemas, want }: { name: string; schemas: ReadonlyMap<string, unknown>; want: (tool: string) => void }) {
	const { view, tools, server, reveal, problems } = useBuilder();
	const [call, setCall] = useDraft(`policy-try:${name}`, { tool: '', args: '{}', grant: '' });
	const [state, setState] = useState<{ is?: Explained; error?: ApiError; isBusy: boolean }>({ isBusy: false });
	const grants = useAll<Grant>('/grants', 'grants');
	const isKnown = tools.some((t) => t.name === call.tool), schema = schemas.get(call.tool);
	useEffect(() => { if (isKnown) want(call.tool); }, [call.tool, isKnown, server]);
	const pick = (tool: string) => setCall({ ...call, tool, args: '{}' });
	useEffect(() => {
		if (schema && call.args === '{}')
			setCall((c) => ({ ...c, args: firstArguments(schema) }));
	}, [schema]);
	const isWrong = problems.some((p) => !p.is_warning), badArgs = argumentsProblem(call.args);
	const wanted = useRested(JSON.stringify([view.text, call, server]), 300);
	const isReady = !!call.tool && !badArgs && !isWrong;
	useEffect(() => {
		if (!isReady || wanted !== JSON.stringify([view.text, call, server]))
			return;
		const stop = new AbortController();
		setState((s) => ({ ...s, isBusy: true }));
		const body = new JsonText({ text: view.text, server: server || undefined, tool: call.tool, grant: call.grant || undefined }, { arguments: call.args });
		api.post<Explained>('/policies/explain', body, { signal: stop.signal }).then((is) => setState({ is, isBusy: false }),
			(e) => { if (!isAbort(e)) setState({ error: asError(e), isBusy: false }); });
		return () => stop.abort();
	}, [wanted, isReady]);
	const own = grants.rows.filter((g) => g.state === 'valid' && (!server || g.bindings.some((b) => b.server === server)));
	return (
		<div class="b-try">
			<div class="stack">
				<TextField label="Tool" isMono value={call.tool} list="b-try-tools" placeholder={tools.length ? 'Choose or type a tool' : 'name of a tool'} autoComplete="off" onInput={pick}
					error={call.tool && tools.length && !isKnown ? `${server} has no tool of this name; the policy decides by the name alone.` : undefined} />
				<datalist id="b-try-tools">{tools.map((t) => <option key={t.name} value={t.name} />)}</datalist>
				<Select label="As grant" value={call.grant} onChange={(grant) => setCall({ ...call, grant })}
					options={[{ value: '', label: 'Any grant' }, ...own.map((g) => ({ value: g.id, label: g.label }))]} hint="Matters to rules that look at the grant." />
				{call.tool && (isKnown && !schema ? <p class="muted small">Asking for the tool's schema…</p>
					: <ArgumentsForm key={call.tool} schema={schema} text={call.args} onText={(args) => setCall({ ...call, args })} />)}
			</div>
			<div class="b-try-result" aria-busy={state.isBusy}>
				{!call.tool ? <Empty icon="play" title="What would happen?">Choose a tool and fill in its arguments. Nothing is called: the policy as it stands here decides, and every step is shown.</Empty>
					: isWrong ? <Empty icon="warn" title="The policy has mistakes">It is tried again when they are gone.</Empty>
						: state.error ? <Problem error={state.error} /> : !state.is ? <Spinner label="Deciding" />
							: <><Verdict {...state.is} /><Steps of={state.is} onReveal={(p) => reveal(pathOf(p, view.root))} /></>}
			</div>
		</div>
	);
}
